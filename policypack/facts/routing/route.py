"""Judge one route: permitted if its target is of one of three kinds, otherwise a leak that bypasses the gateway.

Permitted are `local`, a gateway endpoint of the program for its service's prefix list, and an Aviatrix gateway in the table's VPC.
Every property of a route that is not a destination is a target, whatever its name, so a property that a later provider adds is
refused until it is reviewed.

A target is judged by its value. A value that is unknown, or that only depends on a permitted resource, may be anything: the result of
`gateway.cloud_instance_id.apply(...)` can be any literal. Such a route is refused; no program needs to set it, because the Controller
writes the route to its gateway, and an endpoint adds its own route.

Property names: the Terraform AWS provider's aws_route, aws_route_table and aws_default_route_table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from containment.addresses.address_space import has_public_addresses
from containment.ternary import Ternary, any_of
from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN, get_field, get_items, is_some
from policypack.graph.resources import Graph, Resource

CIDR_DESTINATIONS: Final = ("destinationCidrBlock", "cidrBlock", "destinationIpv6CidrBlock", "ipv6CidrBlock")
LIST_DESTINATION: Final = "destinationPrefixListId"
NO_TARGETS: Final = frozenset(
    {
        *CIDR_DESTINATIONS,
        LIST_DESTINATION,
        *("routeTableId", "region", "timeouts"),  # the table and region of the route, and timeouts
        *("id", "origin", "state", "instanceOwnerId"),  # outputs of a route that is read
    }
)
"""Properties of a route that are not a target."""

_WORDS: Final = {
    "natGatewayId": "a NAT gateway",
    "egressOnlyGatewayId": "an egress-only internet gateway",
    "carrierGatewayId": "a carrier gateway",
    "networkInterfaceId": "a network interface",
    "instanceId": "an instance",
    "transitGatewayId": "a transit gateway",
    "vpcPeeringConnectionId": "a VPC peering connection",
    "vpcEndpointId": "a VPC endpoint",
    "localGatewayId": "a local gateway",
    "coreNetworkArn": "a core network",
    "odbNetworkArn": "a database network",
}
_TO_INTERNET: Final = frozenset({"natGatewayId", "egressOnlyGatewayId", "carrierGatewayId"})
"""Targets that lead to the internet whatever the destination."""
_GATEWAY_KINDS: Final = {kt.INTERNET_GATEWAY: "an internet gateway", kt.VPN_GATEWAY: "a VPN gateway", kt.VPC_ENDPOINT: "a VPC endpoint"}


@dataclass(frozen=True, slots=True)
class Leak:
    """A route that bypasses the gateway: its resource, the message, and the instances or interfaces that it leads through.

    `is_private` is true for a route to another private network, false if its destinations may include public addresses.
    """

    holder: Resource
    what: str
    through: tuple[Resource, ...] = ()
    is_private: bool = False


def find_leaks(graph: Graph, holder: Resource, key: str, route: Any, vpcs: Iterable[Resource]) -> Iterator[Leak]:
    """Yield a leak for every target of one route that is not permitted.

    Args:
        graph: The stack.
        holder: The resource that sets the route.
        key: The property that contains the route (an inline block), "" when the route is the resource itself.
        route: The route's properties.
        vpcs: The VPCs of the table; only their Aviatrix gateways are permitted targets.
    """
    if route is UNKNOWN:
        yield Leak(holder, "has routes that are not known before the update")
        return
    if not isinstance(route, Mapping):
        yield Leak(holder, f"has a route that is no object and cannot be read: {route!r}")
        return
    destination, touches = _describe_destination(graph, holder, key, route)
    targets = {name: value for name, value in route.items() if name not in NO_TARGETS and is_some(value) is not Ternary.NO}
    if not targets:
        yield Leak(holder, f"has a route for {destination} whose target cannot be seen")
    for name, value in targets.items():
        if not _is_permitted(graph, name, value, route, tuple(vpcs)):
            target, always = _describe(graph, holder, key, name, value)
            through = graph.resolve(holder, key or name, value, (*kt.INSTANCES, kt.INTERFACE), ("id", "primaryNetworkInterfaceId")).found
            yield Leak(holder, f"sends {destination} to {target}", through, is_private=not always and touches is Ternary.NO)


def _is_permitted(graph: Graph, name: str, value: Any, route: Mapping[str, Any], vpcs: tuple[Resource, ...]) -> bool:
    if name == "gatewayId" and value == "local":
        return True
    if not isinstance(value, str):  # an unknown, or not an id
        return False
    if name in ("gatewayId", "vpcEndpointId"):
        is_for_list = is_some(route.get(LIST_DESTINATION)) is not Ternary.NO
        return is_for_list and any(
            one.get_output("id") == value and _is_gateway_endpoint(one) for one in graph.find_by_type(kt.VPC_ENDPOINT)
        )
    return name in ("instanceId", "networkInterfaceId") and any(_is_output_of(one, value) for one in _find_gateways(graph, vpcs))


def _is_gateway_endpoint(endpoint: Resource) -> bool:
    kind = endpoint.get("vpcEndpointType")
    return kind is not UNKNOWN and str(kind or "Gateway").lower() == "gateway"


def _is_output_of(gateway: Resource, value: str) -> bool:
    """Return whether a value is the instance id that the Aviatrix provider returned, not one that the program set."""
    return gateway.get("cloudInstanceId") is None and gateway.get_output("cloudInstanceId") == value


def _find_gateways(graph: Graph, vpcs: tuple[Resource, ...]) -> Iterator[Resource]:
    for one in graph.resources:
        if kt.GATEWAY.fullmatch(one.type) and any(vpc in vpcs for vpc in graph.follow(one, "vpcId", kt.VPCS).found):
            yield one


def _describe(graph: Graph, holder: Resource, key: str, name: str, value: Any) -> tuple[str, bool]:
    """Return a target in words, and whether it leads to the internet whatever the destination."""
    if name == "gatewayId":
        return _describe_gateway(graph, holder, key or name, value)
    words = _WORDS.get(name, f"{name}, a target that is not reviewed")
    return (f"{words} that is not known before the update" if value is UNKNOWN else words), name in _TO_INTERNET


def _describe_gateway(graph: Graph, holder: Resource, key: str, value: Any) -> tuple[str, bool]:
    reference = graph.resolve(holder, key, value, _GATEWAY_KINDS)
    types = {found.type for found in reference.found}
    if kt.INTERNET_GATEWAY in types or reference.literal.startswith("igw-"):
        return _GATEWAY_KINDS[kt.INTERNET_GATEWAY], True
    if len(types) == 1:
        return _GATEWAY_KINDS[types.pop()], False
    return f"gateway {reference.literal}" if reference.literal else "a gateway that cannot be traced", False


def _describe_destination(graph: Graph, holder: Resource, key: str, route: Mapping[str, Any]) -> tuple[str, Ternary]:
    """Return a route's destination in words, and whether it has public addresses."""
    for name in CIDR_DESTINATIONS:
        value = route.get(name)
        if value not in (None, ""):
            return ("an unknown destination" if value is UNKNOWN else str(value)), has_public_addresses(value)
    value = route.get(LIST_DESTINATION)
    if value in (None, ""):
        return "an unstated destination", Ternary.MAYBE
    reference = graph.resolve(holder, key or LIST_DESTINATION, value, (kt.PREFIX_LIST,))
    if not reference.found:
        return f"prefix list {reference.literal or 'of unknown entries'}", Ternary.MAYBE
    entries = [entry for one in reference.found for entry in _find_entries(graph, one)]
    shown = ", ".join("unknown" if entry is UNKNOWN else str(entry) for entry in entries)
    label = f"prefix list {', '.join(one.name for one in reference.found)} ({shown})"
    return label, any_of(has_public_addresses(entry) for entry in entries)


def _find_entries(graph: Graph, prefix_list: Resource) -> list[Any]:
    inline = [get_field(entry, "cidr") for entry in get_items(prefix_list.get("entries"))]
    apart = graph.find_referrers(prefix_list, kt.PREFIX_LIST_ENTRY, "prefixListId", (kt.PREFIX_LIST,))
    return [*inline, *(one.get("cidr") for one in apart)]
