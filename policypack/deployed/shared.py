"""Values that other resources of the stack have a part in, without that part.

A read route table lists the routes of `Route` resources and of the Controller, a security group the rules of rule resources, a role
the policies attached to it. Those are judged at the resource that sets them, once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from policypack.deployed.controller_routes import is_controller_route
from policypack.graph import Graph, Resource
from policypack.known_types import (
    EIP,
    ENDPOINT_POLICY,
    GROUP_RULE,
    INGRESS_RULE,
    INSTANCES,
    INTERFACE,
    POLICY_ATTACHMENT,
    ROLE,
    ROLE_ATTACHMENT,
    ROLE_ATTACHMENTS,
    ROLE_POLICY,
    ROUTE,
    SECURITY_GROUPS,
    TABLES,
    VPC_ENDPOINT,
    VPCS,
    VPN_PROPAGATION,
)
from policypack.place import is_vended
from policypack.plain import UNKNOWN, field, items

Without = Callable[[Graph, Resource, Any, Any], Any]
"""(graph, resource, the input, the output) -> the output without what other resources put there."""

_SHA1: Final = re.compile(r"[0-9a-f]{40}")
_NAMED: Final = ("name", "id", "arn")
_DESTINATIONS: Final = {
    "cidrBlock": "destinationCidrBlock",
    "ipv6CidrBlock": "destinationIpv6CidrBlock",
    "destinationPrefixListId": "destinationPrefixListId",
}
_SOURCES: Final = {
    "cidrBlocks": ("cidrBlocks", "cidrIpv4"),
    "ipv6CidrBlocks": ("ipv6CidrBlocks", "cidrIpv6"),
    "prefixListIds": ("prefixListIds", "prefixListId"),
    "securityGroups": ("sourceSecurityGroupId", "referencedSecurityGroupId"),
}
_PROTOCOLS: Final = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}


def _unlisted_routes(graph: Graph, table: Resource, wanted: Any, output: Any) -> Any:
    apart = [
        one
        for one in graph.of(ROUTE)
        if graph.refer(one, "routeTableId", one.get("routeTableId"), TABLES, ("id", "defaultRouteTableId")).may_be(table)
    ]
    inline = [_without_empty(route) for route in items(wanted)]
    extra = [
        route
        for route in items(output)
        if _without_empty(route) not in inline
        and field(route, "gatewayId") != "local"
        and not any(_is_route(one, route) for one in apart)
        and not is_controller_route(graph, table, route)
    ]
    return [*items(wanted), *extra]


def _is_route(resource: Resource, route: Any) -> bool:
    """Return whether a Route resource sets this route: the same destination, and a target that is the same or not known yet."""
    stated = _without_empty(route)
    for inline, apart in _DESTINATIONS.items():
        if inline in stated and stated.pop(inline) != resource.get(apart):
            return False
    stated.pop("instanceId", None)
    return all(resource.get(key) in (value, UNKNOWN) for key, value in stated.items())


def _without_empty(block: Any) -> Any:
    return {key: value for key, value in block.items() if value not in (None, "", [], False)} if isinstance(block, Mapping) else block


def _unlisted_gateways(graph: Graph, table: Resource, wanted: Any, output: Any) -> Any:
    apart = [
        one.get("vpnGatewayId")
        for one in graph.of(VPN_PROPAGATION)
        if graph.refer(one, "routeTableId", one.get("routeTableId"), TABLES).may_be(table)
    ]
    extra = [one for one in items(output) if one not in items(wanted) and one not in apart and UNKNOWN not in apart]
    return [*items(wanted), *extra]


def _unlisted_ingress(graph: Graph, group: Resource, wanted: Any, output: Any) -> Any:
    apart = [
        one
        for one in graph.of(GROUP_RULE, INGRESS_RULE)
        if (one.type == INGRESS_RULE or one.get("type") in ("ingress", UNKNOWN))
        and graph.refer(one, "securityGroupId", one.get("securityGroupId"), SECURITY_GROUPS).may_be(group)
    ]
    known = {
        source
        for one in (*(rule for rule in items(wanted) if isinstance(rule, Mapping)), *(one.props for one in apart))
        for source in _sources(one)
    }
    extra = [rule for rule in items(output) if not isinstance(rule, Mapping) or not _is_covered(rule, known)]
    return [*items(wanted), *extra]


def _is_covered(rule: Mapping[str, Any], known: set[tuple[Any, ...]]) -> bool:
    return all(source in known or (*source[:3], UNKNOWN) in known for source in _sources(rule))


def _sources(rule: Mapping[str, Any]) -> set[tuple[Any, ...]]:
    """Return (protocol, first port, last port, source) for every source of an inline or separate ingress rule."""
    protocol = str(rule.get("protocol") if rule.get("protocol") is not None else rule.get("ipProtocol")).lower()
    protocol = _PROTOCOLS.get(protocol, protocol)
    ports = ("", "") if protocol == "-1" else (rule.get("fromPort"), rule.get("toPort"))
    values = [value for keys in _SOURCES.values() for key in dict.fromkeys(keys) for value in items(rule.get(key))]
    values += items(rule.get("securityGroups"))
    values += ["self"] if rule.get("self") is True else []
    return {(protocol, *ports, value) for value in values if value not in (None, "")} or {(protocol, *ports, None)}


def _unlisted_policies(graph: Graph, role: Resource, wanted: Any, output: Any) -> Any:
    apart = [one for one in graph.of(ROLE_POLICY) if graph.refer(one, "role", one.get("role"), (ROLE,), _NAMED).may_be(role)]
    names = {one.get("name") or one.output("name") or one.name for one in apart} | {field(one, "name") for one in items(wanted)}
    return [*items(wanted), *(one for one in items(output) if field(one, "name") not in names)]


def _unlisted_arns(graph: Graph, role: Resource, wanted: Any, output: Any) -> Any:
    arns = set(items(wanted))
    for kind, key, policies in (
        (ROLE_ATTACHMENT, "role", "policyArn"),
        (ROLE_ATTACHMENTS, "roleName", "policyArns"),
        (POLICY_ATTACHMENT, "roles", "policyArn"),
    ):
        for one in graph.of(kind):
            if any(graph.refer(one, key, value, (ROLE,), _NAMED).may_be(role) for value in items(one.get(key))):
                arns.update(items(one.get(policies)))
    return [*items(wanted), *(one for one in items(output) if one not in arns)]


def _own_policy(graph: Graph, endpoint: Resource, wanted: Any, output: Any) -> Any:
    apart = any(
        graph.refer(one, "vpcEndpointId", one.get("vpcEndpointId"), (VPC_ENDPOINT,)).may_be(endpoint) for one in graph.of(ENDPOINT_POLICY)
    )
    return wanted if apart and wanted in (None, "") else output


def _own_holder(graph: Graph, _address: Resource, wanted: Any, output: Any) -> Any:
    """Return what an address is on when that is of this stack; a gateway's or a NAT gateway's own interface is not."""
    own = {one.output(key) for one in graph.of(*INSTANCES, INTERFACE) for key in ("id", "primaryNetworkInterfaceId")}
    return output if output in own else wanted


def _named_groups(graph: Graph, _host: Resource, wanted: Any, output: Any) -> Any:
    """Return a host's groups; its VPC's default group, where the program names none, is judged as that silence."""
    defaults = {one.output("defaultSecurityGroupId") for one in graph.of(*VPCS)}
    return output if wanted is not None else [one for one in items(output) if one not in defaults]


def _set_root_disk(graph: Graph, _host: Resource, wanted: Any, output: Any) -> Any:
    """Return a host's root disk; one that the program leaves to the image and the account is a default of theirs.

    A default that a provider answers is judged in complete environments, where leaving it unset is judged too.
    """
    return output if wanted is not None or is_vended(graph) else wanted


def _not_hashed(_graph: Graph, _host: Resource, wanted: Any, output: Any) -> Any:
    """Return user data; releases of the AWS provider before 7 answer its SHA-1 instead, which is no other value."""
    return wanted if isinstance(output, str) and _SHA1.fullmatch(output) else output


WITHOUT_OTHERS: Final[dict[tuple[str, str], Without]] = {
    **{(table, "routes"): _unlisted_routes for table in TABLES},
    **{(table, "propagatingVgws"): _unlisted_gateways for table in TABLES},
    **{(group, "ingress"): _unlisted_ingress for group in SECURITY_GROUPS},
    (ROLE, "inlinePolicies"): _unlisted_policies,
    (ROLE, "managedPolicyArns"): _unlisted_arns,
    (VPC_ENDPOINT, "policy"): _own_policy,
    **{(host, "vpcSecurityGroupIds"): _named_groups for host in INSTANCES},
    **{(host, "rootBlockDevice"): _set_root_disk for host in INSTANCES},
    (INTERFACE, "securityGroups"): _named_groups,
    **{(host, "userData"): _not_hashed for host in INSTANCES},
    (EIP, "instance"): _own_holder,
    (EIP, "networkInterface"): _own_holder,
}
"""(type, property) -> how to leave out the part of others."""
