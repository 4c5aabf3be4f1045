"""A stack's state joined with the live account, and the resources that are in no state.

Live values replace outputs, additions become resources, deleted ones are left out.

Undeclared resources are those in the agents' VPC that are in no state. The program owns that network, so another party added them. Rules
judge the effect of an addition; this module reports its presence, whatever the effect. Left out is what AWS and the Controller create
themselves: a VPC's main route table and default security group, interfaces of endpoints, and the gateways' instances, interfaces and
groups. In a VPC that the program does not own, resources of other programs are expected, and only the rules apply.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from containment.queries.account.names import ZONE
from containment.queries.account.network import EGRESS_GATEWAY, NAT_GATEWAY, PEERING, TRANSIT_ATTACHMENT
from containment.queries.account.reading import Reading, Scope
from policypack.facts.hosts import find_hosts
from policypack.graph import known_types as kt
from policypack.graph.plain_data import get_field, get_items
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


STRANGE: Final = {
    kt.INSTANCE: "an instance among the agents",
    kt.INTERFACE: "a network interface",
    kt.EIP: "a public address",
    kt.SUBNET: "a subnet",
    kt.ROUTE_TABLE: "a route table",
    kt.SECURITY_GROUP: "a security group",
    kt.VPC_ENDPOINT: "a VPC endpoint",
    NAT_GATEWAY: "a NAT gateway",
    kt.INTERNET_GATEWAY: "an internet gateway",
    EGRESS_GATEWAY: "an egress-only internet gateway",
    PEERING: "a VPC peering connection",
    TRANSIT_ATTACHMENT: "a transit gateway attachment",
    kt.VPN_GATEWAY: "a VPN gateway",
    ZONE: "a private zone",
    kt.DNS_ASSOCIATION: "a DNS Firewall association",
    kt.FORWARD_ASSOCIATION: "a resolver rule",
    kt.DHCP_ASSOCIATION: "a set of DHCP options",
    kt.ROLE_POLICY: "a policy of the host's role",
}
"""Types that AWS and the Controller do not create themselves, and their description in a report."""


_STARTED_BY: Final = {
    "aws:autoscaling:groupName": (kt.SCALING_GROUP, ("name", "id")),
    "aws:ec2:fleet-id": (kt.FLEET, ("id",)),
    "aws:ec2spot:fleet-request-id": (kt.SPOT_FLEET, ("id",)),
    "eks:nodegroup-name": (kt.NODE_GROUP, ("nodeGroupName",)),
}
"""Tag of an instance that names the resource that started it -> type of that resource, and the properties with its name."""


def find_undeclared(joined: JoinedStack, reading: Reading) -> Iterator[tuple[Resource, str]]:
    """Yield each undeclared resource in the agents' network with a sentence about it."""
    owned = any(not one.is_read for one in joined.graph.find_by_type(*kt.VPCS) if one not in joined.added)
    mains = {one.get("routeTableId") for one in joined.added if one.type == kt.MAIN_TABLE_ASSOCIATION}
    for one in joined.added if owned else ():
        words = STRANGE.get(one.type)
        if words and one.name not in reading.of_controller and one.name not in mains and not _is_of_the_state(one, joined):
            yield one, f"{words} that is in no state of this stack: {_describe(one)}"


def _is_of_the_state(resource: Resource, joined: JoinedStack) -> bool:
    """Return whether compute of the state started an instance, or whether an interface is on such an instance.

    The tags are reliable: only AWS can set one that begins with `aws:` (EC2 User Guide, "Tag restrictions"), and EKS tags its nodes.
    """
    if resource.type == kt.INTERFACE:
        holders = {get_field(block, "instance") for block in get_items(resource.get("attachments"))}
        return any(one.name in holders and _is_of_the_state(one, joined) for one in joined.added if one.type == kt.INSTANCE)
    tags = resource.get("tags")
    if resource.type != kt.INSTANCE or not isinstance(tags, dict):
        return False
    return any(
        tags[tag] in (one.get_output(key), one.get(key))
        for tag, (type_, keys) in _STARTED_BY.items()
        if tags.get(tag)
        for one in joined.graph.find_by_type(type_)
        for key in keys
    )


def _describe(resource: Resource) -> str:
    shown = [str(value) for key in ("name", "cidrBlock", "serviceName", "publicIp", "description") if (value := resource.get(key))]
    return f"{resource.name}{f' ({shown[0]})' if shown and shown[0] != resource.name else ''}"
