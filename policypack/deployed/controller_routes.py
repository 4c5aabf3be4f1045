"""The routes that the Aviatrix Controller writes into a spoke VPC's tables, as a read table lists them.

With SNAT on, the Controller points the default route of every private table at the interface of the spoke gateway, and a spoke
with a transit gets the private ranges too. No resource of the stack has that interface's id, so it is recognized by what else is
known: the VPC has a spoke gateway of the stack, and the interface is that of the gateway's own elastic IP where the stack has
one. Without one there are no more such interfaces in the VPC than gateways. `containment check --account` reads whose
interface it really is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from containment.model.fqdn import Match
from policypack.graph import Graph, Resource
from policypack.known_types import EIP, SPOKE_GATEWAY, TABLES, VPCS
from policypack.plain import UNKNOWN, is_some, items

_WRITTEN: Final = frozenset({"0.0.0.0/0", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"})
"""Destinations that the Controller writes by itself (default route, and the private ranges of RFC 1918)."""
_NIC: Final = "networkInterfaceId"
_IDENTITIES: Final = ("id", "primaryNetworkInterfaceId")


def is_controller_route(graph: Graph, table: Resource, route: Any) -> bool:
    """Return whether a route that a provider read in a table is one that the Controller wrote."""
    if not isinstance(route, Mapping):
        return False
    stated = {key: value for key, value in route.items() if is_some(value) is not Match.NO}
    interface = stated.pop(_NIC, None)
    stated.pop("instanceId", None)  # AWS names the instance of the interface as well
    if set(stated) != {"cidrBlock"} or stated["cidrBlock"] not in _WRITTEN or not isinstance(interface, str):
        return False
    return interface in _gateway_interfaces(graph, table)


def _gateway_interfaces(graph: Graph, table: Resource) -> frozenset[str]:
    vpc = table.get("vpcId") or table.output("vpcId")
    return graph.once((_gateway_interfaces, vpc), lambda: _interfaces_in(graph, table, vpc))


def _interfaces_in(graph: Graph, table: Resource, vpc: Any) -> frozenset[str]:
    """Return the interfaces in a VPC that are, or are most likely, those of its spoke gateways."""
    here = graph.refer(table, "vpcId", vpc, VPCS)
    gateways = [one for one in graph.of(SPOKE_GATEWAY) if _is_in(graph, one, here.found, vpc)]
    addresses = {
        value for one in gateways for key in ("eip", "publicIp", "haEip", "haPublicIp") if isinstance(value := one.output(key), str)
    }
    proved = {
        str(one.output("networkInterface"))
        for one in graph.of(EIP)
        if one.output("networkInterface") and one.output("publicIp") in addresses and one.output("publicIp")
    }
    if proved:
        return frozenset(proved)
    own = {one.output(key) for one in graph.resources for key in _IDENTITIES}
    seen = {
        route[_NIC]
        for one in graph.of(*TABLES)
        if (one.get("vpcId") or one.output("vpcId")) == vpc
        for route in items(one.output("routes"))
        if isinstance(route, Mapping) and route.get("cidrBlock") in _WRITTEN and isinstance(route.get(_NIC), str) and route[_NIC]
    } - own
    most = sum(2 if is_some(one.get("haSubnet")) is Match.YES else 1 for one in gateways)
    return frozenset(seen) if len(seen) <= most else frozenset()


def _is_in(graph: Graph, gateway: Resource, vpcs: tuple[Resource, ...], vpc: Any) -> bool:
    value = gateway.get("vpcId")
    if value is UNKNOWN:
        return any(graph.refer(gateway, "vpcId", value, VPCS).may_be(one) for one in vpcs)
    return bool(value) and str(value).partition("~~")[0] == vpc
