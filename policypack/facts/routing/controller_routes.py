"""Recognize the routes that the Aviatrix Controller writes into a spoke VPC's route tables.

With SNAT on, the Controller points the default route of every private table to the interface of the spoke gateway; a spoke with a
transit gets the private ranges too. No resource of the stack has this interface's id, so other facts identify it: the VPC has a
spoke gateway of the stack, and the interface is that of the gateway's elastic IP, if the stack has one. Without an elastic IP, the
VPC must not have more such interfaces than gateways. `containment check --account` reads the interface's real owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from containment.ternary import Ternary
from policypack.graph.known_types import EIP, SPOKE_GATEWAY, TABLES, VPCS
from policypack.graph.plain_data import UNKNOWN, get_items, is_some
from policypack.graph.resources import Graph, Resource

_WRITTEN: Final = frozenset({"0.0.0.0/0", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"})
"""Destinations of routes that the Controller writes (default route, and the private ranges of RFC 1918)."""
_NIC: Final = "networkInterfaceId"
_IDENTITIES: Final = ("id", "primaryNetworkInterfaceId")


def is_controller_route(graph: Graph, table: Resource, route: Any) -> bool:
    """Return whether the Controller wrote a route that a provider read in a table."""
    if not isinstance(route, Mapping):
        return False
    stated = {key: value for key, value in route.items() if is_some(value) is not Ternary.NO}
    interface = stated.pop(_NIC, None)
    stated.pop("instanceId", None)  # AWS names the instance of the interface as well
    if set(stated) != {"cidrBlock"} or stated["cidrBlock"] not in _WRITTEN or not isinstance(interface, str):
        return False
    return interface in _find_gateway_interfaces(graph, table)


def _find_gateway_interfaces(graph: Graph, table: Resource) -> frozenset[str]:
    vpc = table.get("vpcId") or table.get_output("vpcId")
    return graph.compute_once((_find_gateway_interfaces, vpc), lambda: _compute_gateway_interfaces(graph, table, vpc))


def _compute_gateway_interfaces(graph: Graph, table: Resource, vpc: Any) -> frozenset[str]:
    """Return the interfaces in a VPC that are, or most likely are, those of its spoke gateways."""
    here = graph.resolve(table, "vpcId", vpc, VPCS)
    gateways = [one for one in graph.find_by_type(SPOKE_GATEWAY) if _is_in(graph, one, here.found, vpc)]
    addresses = {
        value for one in gateways for key in ("eip", "publicIp", "haEip", "haPublicIp") if isinstance(value := one.get_output(key), str)
    }
    proved = {
        str(one.get_output("networkInterface"))
        for one in graph.find_by_type(EIP)
        if one.get_output("networkInterface") and one.get_output("publicIp") in addresses and one.get_output("publicIp")
    }
    if proved:
        return frozenset(proved)
    own = {one.get_output(key) for one in graph.resources for key in _IDENTITIES}
    seen = {
        route[_NIC]
        for one in graph.find_by_type(*TABLES)
        if (one.get("vpcId") or one.get_output("vpcId")) == vpc
        for route in get_items(one.get_output("routes"))
        if isinstance(route, Mapping) and route.get("cidrBlock") in _WRITTEN and isinstance(route.get(_NIC), str) and route[_NIC]
    } - own
    most = sum(2 if is_some(one.get("haSubnet")) is Ternary.YES else 1 for one in gateways if _is_deployed(one))
    return frozenset(seen) if len(seen) <= most else frozenset()


def _is_deployed(gateway: Resource) -> bool:
    """Return whether a gateway exists: before it is created, no route can be its own."""
    return any(isinstance(gateway.get_output(key), str) and gateway.get_output(key) for key in ("id", "cloudInstanceId", "eip", "publicIp"))


def _is_in(graph: Graph, gateway: Resource, vpcs: tuple[Resource, ...], vpc: Any) -> bool:
    value = gateway.get("vpcId")
    if value is UNKNOWN:
        return any(graph.resolve(gateway, "vpcId", value, VPCS).is_possibly(one) for one in vpcs)
    return bool(value) and str(value).partition("~~")[0] == vpc
