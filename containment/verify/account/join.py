"""Put what was read together with a stack's state: facts over outputs, additions as resources that were read, what is gone left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from containment.verify.account.reading import Reading, Scope
from policypack import known_types as kt
from policypack.graph import Graph, Resource
from policypack.hosts import find_hosts

_FAMILIES: Final = {kind: group[0] for group in (kt.TABLES, kt.SECURITY_GROUPS, kt.SUBNETS, kt.VPCS) for kind in group}
"""Types that are the same thing in AWS: a default one that a program took over, and any other."""
_ALWAYS_READ: Final = frozenset({kt.SMART_GROUP, kt.WEB_GROUP, kt.LAUNCH_TEMPLATE})
"""Types that are read for the whole account or Controller: only those of the stack count."""


@dataclass(frozen=True)
class Joined:
    """A stack with what is live: all resources, those that only the account has, and those that only the state has."""

    graph: Graph
    added: tuple[Resource, ...]
    gone: tuple[Resource, ...]


def scope_of(graph: Graph, region: str) -> Scope:
    """Return what of the account belongs to a stack: its VPCs, the subnets and ids of its hosts, and its gateways."""
    hosts = find_hosts(graph)
    subnets = [place.subnet for host in hosts for place in host.placements if place.subnet is not None]
    vpcs = [*(one.output("id") for one in graph.of(*kt.VPCS)), *(one.get("vpcId") or one.output("vpcId") for one in subnets)]
    literal = [place.literal for host in hosts for place in host.placements if place.literal]
    gateways = [one.output(key) for one in graph.of(kt.SPOKE_GATEWAY) for key in ("cloudInstanceId", "haCloudInstanceId")]
    return Scope(
        region=region,
        vpcs=_known(vpcs),
        subnets=_known([*(one.output("id") for one in subnets), *literal]),
        hosts=_known(one.output("id") for one in graph.of(kt.INSTANCE)),
        gateways=_known(gateways),
    )


def _known(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if isinstance(value, str) and value))


def join(state: Iterable[Resource], reading: Reading) -> Joined:
    """Return the stack as it is live."""
    live = {_key(one): one for one in reading.resources}
    kept, gone = list[Resource](), list[Resource]()
    for one in state:
        found = live.pop(_key(one), None)
        if found is not None:
            outputs = {**one.outputs, **found.outputs}
            kept.append(replace(one, outputs=outputs, props=outputs if one.is_read else one.props))
        elif _is_gone(one, reading):
            gone.append(one)
        else:
            kept.append(one)
    added = tuple(one for one in live.values() if one.type not in _ALWAYS_READ)
    return Joined(Graph([*kept, *added]), added, tuple(gone))


def _key(resource: Resource) -> tuple[str, object]:
    return _FAMILIES.get(resource.type, resource.type), resource.output("id") or resource.urn


def _is_gone(resource: Resource, reading: Reading) -> bool:
    """Return whether a resource of the state is of a kind that was read completely, and was not among it."""
    listed = reading.complete.get(resource.type)
    return listed is not None and isinstance(resource.output("id"), str) and resource.output("id") not in listed
