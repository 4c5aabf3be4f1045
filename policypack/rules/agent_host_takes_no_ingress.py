"""Nothing may open a connection to an agent host: no rule of its security groups lets anything in, whoever asks.

A source that is another group, or the group itself, is somebody else's host just the same. Groups of other programs cannot be
seen and are refused. A host that names none is in its VPC's default group: what a program lets in to that group counts always,
and that the group lets its members in until it is taken over counts in a vended place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from containment.model.fqdn import Match
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Reference, Resource, Trace
from policypack.hosts import Host, find_hosts, unseen_faults
from policypack.known_types import (
    DEFAULT_GROUP,
    DEFAULT_VPC,
    ECS_SERVICE,
    ECS_TASK_SET,
    GROUP_ATTACHMENT,
    GROUP_RULE,
    GROUP_RULES,
    INGRESS_RULE,
    INSTANCES,
    INTERFACE,
    LAUNCH_CONFIGURATION,
    LAUNCH_TEMPLATE,
    SECURITY_GROUPS,
    SPOT_FLEET,
    VPCS,
)
from policypack.network.foreign import FOREIGN_GROUPS, find_foreign, is_of_program
from policypack.place import is_vended, vpcs_of
from policypack.plain import UNKNOWN, field, is_some, items

_BY_DEFAULT = "defaultSecurityGroupId"
_NAMES = ("id", "name")


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault at every rule that lets something in to a host, and where it cannot be told whether one does."""
    faults: dict[Fault, None] = {}
    for host in find_hosts(graph):
        groups, default_of = _named(graph, host)
        for group in dict.fromkeys(found for one in groups for found in one.found):
            faults.update(dict.fromkeys(_lets_in(graph, group, host)))
        is_named = bool(default_of)
        if not groups and not default_of and _has_groups(host):
            default_of = vpcs_of(graph, host)
        for vpc in default_of:
            faults.update(dict.fromkeys(_default_lets_in(graph, vpc, host, is_silence_open=is_named or is_vended(graph))))
        hidden = ", ".join(dict.fromkeys(one.literal or "a security group that cannot be traced" for one in groups if not one.found))
        if hidden:
            faults[Fault(host.resource.urn, f"is in {hidden}, not of this program: what it lets in cannot be seen")] = None
    faults.update(dict.fromkeys(find_foreign(graph, FOREIGN_GROUPS)))
    return list(dict.fromkeys([*faults, *unseen_faults(graph)]))


def _named(graph: Graph, host: Host) -> tuple[list[Reference], tuple[Resource, ...]]:
    """Return the groups that a host names, and the VPCs whose default group it names."""
    groups: list[Reference] = []
    default_of: list[Resource] = []
    for holder, key, value in _group_values(graph, host):
        for one in items(value):
            reference = _refer(graph, holder, key, one)
            vpcs = () if reference.found else graph.refer(holder, key, one, VPCS, (_BY_DEFAULT,)).found
            default_of.extend(vpcs)
            if not vpcs and reference.trace is not Trace.NONE:
                groups.append(reference)
    return groups, tuple(dict.fromkeys(default_of))


def _refer(graph: Graph, holder: Resource, key: str, value: Any) -> Reference:
    """Return the group that a value names; a literal next to a reference is not what the reference leads to."""
    reference = graph.refer(holder, key, value, SECURITY_GROUPS, _NAMES)
    is_foreign = isinstance(value, str) and reference.found and not is_of_program(graph, holder, key, value, SECURITY_GROUPS, _NAMES)
    return Reference(Trace.EXTERNAL, literal=value) if is_foreign else reference


def _has_groups(host: Host) -> bool:
    """Tell whether silence about groups means the default one: not for what gets them from somewhere else."""
    return host.resource.type in (*INSTANCES, ECS_SERVICE, ECS_TASK_SET) or bool(host.templates)


def _group_values(graph: Graph, host: Host) -> Iterator[tuple[Resource, str, Any]]:
    for one in (host.resource, *host.templates):
        if one.type in (*INSTANCES, LAUNCH_TEMPLATE):
            yield one, "vpcSecurityGroupIds", one.get("vpcSecurityGroupIds")
        if one.type in (*INSTANCES, LAUNCH_CONFIGURATION):
            yield one, "securityGroups", one.get("securityGroups")
        if one.type == LAUNCH_TEMPLATE:
            yield one, "securityGroupNames", one.get("securityGroupNames")
            yield from ((one, "networkInterfaces", field(block, "securityGroups")) for block in items(one.get("networkInterfaces")))
        if one.type in (ECS_SERVICE, ECS_TASK_SET):
            yield one, "networkConfiguration", field(one.get("networkConfiguration"), "securityGroups")
        if one.type == SPOT_FLEET:
            blocks = items(one.get("launchSpecifications"))
            yield from ((one, "launchSpecifications", field(block, "vpcSecurityGroupIds")) for block in blocks)
    for interface in host.interfaces:
        yield interface, "securityGroups", interface.get("securityGroups")
    for one in graph.of(GROUP_ATTACHMENT):
        types, ids = (INTERFACE, *INSTANCES), ("id", "primaryNetworkInterfaceId")
        reached = graph.refer(one, "networkInterfaceId", one.get("networkInterfaceId"), types, ids)
        if any(reached.may_be(target) for target in (host.resource, *host.interfaces)):
            yield one, "securityGroupId", one.get("securityGroupId")


def _lets_in(graph: Graph, group: Resource, host: Host) -> Iterator[Fault]:
    """Yield a fault for every rule of a group that lets something in, inline or declared apart."""
    ingress = group.get("ingress")
    if is_some(ingress) is not Match.NO:
        yield Fault(group.urn, f"lets {_described(ingress)} in to {host.resource.label}: ingress is not empty")
    for one in graph.of(GROUP_RULE, INGRESS_RULE):
        kind = "ingress" if one.type == INGRESS_RULE else one.get("type")
        if kind in ("ingress", UNKNOWN) and graph.refer(one, "securityGroupId", one.get("securityGroupId"), SECURITY_GROUPS).may_be(group):
            yield Fault(one.urn, f"lets {_described([one.props])} in to {host.resource.label}, through {group.label}")
    for one in graph.of(GROUP_RULES):
        named = one.get("ingressRuleIds")
        reached = graph.refer(one, "securityGroupId", one.get("securityGroupId"), SECURITY_GROUPS).may_be(group)
        if reached and is_some(named) is not Match.NO:
            shown = ", ".join("one not known before the update" if value is UNKNOWN else str(value) for value in items(named))
            yield Fault(one.urn, f"keeps ingress rules in {group.label}, a group of {host.resource.label}: {shown}")


def _described(ingress: Any) -> str:
    """Return in words what an ingress list takes."""
    words = []
    for rule in items(ingress):
        low, high = field(rule, "fromPort"), field(rule, "toPort")
        protocol = field(rule, "protocol") if field(rule, "protocol") is not None else field(rule, "ipProtocol")
        ports = "" if low is UNKNOWN or high is UNKNOWN or low is None else f" {low}" if low == high else f" {low}-{high}"
        words.append(f"{'something not known before the update' if protocol is UNKNOWN else protocol or 'traffic'}{ports}")
    return ", ".join(dict.fromkeys(words))


def _default_lets_in(graph: Graph, vpc: Resource, host: Host, *, is_silence_open: bool) -> Iterator[Fault]:
    """Yield faults for the default group of a VPC, which lets its members in until it is taken over."""
    kept = [one for one in graph.of(DEFAULT_GROUP) if _is_default_of(graph, one, vpc)]
    for group in kept:
        yield from _lets_in(graph, group, host)
    for one in graph.of(GROUP_RULE, INGRESS_RULE):
        key = "securityGroupId"
        of_vpc = graph.refer(one, key, one.get(key), VPCS, (_BY_DEFAULT,)).found
        if vpc in of_vpc and (one.type == INGRESS_RULE or one.get("type") in ("ingress", UNKNOWN)):
            yield Fault(one.urn, f"lets {_described([one.props])} in to {host.resource.label}, through the default group of {vpc.label}")
    if not kept and is_silence_open:
        yield Fault(host.resource.urn, f"is in the default security group of {vpc.label}, which lets all its members in")


def _is_default_of(graph: Graph, group: Resource, vpc: Resource) -> bool:
    """Tell whether a group is, or may be, a VPC's default one; without a VPC it is that of the region's default VPC."""
    stated = group.get("vpcId")
    return vpc.type == DEFAULT_VPC if stated in (None, "") else graph.refer(group, "vpcId", stated, VPCS).may_be(vpc)


RULE = Rule(
    id="agent-host-takes-no-ingress",
    severity=Severity.HIGH,
    info="No security group of an agent host lets anything in, not from its own members either.",
    why="what can open a connection to an agent can steer it, past everything that judges what goes out",
    fix="give the host a security group of its own with ingress: [], and no ingress rule declared apart; Session Manager needs none;"
    " leave groups of other programs to those programs",
    ids=(
        "CKV_AWS_24",
        "CKV_AWS_25",
        "CKV_AWS_260",
        "CKV2_AWS_12",
        "AWS-0107",
        "EC2.2",
        "EC2.18",
        "EC2.19",
        "CIS AWS 3.0 5.2",
        "CIS AWS 3.0 5.4",
    ),
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
