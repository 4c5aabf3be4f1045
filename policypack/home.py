"""Where agent hosts are, and whether a property of some other resource leads there: to a host, its subnet, its VPC.

A reference that cannot be traced leads there as well as anywhere, unless what it is made from is known to be something else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from policypack.graph import Graph, Reference, Resource, Trace
from policypack.hosts import Host, find_hosts
from policypack.known_types import SUBNETS, VPCS
from policypack.place import vpcs_of

_IDS = ("id", "arn")


@dataclass(frozen=True, slots=True)
class Home:
    """The hosts of a program with the subnets and VPCs they may be in; `elsewhere` are ids of subnets of other programs."""

    hosts: tuple[Host, ...]
    subnets: tuple[Resource, ...]
    vpcs: tuple[Resource, ...]
    elsewhere: frozenset[str]


def home_of(graph: Graph) -> Home:
    """Return where the hosts of a program are."""
    return graph.once(home_of, lambda: _home_of(graph))


def _home_of(graph: Graph) -> Home:
    hosts = find_hosts(graph)
    placements = [place for host in hosts for place in host.placements]
    return Home(
        hosts=hosts,
        subnets=tuple(dict.fromkeys(place.subnet for place in placements if place.subnet is not None)),
        vpcs=tuple(dict.fromkeys(vpc for host in hosts for vpc in vpcs_of(graph, host))),
        elsewhere=frozenset(place.literal for place in placements if place.literal),
    )


def leads_to(graph: Graph, holder: Resource, key: str, value: Any, targets: Iterable[Resource], attributes: Iterable[str] = ("id",)) -> str:
    """Return in words which of `targets` a property leads to, "" when it leads to none of them."""
    wanted = {one.urn: one for one in targets}
    reference = graph.refer(holder, key, value, {one.type for one in wanted.values()}, attributes)
    found = ", ".join(one.label for one in reference.found if one.urn in wanted)
    if not found and wanted and _may_be_anything(holder, key, reference):
        return f"something that cannot be traced and may be {next(iter(wanted.values())).label}"
    return found


def leads_to_vpc(graph: Graph, holder: Resource, key: str, value: Any) -> str:
    """Return in words which VPC of the hosts a property leads to, "" when none."""
    vpcs = home_of(graph).vpcs
    reference = graph.refer(holder, key, value, VPCS, _IDS)
    found = ", ".join(one.label for one in reference.found if one in vpcs)
    if not found and vpcs and _may_be_anything(holder, key, reference):
        return f"a VPC that cannot be traced and may be {vpcs[0].label}"
    return found


def leads_to_subnet(graph: Graph, holder: Resource, key: str, value: Any, *, of_hosts: bool = False) -> str:
    """Return in words which subnet of the hosts' VPCs (`of_hosts`: of the hosts themselves) a property leads to, "" when none."""
    home = home_of(graph)
    reference = graph.refer(holder, key, value, SUBNETS, _IDS)
    found = ", ".join(one.label for one in reference.found if one in home.subnets or (not of_hosts and _is_in_vpc(graph, one, home)))
    if reference.literal in home.elsewhere and reference.literal:
        return f"subnet {reference.literal}"
    if not found and home.hosts and _may_be_anything(holder, key, reference):
        return f"a subnet that cannot be traced and may be that of {home.hosts[0].resource.label}"
    return found


def _is_in_vpc(graph: Graph, subnet: Resource, home: Home) -> bool:
    return any(vpc in home.vpcs for vpc in graph.refer(subnet, "vpcId", subnet.get("vpcId"), VPCS).found)


def _may_be_anything(holder: Resource, key: str, reference: Reference) -> bool:
    """Tell whether nothing is known of a reference; what is made from resources of other kinds is known to be one of those."""
    return reference.trace is Trace.UNTRACED and not holder.property_dependencies.get(key)
