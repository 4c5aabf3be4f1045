"""The routes that really apply to a subnet, and which of them lead past the Aviatrix gateway.

A subnet uses the table associated with it, else the main table of its VPC. A table's routes stand in its own `routes`, in
Route resources, and in what VPN gateways or route servers propagate. The default route to the Aviatrix gateway is injected
by the Controller and stated by no program; which routes a program may state is judged in `network.route`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from containment.model.fqdn import Match
from policypack.deployed.controller_routes import is_controller_route
from policypack.graph import Graph, Reference, Resource
from policypack.known_types import (
    DEFAULT_ROUTE_TABLE,
    DEFAULT_VPC,
    MAIN_TABLE_ASSOCIATION,
    ROUTE,
    ROUTE_SERVER_PROPAGATION,
    SUBNETS,
    TABLE_ASSOCIATION,
    TABLES,
    VPCS,
    VPN_PROPAGATION,
)
from policypack.network.route import Leak, find_leaks
from policypack.network.where import is_same_place
from policypack.plain import is_some, items


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


def tables_of(graph: Graph, subnet: Resource) -> tuple[Table, ...]:
    """Return the tables that may apply to a subnet: one when everything is known; an empty tuple never."""
    found: list[Table] = []
    is_certain = False
    for one in graph.of(TABLE_ASSOCIATION):
        reference = graph.refer(one, "subnetId", one.get("subnetId"), SUBNETS)
        if reference.may_be(subnet):
            found.extend(_tables(graph, one, "routeTableId", one.get("routeTableId")))
            is_certain = is_certain or (bool(reference.found) and is_same_place(one, subnet))
    if not is_certain:  # an association that cannot be traced, or is made elsewhere, may be another subnet's: then the main table applies
        found.extend(main_tables(graph, graph.refer(subnet, "vpcId", subnet.get("vpcId"), VPCS)))
    return tuple(dict.fromkeys(found))


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
    vpcs = _vpcs_of(graph, table)
    if table.resource is not None and table.resource.type in TABLES:
        read = table.resource.is_read
        for route in items(table.resource.get("routes")):
            if read and is_controller_route(graph, table.resource, route):
                continue
            yield from find_leaks(graph, table.resource, "routes", route, vpcs)
        for gateway in items(table.resource.get("propagatingVgws")):
            if is_some(gateway) is not Match.NO:
                yield Leak(table.resource, "takes over whatever routes a VPN gateway propagates (propagatingVgws)")
    for route in graph.of(ROUTE):
        if _may_be_in(graph, route, table):
            yield from find_leaks(graph, route, "", route.props, vpcs)
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


def _vpcs_of(graph: Graph, table: Table) -> tuple[Resource, ...]:
    """Return the VPCs of the program that a table is in."""
    one = table.resource
    if one is None or one.type in VPCS:
        return (one,) if one else ()
    if one.type == DEFAULT_ROUTE_TABLE:
        attributes = ("defaultRouteTableId", "mainRouteTableId")
        return graph.refer(one, "defaultRouteTableId", one.get("defaultRouteTableId"), VPCS, attributes).found
    return graph.refer(one, "vpcId", one.get("vpcId"), VPCS).found
