"""SmartGroup membership: evaluate match expressions against hosts, subnets, VPCs and CIDRs.

Expressions are OR-ed, the fields of one AND-ed. Fields that cannot be compared here and unknown values answer MAYBE.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any, Final

from containment.addresses.address_space import Network, is_public, parse_network
from containment.ternary import Ternary, all_of, any_of, consensus_of
from policypack.facts.compute import Host, get_own_tags
from policypack.graph.known_types import VPCS
from policypack.graph.plain_data import UNKNOWN, get_field, get_items
from policypack.graph.resources import Graph, Resource

WORKLOAD_TYPES: Final = frozenset({"vm", "vpc", "subnet", "k8s", "k8s_node", "serverless"})
"""Selector types whose members are workloads with private addresses (aviatrix_smart_group, `type`)."""


_MIXTURE: Final = "cidr with other fields"
"""The type of an expression that no Controller documents; it is none of a workload."""


def get_expressions(group: Resource) -> list[Any]:
    """Return a group's match expressions, which are OR-ed; UNKNOWN for an unknown one.

    The meaning of a `cidr` with other fields is undocumented: such an expression has no network here, and selects nothing for certain.
    """
    return [_set_mixture_apart(one) for one in get_stated_expressions(group)]


def get_stated_expressions(group: Resource) -> list[Any]:
    """Return a group's match expressions as the program sets them."""
    return get_items(get_field(group.get("selector"), "matchExpressions")) if group.get("selector") is not UNKNOWN else [UNKNOWN]


def _set_mixture_apart(expression: Any) -> Any:
    if not isinstance(expression, dict) or expression.get("cidr") in (None, ""):
        return expression
    others = {key: value for key, value in expression.items() if key != "cidr" and value not in (None, "", {}, [])}
    return {**others, "type": _MIXTURE} if others else expression


def get_networks(group: Resource) -> list[Network]:
    """Return the CIDRs that a SmartGroup lists."""
    found = (parse_network(get_field(expression, "cidr")) for expression in get_expressions(group))
    return [network for network in found if network is not None]


def has_public_address(group: Resource) -> Ternary:
    """Return whether a SmartGroup contains some public address."""
    return any_of(_is_public_expression(expression) for expression in get_expressions(group))


def _is_public_expression(expression: Any) -> Ternary:
    if expression is UNKNOWN:
        return Ternary.MAYBE
    cidr = expression.get("cidr")
    if cidr not in (None, ""):
        network = parse_network(cidr)
        return Ternary.MAYBE if network is None else Ternary.of(is_public(network))
    return Ternary.NO if expression.get("type") in WORKLOAD_TYPES else Ternary.MAYBE


def has_host(graph: Graph, group: Resource, host: Host) -> Ternary:
    """Return whether a SmartGroup selects a host by any of its expressions."""
    return any_of(is_selected(graph, expression, host) for expression in get_expressions(group))


def is_selected(graph: Graph, expression: Any, host: Host) -> Ternary:
    """Return whether one match expression (fields AND-ed) selects a host; fields that the pack cannot compare answer MAYBE."""
    if expression is UNKNOWN:
        return Ternary.MAYBE
    stated = {key: value for key, value in expression.items() if value not in (None, "", {}, [])}
    if "cidr" in stated:
        return _is_inside(stated["cidr"], host)
    if {"fqdn", "external", "s2c"} & stated.keys():
        return Ternary.NO if "external" not in stated else Ternary.MAYBE
    kind = stated.pop("type", None)
    if kind == "vm":
        return _is_described(stated, host.resource, host.tags)
    if kind in ("subnet", "vpc"):
        homes = [place.subnet for place in host.placements]
        if kind == "vpc":
            homes = [vpc for home in homes for vpc in (graph.follow(home, "vpcId", VPCS).found if home else (None,))]
        return all_of(_is_described(stated, home, get_own_tags(home)) if home else Ternary.MAYBE for home in homes)
    return Ternary.NO if kind in ("k8s", "k8s_node", "serverless") else Ternary.MAYBE


def _is_described(stated: dict[str, Any], resource: Resource, tags: dict[str, tuple[Any, ...]]) -> Ternary:
    """Return whether fields (tags, name, resource id; others answer MAYBE) match a VM, subnet or VPC."""
    answers = []
    for key, value in stated.items():
        if key == "tags":
            answers.append(has_tags(value, tags))
        elif key == "name":
            answers.append(has_tags({"Name": value}, tags))
        elif key == "resId":
            known = resource.get_output("id")
            answers.append(Ternary.MAYBE if value is UNKNOWN or known is None else Ternary.of(value == known))
        else:
            answers.append(Ternary.MAYBE)
    return all_of(answers) if answers else Ternary.YES


def has_tags(wanted: Any, tags: dict[str, tuple[Any, ...]]) -> Ternary:
    """Return whether the tags of a host, subnet or VPC include all required tags."""
    if wanted is UNKNOWN:
        return Ternary.MAYBE
    answers = [Ternary.YES]
    for key, value in wanted.items():
        held = tags.get(key, ())
        if value is UNKNOWN or UNKNOWN in held:
            answers.append(Ternary.MAYBE)
        else:
            answers.append(Ternary.NO if value not in held else Ternary.YES if len(held) == 1 else Ternary.MAYBE)
    return all_of(answers)


def find_addresses(host: Host) -> list[Network | None]:
    """Return the networks that a host may be in: its own address, else those of its subnets; None for an unknown one."""
    address = parse_network(host.resource.get("privateIp")) or parse_network(host.resource.get_output("privateIp"))
    if address is not None:
        return [address]
    return [parse_network(place.subnet.get("cidrBlock")) if place.subnet else None for place in host.placements] or [None]


def _is_inside(cidr: Any, host: Host) -> Ternary:
    """Return whether a host's address is in a CIDR, by its own address or by its subnets."""
    network = parse_network(cidr)
    if network is None:
        return Ternary.MAYBE
    answers = []
    for home in find_addresses(host):
        if home is None:
            answers.append(Ternary.YES if network == IPv4Network("0.0.0.0/0") else Ternary.MAYBE)
        elif home.version != network.version:
            answers.append(Ternary.NO)
        else:
            answers.append(Ternary.YES if home.subnet_of(network) else Ternary.MAYBE if home.overlaps(network) else Ternary.NO)  # type: ignore[arg-type]
    return consensus_of(answers)
