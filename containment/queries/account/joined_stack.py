"""Join a stack's state with what was read: live values replace outputs, additions become resources, deleted ones are left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from containment.queries.account.reading import Reading, Scope
from policypack.facts.hosts import find_hosts
from policypack.graph import known_types as kt
from policypack.graph.resources import Graph, Resource

_FAMILIES: Final = {kind: group[0] for group in (kt.TABLES, kt.SECURITY_GROUPS, kt.SUBNETS, kt.VPCS) for kind in group}
"""Types that AWS treats alike: a default resource that a program adopted, and any other."""
_ALWAYS_READ: Final = frozenset({kt.SMART_GROUP, kt.WEB_GROUP, kt.LAUNCH_TEMPLATE})
"""Types that are read for the whole account or Controller, so that only those of the stack count."""


@dataclass(frozen=True)
class JoinedStack:
    """A stack joined with the live account: all resources, those in the account only, and those in the state only (`gone`)."""

    graph: Graph
    added: tuple[Resource, ...]
    gone: tuple[Resource, ...]


def find_scope(graph: Graph, region: str) -> Scope:
    """Return the part of the account that belongs to a stack: its VPCs, its hosts and their subnets, and its gateways."""
    hosts = find_hosts(graph)
    subnets = [place.subnet for host in hosts for place in host.placements if place.subnet is not None]
    vpcs = [
        *(one.get_output("id") for one in graph.find_by_type(*kt.VPCS)),
        *(one.get("vpcId") or one.get_output("vpcId") for one in subnets),
    ]
    literal = [place.literal for host in hosts for place in host.placements if place.literal]
    gateways = [one.get_output(key) for one in graph.find_by_type(kt.SPOKE_GATEWAY) for key in ("cloudInstanceId", "haCloudInstanceId")]
    return Scope(
        region=region,
        vpcs=_select_known(vpcs),
        subnets=_select_known([*(one.get_output("id") for one in subnets), *literal]),
        hosts=_select_known(one.get_output("id") for one in graph.find_by_type(kt.INSTANCE)),
        gateways=_select_known(gateways),
    )


def _select_known(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if isinstance(value, str) and value))


def join(state: Iterable[Resource], reading: Reading) -> JoinedStack:
    """Return the stack as it is live: the state updated and extended by `reading`."""
    live = {_make_key(one): one for one in reading.resources}
    kept, gone = list[Resource](), list[Resource]()
    for one in state:
        found = live.pop(_make_key(one), None)
        if found is not None:
            outputs = {**one.outputs, **found.outputs}
            kept.append(replace(one, outputs=outputs, props=outputs if one.is_read else one.props))
        elif _is_gone(one, reading):
            gone.append(one)
        else:
            kept.append(one)
    added = tuple(one for one in live.values() if one.type not in _ALWAYS_READ)
    return JoinedStack(Graph([*kept, *added]), added, tuple(gone))


def _make_key(resource: Resource) -> tuple[str, object]:
    return _FAMILIES.get(resource.type, resource.type), resource.get_output("id") or resource.urn


def _is_gone(resource: Resource, reading: Reading) -> bool:
    """Return whether a resource of the state is missing from a type that was read completely."""
    listed = reading.complete.get(resource.type)
    return listed is not None and isinstance(resource.get_output("id"), str) and resource.get_output("id") not in listed
