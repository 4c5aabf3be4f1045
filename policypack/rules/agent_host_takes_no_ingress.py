"""No ingress to an agent host: its security groups have no rule that permits a connection, from any source.

A source that is another group, or the group itself, counts like any other. Groups of other programs cannot be seen and are
refused. A host without a group is in its VPC's default group: ingress that the program adds to that group always counts; the
group's initial rule, which admits its members until a program manages the group, counts in a complete agent environment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from containment.ternary import Ternary
from policypack.facts.agent_environment import find_vpcs, is_complete
from policypack.facts.compute import Host
from policypack.facts.hosts import find_hosts, find_unseen_versions
from policypack.facts.network.other_programs import FOREIGN_GROUPS, find_foreign, is_of_program
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN, get_field, get_items, is_some
from policypack.graph.resources import Graph, Reference, Resource, Trace

_BY_DEFAULT = "defaultSecurityGroupId"
_NAMES = ("id", "name")


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault at every rule that permits ingress to a host, and at hosts with groups that cannot be seen."""
    faults: dict[Violation, None] = {}
    for host in find_hosts(graph):
        groups, default_of = _find_named_groups(graph, host)
        for group in dict.fromkeys(found for one in groups for found in one.found):
            faults.update(dict.fromkeys(_find_ingress(graph, group, host)))
        is_named = bool(default_of)
        if not groups and not default_of and _has_groups(host):
            default_of = find_vpcs(graph, host)
        for vpc in default_of:
            faults.update(dict.fromkeys(_find_default_ingress(graph, vpc, host, is_silence_open=is_named or is_complete(graph))))
        hidden = ", ".join(dict.fromkeys(one.literal or "a security group that cannot be traced" for one in groups if not one.found))
        if hidden:
            faults[Violation(host.resource.urn, f"is in {hidden}, not of this program: its ingress rules cannot be seen")] = None
    faults.update(dict.fromkeys(find_foreign(graph, FOREIGN_GROUPS)))
    return list(dict.fromkeys([*faults, *find_unseen_versions(graph)]))


def _find_named_groups(graph: Graph, host: Host) -> tuple[list[Reference], tuple[Resource, ...]]:
    """Return the groups that a host names, and the VPCs whose default group it names."""
    groups: list[Reference] = []
    default_of: list[Resource] = []
    for holder, key, value in _get_group_values(graph, host):
        for one in get_items(value):
            reference = _resolve_group(graph, holder, key, one)
            vpcs = () if reference.found else graph.resolve(holder, key, one, kt.VPCS, (_BY_DEFAULT,)).found
            default_of.extend(vpcs)
            if not vpcs and reference.trace is not Trace.NONE:
                groups.append(reference)
    return groups, tuple(dict.fromkeys(default_of))


def _resolve_group(graph: Graph, holder: Resource, key: str, value: Any) -> Reference:
    """Return the group that a value names; a literal next to a reference is not the reference's group."""
    reference = graph.resolve(holder, key, value, kt.SECURITY_GROUPS, _NAMES)
    is_foreign = isinstance(value, str) and reference.found and not is_of_program(graph, holder, key, value, kt.SECURITY_GROUPS, _NAMES)
    return Reference(Trace.EXTERNAL, literal=value) if is_foreign else reference


def _has_groups(host: Host) -> bool:
    """Return whether a host without groups is in the default one: not if its groups come from another resource."""
    return host.resource.type in (*kt.INSTANCES, kt.ECS_SERVICE, kt.ECS_TASK_SET) or bool(host.templates)


def _get_group_values(graph: Graph, host: Host) -> Iterator[tuple[Resource, str, Any]]:
    for one in (host.resource, *host.templates):
        if one.type in (*kt.INSTANCES, kt.LAUNCH_TEMPLATE):
            yield one, "vpcSecurityGroupIds", one.get("vpcSecurityGroupIds")
        if one.type in (*kt.INSTANCES, kt.LAUNCH_CONFIGURATION):
            yield one, "securityGroups", one.get("securityGroups")
        if one.type == kt.LAUNCH_TEMPLATE:
            yield one, "securityGroupNames", one.get("securityGroupNames")
            yield from ((one, "networkInterfaces", get_field(block, "securityGroups")) for block in get_items(one.get("networkInterfaces")))
        if one.type in (kt.ECS_SERVICE, kt.ECS_TASK_SET):
            yield one, "networkConfiguration", get_field(one.get("networkConfiguration"), "securityGroups")
        if one.type == kt.SPOT_FLEET:
            blocks = get_items(one.get("launchSpecifications"))
            yield from ((one, "launchSpecifications", get_field(block, "vpcSecurityGroupIds")) for block in blocks)
    for interface in host.interfaces:
        yield interface, "securityGroups", interface.get("securityGroups")
    for one in graph.find_by_type(kt.GROUP_ATTACHMENT):
        types, ids = (kt.INTERFACE, *kt.INSTANCES), ("id", "primaryNetworkInterfaceId")
        reached = graph.follow(one, "networkInterfaceId", types, ids)
        if any(reached.is_possibly(target) for target in (host.resource, *host.interfaces)):
            yield one, "securityGroupId", one.get("securityGroupId")


def _find_ingress(graph: Graph, group: Resource, host: Host) -> Iterator[Violation]:
    """Yield a fault for every ingress rule of a group, inline or declared as a separate resource."""
    ingress = group.get("ingress")
    if is_some(ingress) is not Ternary.NO:
        yield Violation(group.urn, f"lets {_describe_ingress(ingress)} in to {host.resource.label}: ingress is not empty")
    for one in graph.find_by_type(kt.GROUP_RULE, kt.INGRESS_RULE):
        kind = "ingress" if one.type == kt.INGRESS_RULE else one.get("type")
        if kind in ("ingress", UNKNOWN) and graph.follow(one, "securityGroupId", kt.SECURITY_GROUPS).is_possibly(group):
            yield Violation(one.urn, f"lets {_describe_ingress([one.props])} in to {host.resource.label}, through {group.label}")
    for one in graph.find_by_type(*kt.GROUP_RULES):
        named = one.get("ingressRuleIds")
        reached = graph.follow(one, "securityGroupId", kt.SECURITY_GROUPS).is_possibly(group)
        if reached and is_some(named) is not Ternary.NO:
            shown = ", ".join("one not known before the update" if value is UNKNOWN else str(value) for value in get_items(named))
            yield Violation(one.urn, f"keeps ingress rules in {group.label}, a group of {host.resource.label}: {shown}")


def _describe_ingress(ingress: Any) -> str:
    """Return the protocols and ports of an ingress list as text."""
    words = []
    for rule in get_items(ingress):
        low, high = get_field(rule, "fromPort"), get_field(rule, "toPort")
        protocol = get_field(rule, "protocol") if get_field(rule, "protocol") is not None else get_field(rule, "ipProtocol")
        ports = "" if low is UNKNOWN or high is UNKNOWN or low is None else f" {low}" if low == high else f" {low}-{high}"
        words.append(f"{'something not known before the update' if protocol is UNKNOWN else protocol or 'traffic'}{ports}")
    return ", ".join(dict.fromkeys(words))


def _find_default_ingress(graph: Graph, vpc: Resource, host: Host, *, is_silence_open: bool) -> Iterator[Violation]:
    """Yield faults for the default group of a VPC, which admits its members until a program manages it."""
    kept = [one for one in graph.find_by_type(kt.DEFAULT_GROUP) if _is_default_of(graph, one, vpc)]
    for group in kept:
        yield from _find_ingress(graph, group, host)
    for one in graph.find_by_type(kt.GROUP_RULE, kt.INGRESS_RULE):
        key = "securityGroupId"
        of_vpc = graph.follow(one, key, kt.VPCS, (_BY_DEFAULT,)).found
        if vpc in of_vpc and (one.type == kt.INGRESS_RULE or one.get("type") in ("ingress", UNKNOWN)):
            yield Violation(
                one.urn, f"lets {_describe_ingress([one.props])} in to {host.resource.label}, through the default group of {vpc.label}"
            )
    if not kept and is_silence_open:
        yield Violation(host.resource.urn, f"is in the default security group of {vpc.label}, which permits ingress from all its members")


def _is_default_of(graph: Graph, group: Resource, vpc: Resource) -> bool:
    """Return whether a group is, or may be, a VPC's default one; without a VPC it is that of the region's default VPC."""
    stated = group.get("vpcId")
    return vpc.type == kt.DEFAULT_VPC if stated in (None, "") else graph.resolve(group, "vpcId", stated, kt.VPCS).is_possibly(vpc)


RULE = Rule(
    id="agent-host-takes-no-ingress",
    severity=Severity.HIGH,
    info="No security group of an agent host permits ingress, not even from the group's own members.",
    why="anyone who can open a connection to an agent can steer it, past all rules that judge outbound traffic",
    fix="give the host a dedicated security group with ingress: [], and declare no separate ingress rule; Session Manager needs none;"
    " do not change groups of other programs",
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
