"""Everything that moves in an agent's VPC is written down, what passed and what was refused.

A log of accepted packets only misses every attempt; one of refused packets misses every success. Two logs that hold one half
each hold all. A VPC of a vended place without any log is reported at the VPC.
"""

from __future__ import annotations

from typing import Any

from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.home import home_of
from policypack.known_types import FLOW_LOG, SUBNETS, VPCS
from policypack.place import places
from policypack.plain import UNKNOWN

_HALVES = frozenset({"ACCEPT", "REJECT"})
_NEEDED = ("srcaddr", "dstaddr", "dstport", "protocol", "action", "start")
"""Fields without which a record does not show who reached what, and when (Amazon VPC User Guide, "Flow log records")."""


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault at every log of a host's VPC that holds a part only, and at VPCs of a place without one."""
    faults: dict[Fault, None] = {}
    home = home_of(graph)
    for target in home.subnets or home.vpcs:
        logs = _logs_over(graph, target)
        if logs and not _holds_all(logs):
            what = f"of {target.label}, and nothing does the rest"
            faults.update(dict.fromkeys(Fault(one.urn, f"writes down {_part(one)} {what}") for one in logs))
        for one in logs:
            missing = _fields_missing(one.get("logFormat"))
            if missing:
                faults[Fault(one.urn, f"writes records of {target.label} without {', '.join(missing)}: logFormat leaves them out")] = None
    for place in places(graph):
        for anchor in place.anchors:
            if not _is_logged(graph, anchor):
                faults[Fault(anchor.urn, "has no flow log, so neither what agents reached nor what they tried is written down")] = None
    return list(faults)


def _logs_over(graph: Graph, target: Resource) -> list[Resource]:
    """Return the logs of a VPC, or of a subnet with those of its VPC."""
    above = () if target.type in VPCS else graph.refer(target, "vpcId", target.get("vpcId"), VPCS).found
    return [*_logs(graph, target), *(log for vpc in above for log in _logs(graph, vpc))]


def _logs(graph: Graph, target: Resource) -> list[Resource]:
    key, types = ("vpcId", VPCS) if target.type in VPCS else ("subnetId", SUBNETS)
    return [one for one in graph.of(FLOW_LOG) if graph.refer(one, key, one.get(key), types).may_be(target)]


def _is_logged(graph: Graph, anchor: Resource) -> bool:
    """Tell whether a VPC, or each of its subnets, has a log; of a host whose VPC is elsewhere, whether there is any."""
    if anchor.type not in VPCS:
        return bool(graph.of(FLOW_LOG))
    subnets = [one for one in graph.of(*SUBNETS) if graph.refer(one, "vpcId", one.get("vpcId"), VPCS).may_be(anchor)]
    return bool(_logs(graph, anchor)) or (bool(subnets) and all(_logs(graph, one) for one in subnets))


def _holds_all(logs: list[Resource]) -> bool:
    types = {"" if one.get("trafficType") is UNKNOWN else str(one.get("trafficType") or "").upper() for one in logs}
    return "ALL" in types or types >= _HALVES


def _fields_missing(stated: Any) -> tuple[str, ...]:
    """Return the needed fields that a format leaves out; AWS's own format, which applies when none is stated, has them all."""
    if stated in (None, ""):
        return ()
    text = "" if stated is UNKNOWN else str(stated)
    return tuple(name for name in _NEEDED if f"${{{name}}}" not in text and f"${{pkt-{name}}}" not in text)


def _part(log: Resource) -> str:
    kind = log.get("trafficType")
    return "what is not known before the update" if kind is UNKNOWN else f"trafficType {kind} only" if kind else "no stated traffic type"


RULE = Rule(
    id="vpc-flow-logs-are-complete",
    severity=Severity.MEDIUM,
    info="Flow logs of an agent's VPC hold accepted and refused traffic.",
    why="what an agent tried, and what it reached without the gateway, is then nowhere",
    fix="declare aws.ec2.FlowLog for the VPC with trafficType ALL, and leave logFormat out or name every field of the default in it",
    ids=("CKV2_AWS_11", "AWS-0178", "EC2.6", "CIS AWS 3.0 3.7", "CIS AWS 6.0 4.7"),
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
