"""The effective routes of a subnet, and those of them that bypass the Aviatrix gateway.

A subnet uses the table associated with it, else the main table of its VPC. A table's routes are in its `routes`, in Route resources,
and in those that VPN gateways or route servers propagate. The Controller writes the default route to the Aviatrix gateway, and no
program sets it; `network.route` judges the routes that a program sets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from containment.ternary import Ternary
from policypack.facts.routing.controller_routes import is_controller_route
from policypack.facts.routing.region import is_same_place
from policypack.facts.routing.route import Leak, find_leaks
from policypack.graph import known_types as kt
from policypack.graph.plain_data import get_items, is_some
from policypack.graph.resources import Graph, Reference, Resource

_OF_VPC: Final = ("defaultRouteTableId", "mainRouteTableId")
"""Outputs of a VPC by which a property names its built-in table."""


@dataclass(frozen=True, slots=True)
class RouteTable:
    """A route table: a resource, or a VPC's built-in main table (then `resource` is the VPC), or one that is not in the stack."""

    resource: Resource | None
    is_main_of_vpc: bool = False
    literal: str = ""

    @property
    def is_known(self) -> bool:
        """Whether it is identified, by a resource or by an id."""
        return self.resource is not None or bool(self.literal)

    @property
    def label(self) -> str:
        """Its name for messages."""
        if self.resource is None:
            return f"route table {self.literal or 'that cannot be traced'}"
        return f"the main route table of {self.resource.label}" if self.is_main_of_vpc else self.resource.label


def find_tables(graph: Graph, subnet: Resource) -> tuple[RouteTable, ...]:
    """Return the tables that may apply to a subnet: one if everything is known, and never none."""
    found: list[RouteTable] = []
    is_certain = False
    for one in graph.find_by_type(kt.TABLE_ASSOCIATION):
        reference = graph.follow(one, "subnetId", kt.SUBNETS)
        if reference.is_possibly(subnet):
            found.extend(_resolve_tables(graph, one, "routeTableId", one.get("routeTableId")))
            is_certain = is_certain or (bool(reference.found) and is_same_place(one, subnet))
    if not is_certain:  # an association that is untraced, or in another region, may be another subnet's: then the main table applies
        found.extend(find_main_tables(graph, graph.follow(subnet, "vpcId", kt.VPCS)))
    return tuple(dict.fromkeys(found))


def find_main_tables(graph: Graph, vpc: Reference) -> tuple[RouteTable, ...]:
    """Return the main table of a VPC: one associated as main, the default one taken over, or the built-in one."""
    if not vpc.found:
        return (RouteTable(None),)
    found: list[RouteTable] = []
    for one in vpc.found:
        mains = graph.find_referrers(one, kt.MAIN_TABLE_ASSOCIATION, "vpcId", kt.VPCS)
        if mains:
            found.extend(table for item in mains for table in _resolve_tables(graph, item, "routeTableId", item.get("routeTableId")))
            continue
        found.extend(RouteTable(item) for item in _find_takeovers(graph, one))
        found.append(RouteTable(one, is_main_of_vpc=True))
    return tuple(dict.fromkeys(found))


def find_internet_leaks(graph: Graph, table: RouteTable) -> Iterator[Leak]:
    """Yield every route of a table by which packets to public addresses may bypass the Aviatrix gateway."""
    return (leak for leak in _find_all_leaks(graph, table) if not leak.is_private)


def find_private_leaks(graph: Graph, table: RouteTable) -> Iterator[Leak]:
    """Yield every route of a table to another private network that bypasses the Aviatrix gateway."""
    return (leak for leak in _find_all_leaks(graph, table) if leak.is_private)


def _find_all_leaks(graph: Graph, table: RouteTable) -> Iterator[Leak]:
    vpcs = _find_vpcs(graph, table)
    if table.resource is not None and table.resource.type in kt.TABLES:
        read = table.resource.is_read
        for route in get_items(table.resource.get("routes")):
            if read and is_controller_route(graph, table.resource, route):
                continue
            yield from find_leaks(graph, table.resource, "routes", route, vpcs)
        for gateway in get_items(table.resource.get("propagatingVgws")):
            if is_some(gateway) is not Ternary.NO:
                yield Leak(table.resource, "takes over whatever routes a VPN gateway propagates (propagatingVgws)")
    for route in graph.find_by_type(kt.ROUTE):
        if _is_possibly_in(graph, route, table):
            yield from find_leaks(graph, route, "", route.props, vpcs)
    for kind, source in ((kt.VPN_PROPAGATION, "VPN gateway"), (kt.ROUTE_SERVER_PROPAGATION, "route server")):
        for one in graph.find_by_type(kind):
            if _is_possibly_in(graph, one, table):
                yield Leak(one, f"takes over whatever routes a {source} propagates")


def has_default_internet_route(graph: Graph, table: RouteTable) -> bool:
    """Return whether a table has a built-in route to an internet gateway: the default VPC's main table, until it is taken over."""
    vpc = table.resource
    return table.is_main_of_vpc and vpc is not None and vpc.type == kt.DEFAULT_VPC and not _find_takeovers(graph, vpc)


def _find_takeovers(graph: Graph, vpc: Resource) -> list[Resource]:
    """Return the DefaultRouteTable resources that manage a VPC's built-in table; they remove routes that they do not set."""
    return graph.find_referrers(vpc, kt.DEFAULT_ROUTE_TABLE, "defaultRouteTableId", kt.VPCS, _OF_VPC)


def _resolve_tables(graph: Graph, holder: Resource, key: str, value: Any) -> list[RouteTable]:
    reference = graph.resolve(holder, key, value, kt.TABLES, ("id", "defaultRouteTableId"))
    if reference.found:
        return [RouteTable(item) for item in reference.found]
    of_vpc = graph.resolve(holder, key, value, kt.VPCS, _OF_VPC)
    if of_vpc.found:
        return [
            table for vpc in of_vpc.found for table in ([RouteTable(one) for one in _find_takeovers(graph, vpc)] + [RouteTable(vpc, True)])
        ]
    return [RouteTable(None, literal=reference.literal)]


def _is_possibly_in(graph: Graph, route: Resource, table: RouteTable) -> bool:
    for found in _resolve_tables(graph, route, "routeTableId", route.get("routeTableId")):
        if found.resource is None and not found.literal:
            return True
        if found == table:
            return True
    return False


def _find_vpcs(graph: Graph, table: RouteTable) -> tuple[Resource, ...]:
    """Return the VPCs of the program that a table is in."""
    one = table.resource
    if one is None or one.type in kt.VPCS:
        return (one,) if one else ()
    if one.type == kt.DEFAULT_ROUTE_TABLE:
        return graph.follow(one, "defaultRouteTableId", kt.VPCS, _OF_VPC).found
    return graph.follow(one, "vpcId", kt.VPCS).found
