"""The routes that really apply to a subnet, and which of them lead past the Aviatrix gateway.

A subnet uses the table associated with it, else the main table of its VPC. A table's routes stand in its own `routes`, in
Route resources, and in what VPN gateways or route servers propagate. The default route to the Aviatrix gateway is injected
by the Controller and stated by no program, so a program's route is sound only when it is local, leads to an Aviatrix
gateway, or leads to private space through something that is not a way to the internet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from containment.model.fqdn import Match
from policypack.deployed.controller_routes import is_controller_route
from policypack.graph import Graph, Reference, Resource
from policypack.known_types import (
    DEFAULT_ROUTE_TABLE,
    DEFAULT_VPC,
    GATEWAY,
    INSTANCES,
    INTERFACE,
    INTERNET_GATEWAY,
    MAIN_TABLE_ASSOCIATION,
    PREFIX_LIST,
    PREFIX_LIST_ENTRY,
    ROUTE,
    ROUTE_SERVER_PROPAGATION,
    SUBNETS,
    TABLE_ASSOCIATION,
    TABLES,
    VPC_ENDPOINT,
    VPCS,
    VPN_GATEWAY,
    VPN_PROPAGATION,
)
from policypack.plain import UNKNOWN, field, is_some, items, strongest
from policypack.space import touches_public

_TO_INTERNET: Final = {
    "natGatewayId": "a NAT gateway",
    "egressOnlyGatewayId": "an egress-only internet gateway",
    "carrierGatewayId": "a carrier gateway",
}
_ELSEWHERE: Final = {
    "networkInterfaceId": "a network interface",
    "instanceId": "an instance",
    "transitGatewayId": "a transit gateway",
    "vpcPeeringConnectionId": "a VPC peering connection",
    "vpcEndpointId": "a VPC endpoint",
    "localGatewayId": "a local gateway",
    "coreNetworkArn": "a core network",
    "odbNetworkArn": "a database network",
}
_DESTINATIONS: Final = ("destinationCidrBlock", "cidrBlock", "destinationIpv6CidrBlock", "ipv6CidrBlock")
_LISTS: Final = ("destinationPrefixListId",)


@dataclass(frozen=True, slots=True)
class Table:
    """A route table: a resource, or the main table a VPC came with (`resource` is the VPC then), or one that is not in the stack."""

    resource: Resource | None
    is_main_of_vpc: bool = False
    literal: str = ""

    @property
    def is_known(self) -> bool:
        """Tell whether routes can be looked up for it at all."""
        return self.resource is not None or bool(self.literal)

    @property
    def label(self) -> str:
        """Its name for messages."""
        if self.resource is None:
            return f"route table {self.literal or 'that cannot be traced'}"
        return f"the main route table of {self.resource.label}" if self.is_main_of_vpc else self.resource.label


@dataclass(frozen=True, slots=True)
class Leak:
    """A route past the gateway: who states it, what it says, through which instances or interfaces, whether to private space only."""

    holder: Resource
    what: str
    through: tuple[Resource, ...] = ()
    is_private: bool = False


def tables_of(graph: Graph, subnet: Resource) -> tuple[Table, ...]:
    """Return the tables that may apply to a subnet: one when everything is known; an empty tuple never."""
    associations = [
        one
        for one in graph.of(TABLE_ASSOCIATION)
        if is_some(one.get("subnetId")) is not Match.NO and graph.refer(one, "subnetId", one.get("subnetId"), SUBNETS).may_be(subnet)
    ]
    if associations:
        found = [table for one in associations for table in _tables(graph, one, "routeTableId", one.get("routeTableId"))]
        return tuple(dict.fromkeys(found))
    return main_tables(graph, graph.refer(subnet, "vpcId", subnet.get("vpcId"), VPCS))


def tables_of_external(graph: Graph, literal: str) -> tuple[Table, ...]:
    """Return the tables this stack associates with a subnet outside it; empty when it associates none."""
    associations = [one for one in graph.of(TABLE_ASSOCIATION) if one.get("subnetId") == literal]
    return tuple(table for one in associations for table in _tables(graph, one, "routeTableId", one.get("routeTableId")))


def main_tables(graph: Graph, vpc: Reference) -> tuple[Table, ...]:
    """Return the main table of a VPC: the one made main, the default one taken over, or the one the VPC came with."""
    if not vpc.found:
        return (Table(None),)
    found: list[Table] = []
    for one in vpc.found:
        mains = [item for item in graph.of(MAIN_TABLE_ASSOCIATION) if graph.refer(item, "vpcId", item.get("vpcId"), VPCS).may_be(one)]
        if mains:
            found.extend(table for item in mains for table in _tables(graph, item, "routeTableId", item.get("routeTableId")))
            continue
        found.extend(Table(item) for item in _taken_over(graph, one))
        found.append(Table(one, is_main_of_vpc=True))
    return tuple(dict.fromkeys(found))


def leaks(graph: Graph, table: Table) -> Iterator[Leak]:
    """Yield every route of a table that may carry packets for public addresses past the Aviatrix gateway."""
    return (leak for leak in _ways(graph, table) if not leak.is_private)


def joins(graph: Graph, table: Table) -> Iterator[Leak]:
    """Yield every route of a table to another private network past the Aviatrix gateway."""
    return (leak for leak in _ways(graph, table) if leak.is_private)


def _ways(graph: Graph, table: Table) -> Iterator[Leak]:
    if table.resource is not None and table.resource.type in TABLES:
        read = table.resource.is_read
        for route in items(table.resource.get("routes")):
            if read and (field(route, "gatewayId") == "local" or is_controller_route(graph, table.resource, route)):
                continue
            yield from _judge(graph, table.resource, "routes", route)
        for gateway in items(table.resource.get("propagatingVgws")):
            if is_some(gateway) is not Match.NO:
                yield Leak(table.resource, "takes over whatever routes a VPN gateway propagates (propagatingVgws)")
    for route in graph.of(ROUTE):
        if _may_be_in(graph, route, table):
            yield from _judge(graph, route, "", route.props)
    for kind, source in ((VPN_PROPAGATION, "VPN gateway"), (ROUTE_SERVER_PROPAGATION, "route server")):
        for one in graph.of(kind):
            if _may_be_in(graph, one, table):
                yield Leak(one, f"takes over whatever routes a {source} propagates")


def leads_out_by_default(graph: Graph, table: Table) -> bool:
    """Tell whether a table came with a route to an internet gateway: the default VPC's main table does, until it is taken over."""
    vpc = table.resource
    return table.is_main_of_vpc and vpc is not None and vpc.type == DEFAULT_VPC and not _taken_over(graph, vpc)


def _taken_over(graph: Graph, vpc: Resource) -> list[Resource]:
    """Return the DefaultRouteTable resources that manage the table a VPC came with; they remove routes they do not state."""
    attributes = ("defaultRouteTableId", "mainRouteTableId")
    return [
        one
        for one in graph.of(DEFAULT_ROUTE_TABLE)
        if graph.refer(one, "defaultRouteTableId", one.get("defaultRouteTableId"), VPCS, attributes).may_be(vpc)
    ]


def _tables(graph: Graph, holder: Resource, key: str, value: Any) -> list[Table]:
    reference = graph.refer(holder, key, value, TABLES, ("id", "defaultRouteTableId"))
    if reference.found:
        return [Table(item) for item in reference.found]
    of_vpc = graph.refer(holder, key, value, VPCS, ("mainRouteTableId", "defaultRouteTableId"))
    if of_vpc.found:
        return [table for vpc in of_vpc.found for table in ([Table(one) for one in _taken_over(graph, vpc)] + [Table(vpc, True)])]
    return [Table(None, literal=reference.literal)]


def _may_be_in(graph: Graph, route: Resource, table: Table) -> bool:
    for found in _tables(graph, route, "routeTableId", route.get("routeTableId")):
        if found.resource is None and not found.literal:
            return True
        if found == table:
            return True
    return False


def _judge(graph: Graph, holder: Resource, key: str, route: Any) -> Iterator[Leak]:
    """Yield a leak when one route (an inline block under `key`, or a Route's own properties) leads past the gateway."""
    if route is UNKNOWN:
        yield Leak(holder, "has routes that are not known before the update")
        return
    destination, touches = _destination(graph, holder, key, route)
    for name, target in _TO_INTERNET.items():
        if is_some(field(route, name)) is not Match.NO:
            yield Leak(holder, f"sends {destination} to {target}")
    for name, target in _ELSEWHERE.items():
        value = field(route, name)
        if is_some(value) is not Match.NO and not _is_aviatrix(graph, holder, key or name, value):
            through = graph.refer(holder, key or name, value, (*INSTANCES, INTERFACE), ("id", "primaryNetworkInterfaceId")).found
            yield Leak(holder, f"sends {destination} to {target}", through, is_private=touches is Match.NO)
    gateway = field(route, "gatewayId")
    if gateway not in (None, "", "local"):
        kind, always = _gateway(graph, holder, key or "gatewayId", gateway)
        yield Leak(holder, f"sends {destination} to {kind}", is_private=not always and touches is Match.NO)


def _gateway(graph: Graph, holder: Resource, key: str, value: Any) -> tuple[str, bool]:
    """Return what `gatewayId` names and whether it is a way to the internet whatever the destination."""
    kinds = {INTERNET_GATEWAY: "an internet gateway", VPN_GATEWAY: "a VPN gateway", VPC_ENDPOINT: "a VPC endpoint"}
    reference = graph.refer(holder, key, value, kinds)
    types = {found.type for found in reference.found}
    if INTERNET_GATEWAY in types or reference.literal.startswith("igw-"):
        return kinds[INTERNET_GATEWAY], True
    if len(types) == 1:
        return kinds[types.pop()], False
    return f"gateway {reference.literal}" if reference.literal else "a gateway that cannot be traced", False


def _is_aviatrix(graph: Graph, holder: Resource, key: str, value: Any) -> bool:
    """Tell whether a target is an Aviatrix gateway: one by its id, or a value made from gateways and nothing else."""
    sources = [graph.at(urn) for urn in holder.property_dependencies.get(key, ())]
    if sources and all(one is not None and GATEWAY.fullmatch(one.type) for one in sources):
        return True
    return any(GATEWAY.fullmatch(one.type) and one.output("cloudInstanceId") == value for one in graph.resources if value is not UNKNOWN)


def _destination(graph: Graph, holder: Resource, key: str, route: Any) -> tuple[str, Match]:
    """Return a route's destination in words, and whether it has public addresses."""
    for name in _DESTINATIONS:
        value = field(route, name)
        if value not in (None, ""):
            return ("an unknown destination" if value is UNKNOWN else str(value)), touches_public(value)
    for name in _LISTS:
        value = field(route, name)
        if value not in (None, ""):
            reference = graph.refer(holder, key or name, value, (PREFIX_LIST,))
            if not reference.found:
                return f"prefix list {reference.literal or 'of unknown entries'}", Match.MAYBE
            found = reference.found
            entries = [entry for one in found for entry in _entries(graph, one)]
            shown = ", ".join("unknown" if entry is UNKNOWN else str(entry) for entry in entries)
            label = f"prefix list {', '.join(one.name for one in found)} ({shown})"
            return label, strongest(touches_public(entry) for entry in entries)
    return "an unstated destination", Match.MAYBE


def _entries(graph: Graph, prefix_list: Resource) -> list[Any]:
    inline = [field(entry, "cidr") for entry in items(prefix_list.get("entries"))]
    apart = [
        one.get("cidr")
        for one in graph.of(PREFIX_LIST_ENTRY)
        if graph.refer(one, "prefixListId", one.get("prefixListId"), (PREFIX_LIST,)).may_be(prefix_list)
    ]
    return [*inline, *apart]
