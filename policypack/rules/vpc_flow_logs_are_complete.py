"""Flow logs of an agent's VPC record all traffic, accepted and rejected.

A log of accepted packets only misses every denied attempt; one of rejected packets misses every success. Two logs with one half
each are complete. A VPC of a complete agent environment without any log is reported at the VPC.
"""

from __future__ import annotations

from typing import Any

from policypack.facts.agent_environment import find_environments
from policypack.facts.host_location import find_location
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph.known_types import FLOW_LOG, SUBNETS, VPCS
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource

_HALVES = frozenset({"ACCEPT", "REJECT"})
_NEEDED = ("srcaddr", "dstaddr", "dstport", "protocol", "action", "start")
"""Fields that a record needs to show source, destination and time (Amazon VPC User Guide, "Flow log records")."""


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault at every partial log of a host's VPC, and at VPCs of a complete agent environment without one."""
    faults: dict[Violation, None] = {}
    home = find_location(graph)
    for target in home.subnets or home.vpcs:
        logs = _find_covering_logs(graph, target)
        if logs and not _is_complete(logs):
            what = f"of {target.label}, and no other log records the rest"
            faults.update(dict.fromkeys(Violation(one.urn, f"records {_describe_part(one)} {what}") for one in logs))
        for one in logs:
            missing = _find_missing_fields(one.get("logFormat"))
            if missing:
                faults[Violation(one.urn, f"writes records of {target.label} without {', '.join(missing)}: logFormat omits them")] = None
    for place in find_environments(graph):
        for anchor in place.anchors:
            if not _is_logged(graph, anchor):
                faults[Violation(anchor.urn, "has no flow log, so no record shows which addresses agents reached or tried")] = None
    return list(faults)


def _find_covering_logs(graph: Graph, target: Resource) -> list[Resource]:
    """Return the logs of a VPC, or of a subnet with those of its VPC."""
    above = () if target.type in VPCS else graph.follow(target, "vpcId", VPCS).found
    return [*_find_logs(graph, target), *(log for vpc in above for log in _find_logs(graph, vpc))]


def _find_logs(graph: Graph, target: Resource) -> list[Resource]:
    key, types = ("vpcId", VPCS) if target.type in VPCS else ("subnetId", SUBNETS)
    return graph.find_referrers(target, FLOW_LOG, key, types)


def _is_logged(graph: Graph, anchor: Resource) -> bool:
    """Return whether a VPC, or each of its subnets, has a log; for a host whose VPC is elsewhere, whether any log exists."""
    if anchor.type not in VPCS:
        return bool(graph.find_by_type(FLOW_LOG))
    subnets = [one for one in graph.find_by_type(*SUBNETS) if graph.follow(one, "vpcId", VPCS).is_possibly(anchor)]
    return bool(_find_logs(graph, anchor)) or (bool(subnets) and all(_find_logs(graph, one) for one in subnets))


def _is_complete(logs: list[Resource]) -> bool:
    types = {"" if one.get("trafficType") is UNKNOWN else str(one.get("trafficType") or "").upper() for one in logs}
    return "ALL" in types or types >= _HALVES


def _find_missing_fields(stated: Any) -> tuple[str, ...]:
    """Return the needed fields that a format leaves out; AWS's own format, which applies when none is set, has them all."""
    if stated in (None, ""):
        return ()
    text = "" if stated is UNKNOWN else str(stated)
    return tuple(name for name in _NEEDED if f"${{{name}}}" not in text and f"${{pkt-{name}}}" not in text)


def _describe_part(log: Resource) -> str:
    kind = log.get("trafficType")
    return "traffic of a type not known before the update" if kind is UNKNOWN else f"trafficType {kind} only" if kind else "no traffic type"


RULE = Rule(
    id="vpc-flow-logs-are-complete",
    severity=Severity.MEDIUM,
    info="Flow logs of an agent's VPC record accepted and rejected traffic.",
    why="without complete logs no record shows an agent's attempts and its connections past the gateway",
    fix="declare aws.ec2.FlowLog for the VPC with trafficType ALL, and leave logFormat out or name every field of the default in it",
    ids=("CKV2_AWS_11", "AWS-0178", "EC2.6", "CIS AWS 3.0 3.7", "CIS AWS 6.0 4.7"),
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
