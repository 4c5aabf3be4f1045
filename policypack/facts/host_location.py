"""Subnets and VPCs of agent hosts, and whether a property of another resource leads to a host, its subnet or its VPC.

A reference that cannot be traced may lead there, unless the property depends on resources of other types.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from policypack.facts.agent_environment import find_vpcs
from policypack.facts.compute import Host
from policypack.facts.hosts import find_hosts
from policypack.graph.known_types import SUBNETS, VPCS
from policypack.graph.resources import Graph, Reference, Resource, Trace

_IDS = ("id", "arn")


@dataclass(frozen=True, slots=True)
class HostLocation:
    """The hosts of a program with the subnets and VPCs that they may be in; `elsewhere` are subnet ids of other programs."""

    hosts: tuple[Host, ...]
    subnets: tuple[Resource, ...]
    vpcs: tuple[Resource, ...]
    elsewhere: frozenset[str]


def find_location(graph: Graph) -> HostLocation:
    """Return the location of a program's hosts."""
    return graph.compute_once(find_location, lambda: _find_location(graph))


def _find_location(graph: Graph) -> HostLocation:
    hosts = find_hosts(graph)
    placements = [place for host in hosts for place in host.placements]
    return HostLocation(
        hosts=hosts,
        subnets=tuple(dict.fromkeys(place.subnet for place in placements if place.subnet is not None)),
        vpcs=tuple(dict.fromkeys(vpc for host in hosts for vpc in find_vpcs(graph, host))),
        elsewhere=frozenset(place.literal for place in placements if place.literal),
    )


def describe_target(
    graph: Graph, holder: Resource, key: str, value: Any, targets: Iterable[Resource], attributes: Iterable[str] = ("id",)
) -> str:
    """Return, in words, the resources that a property leads to, "" for none.

    Args:
        graph: the stack.
        holder: the resource that has the property.
        key: the property.
        value: its value, or a value in it.
        targets: the resources of interest.
        attributes: the outputs by which they are referred to.
    """
    wanted = {one.urn: one for one in targets}
    reference = graph.resolve(holder, key, value, {one.type for one in wanted.values()}, attributes)
    found = ", ".join(one.label for one in reference.found if one.urn in wanted)
    if not found and wanted and _is_unresolved(holder, key, reference):
        return f"something that cannot be traced and may be {next(iter(wanted.values())).label}"
    return found


def describe_vpc(graph: Graph, holder: Resource, key: str, value: Any) -> str:
    """Return, in words, the VPC of a host that a property leads to, "" for none."""
    vpcs = find_location(graph).vpcs
    reference = graph.resolve(holder, key, value, VPCS, _IDS)
    found = ", ".join(one.label for one in reference.found if one in vpcs)
    if not found and vpcs and _is_unresolved(holder, key, reference):
        return f"a VPC that cannot be traced and may be {vpcs[0].label}"
    return found


def describe_subnet(graph: Graph, holder: Resource, key: str, value: Any, *, of_hosts: bool = False) -> str:
    """Return, in words, the subnet that a property leads to, "" for none: one of a host's VPC, or with `of_hosts` one of a host."""
    home = find_location(graph)
    reference = graph.resolve(holder, key, value, SUBNETS, _IDS)
    found = ", ".join(one.label for one in reference.found if one in home.subnets or (not of_hosts and _is_in_vpc(graph, one, home)))
    if reference.literal in home.elsewhere and reference.literal:
        return f"subnet {reference.literal}"
    if not found and home.hosts and _is_unresolved(holder, key, reference):
        return f"a subnet that cannot be traced and may be that of {home.hosts[0].resource.label}"
    return found


def _is_in_vpc(graph: Graph, subnet: Resource, home: HostLocation) -> bool:
    return any(vpc in home.vpcs for vpc in graph.follow(subnet, "vpcId", VPCS).found)


def _is_unresolved(holder: Resource, key: str, reference: Reference) -> bool:
    """Return whether a reference may mean any resource; one that depends on resources of other types means one of those."""
    return reference.trace is Trace.UNTRACED and not holder.property_dependencies.get(key)
