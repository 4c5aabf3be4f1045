"""Remove from a deployed value the part that other resources of the stack set.

A route table that was read lists the routes of `Route` resources and of the Controller, a security group the rules of rule
resources, a role the policies attached to it. These are judged once, at the resource that sets them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from policypack.facts.agent_environment import is_complete
from policypack.facts.role_policies import NAMED, find_inline_policies
from policypack.facts.routing.controller_routes import is_controller_route
from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN, get_field, get_items
from policypack.graph.resources import Graph, Resource

Without = Callable[[Graph, Resource, Any, Any], Any]
"""(graph, resource, the input, the output) -> the output without the part that other resources set."""

_SHA1: Final = re.compile(r"[0-9a-f]{40}")
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


def _keep_unlisted_routes(graph: Graph, table: Resource, wanted: Any, output: Any) -> Any:
    apart = graph.find_referrers(table, kt.ROUTE, "routeTableId", kt.TABLES, ("id", "defaultRouteTableId"))
    inline = [_drop_empty(route) for route in get_items(wanted)]
    extra = [
        route
        for route in get_items(output)
        if _drop_empty(route) not in inline
        and get_field(route, "gatewayId") != "local"
        and not any(_is_route(one, route) for one in apart)
        and not is_controller_route(graph, table, route)
    ]
    return [*get_items(wanted), *extra]


def _is_route(resource: Resource, route: Any) -> bool:
    """Return whether a Route resource sets this route: the same destination, and a target that is the same or not known yet."""
    stated = _drop_empty(route)
    for inline, apart in _DESTINATIONS.items():
        if inline in stated and stated.pop(inline) != resource.get(apart):
            return False
    stated.pop("instanceId", None)
    return all(resource.get(key) in (value, UNKNOWN) for key, value in stated.items())


def _drop_empty(block: Any) -> Any:
    return {key: value for key, value in block.items() if value not in (None, "", [], False)} if isinstance(block, Mapping) else block


def _keep_unlisted_gateways(graph: Graph, table: Resource, wanted: Any, output: Any) -> Any:
    apart = [one.get("vpnGatewayId") for one in graph.find_referrers(table, kt.VPN_PROPAGATION, "routeTableId", kt.TABLES)]
    extra = [one for one in get_items(output) if one not in get_items(wanted) and one not in apart and UNKNOWN not in apart]
    return [*get_items(wanted), *extra]


def _keep_unlisted_ingress(graph: Graph, group: Resource, wanted: Any, output: Any) -> Any:
    apart = [
        one
        for one in graph.find_by_type(kt.GROUP_RULE, kt.INGRESS_RULE)
        if (one.type == kt.INGRESS_RULE or one.get("type") in ("ingress", UNKNOWN))
        and graph.follow(one, "securityGroupId", kt.SECURITY_GROUPS).is_possibly(group)
    ]
    known = {
        source
        for one in (*(rule for rule in get_items(wanted) if isinstance(rule, Mapping)), *(one.props for one in apart))
        for source in _find_sources(one)
    }
    extra = [rule for rule in get_items(output) if not isinstance(rule, Mapping) or not _is_covered(rule, known)]
    return [*get_items(wanted), *extra]


def _is_covered(rule: Mapping[str, Any], known: set[tuple[Any, ...]]) -> bool:
    return all(source in known or (*source[:3], UNKNOWN) in known for source in _find_sources(rule))


def _find_sources(rule: Mapping[str, Any]) -> set[tuple[Any, ...]]:
    """Return (protocol, first port, last port, source) for every source of an inline or separate ingress rule."""
    protocol = str(rule.get("protocol") if rule.get("protocol") is not None else rule.get("ipProtocol")).lower()
    protocol = _PROTOCOLS.get(protocol, protocol)
    ports = ("", "") if protocol == "-1" else (rule.get("fromPort"), rule.get("toPort"))
    values = [value for keys in _SOURCES.values() for key in dict.fromkeys(keys) for value in get_items(rule.get(key))]
    values += get_items(rule.get("securityGroups"))
    values += ["self"] if rule.get("self") is True else []
    return {(protocol, *ports, value) for value in values if value not in (None, "")} or {(protocol, *ports, None)}


def _keep_unlisted_policies(graph: Graph, role: Resource, wanted: Any, output: Any) -> Any:
    names = {one.get("name") or one.get_output("name") or one.name for one in find_inline_policies(graph, role)} | {
        get_field(one, "name") for one in get_items(wanted)
    }
    return [*get_items(wanted), *(one for one in get_items(output) if get_field(one, "name") not in names)]


def _keep_unlisted_arns(graph: Graph, role: Resource, wanted: Any, output: Any) -> Any:
    arns = set(get_items(wanted))
    for kind, key, policies in (
        (kt.ROLE_ATTACHMENT, "role", "policyArn"),
        (kt.ROLE_ATTACHMENTS, "roleName", "policyArns"),
        (kt.POLICY_ATTACHMENT, "roles", "policyArn"),
    ):
        for one in graph.find_by_type(kind):
            if any(graph.resolve(one, key, value, (kt.ROLE,), NAMED).is_possibly(role) for value in get_items(one.get(key))):
                arns.update(get_items(one.get(policies)))
    return [*get_items(wanted), *(one for one in get_items(output) if one not in arns)]


def _keep_own_policy(graph: Graph, endpoint: Resource, wanted: Any, output: Any) -> Any:
    apart = graph.find_referrers(endpoint, kt.ENDPOINT_POLICY, "vpcEndpointId", (kt.VPC_ENDPOINT,))
    return wanted if apart and wanted in (None, "") else output


def _keep_own_holder(graph: Graph, _address: Resource, wanted: Any, output: Any) -> Any:
    """Return the instance or interface of an address if it is of this stack; a gateway's or NAT gateway's interface is not."""
    own = {one.get_output(key) for one in graph.find_by_type(*kt.INSTANCES, kt.INTERFACE) for key in ("id", "primaryNetworkInterfaceId")}
    return output if output in own else wanted


def _drop_default_groups(graph: Graph, _host: Resource, wanted: Any, output: Any) -> Any:
    """Return a host's groups; if the program names none, the VPC's default group is left out, as an unset property."""
    defaults = {one.get_output("defaultSecurityGroupId") for one in graph.find_by_type(*kt.VPCS)}
    return output if wanted is not None else [one for one in get_items(output) if one not in defaults]


def _keep_root_disk(graph: Graph, _host: Resource, wanted: Any, output: Any) -> Any:
    """Return a host's root disk; if the program leaves it unset, it is a default of the image or the account.

    Such a default is judged in complete agent environments only, in which an unset property is judged too.
    """
    return output if wanted is not None or is_complete(graph) else wanted


def _ignore_hash(_graph: Graph, _host: Resource, wanted: Any, output: Any) -> Any:
    """Return user data; the AWS provider before release 7 returns its SHA-1 instead, which is not a different value."""
    return wanted if isinstance(output, str) and _SHA1.fullmatch(output) else output


WITHOUT_OTHERS: Final[dict[tuple[str, str], Without]] = {
    **{(table, "routes"): _keep_unlisted_routes for table in kt.TABLES},
    **{(table, "propagatingVgws"): _keep_unlisted_gateways for table in kt.TABLES},
    **{(group, "ingress"): _keep_unlisted_ingress for group in kt.SECURITY_GROUPS},
    (kt.ROLE, "inlinePolicies"): _keep_unlisted_policies,
    (kt.ROLE, "managedPolicyArns"): _keep_unlisted_arns,
    (kt.VPC_ENDPOINT, "policy"): _keep_own_policy,
    **{(host, "vpcSecurityGroupIds"): _drop_default_groups for host in kt.INSTANCES},
    **{(host, "rootBlockDevice"): _keep_root_disk for host in kt.INSTANCES},
    (kt.INTERFACE, "securityGroups"): _drop_default_groups,
    **{(host, "userData"): _ignore_hash for host in kt.INSTANCES},
    (kt.EIP, "instance"): _keep_own_holder,
    (kt.EIP, "networkInterface"): _keep_own_holder,
}
"""(type, property) -> the function that removes the part of other resources."""
