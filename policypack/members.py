"""Whom a SmartGroup holds: its match expressions compared with hosts, subnets and VPCs, and with address space.

Expressions are OR-ed, the fields of one AND-ed. What cannot be compared here, and what is not known, answers MAYBE.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any, Final

from containment.model.fqdn import Match
from policypack.graph import Graph, Resource
from policypack.hosts import Host, own_tags
from policypack.known_types import VPCS
from policypack.plain import UNKNOWN, field, items, strongest, weakest
from policypack.space import Network, is_public, parse

WORKLOAD_TYPES: Final = frozenset({"vm", "vpc", "subnet", "k8s", "k8s_node", "serverless"})
"""Selector types whose members are workloads with private addresses (aviatrix_smart_group, `type`)."""


def expressions(group: Resource) -> list[Any]:
    """Return a group's match expressions, which are OR-ed; UNKNOWN for one that is not known."""
    return items(field(group.get("selector"), "matchExpressions")) if group.get("selector") is not UNKNOWN else [UNKNOWN]


def networks_of(group: Resource) -> list[Network]:
    """Return the networks that a SmartGroup names."""
    found = (parse(field(expression, "cidr")) for expression in expressions(group))
    return [network for network in found if network is not None]


def touches_internet(group: Resource) -> Match:
    """Tell whether a SmartGroup holds some public address."""
    return strongest(_expression_touches_internet(expression) for expression in expressions(group))


def _expression_touches_internet(expression: Any) -> Match:
    if expression is UNKNOWN:
        return Match.MAYBE
    cidr = expression.get("cidr")
    if cidr not in (None, ""):
        network = parse(cidr)
        return Match.MAYBE if network is None else _yes(is_public(network))
    return Match.NO if expression.get("type") in WORKLOAD_TYPES else Match.MAYBE


def holds_host(graph: Graph, group: Resource, host: Host) -> Match:
    """Tell whether a SmartGroup selects a host, in whichever way."""
    return strongest(selects(graph, expression, host) for expression in expressions(group))


def selects(graph: Graph, expression: Any, host: Host) -> Match:
    """Tell whether one match expression (fields AND-ed) selects a host; fields the pack cannot compare answer MAYBE."""
    if expression is UNKNOWN:
        return Match.MAYBE
    stated = {key: value for key, value in expression.items() if value not in (None, "", {}, [])}
    if "cidr" in stated:
        return _inside(stated["cidr"], host)
    if {"fqdn", "external", "s2c"} & stated.keys():
        return Match.NO if "external" not in stated else Match.MAYBE
    kind = stated.pop("type", None)
    if kind == "vm":
        return _describes(stated, host.resource, host.tags)
    if kind in ("subnet", "vpc"):
        homes = [place.subnet for place in host.placements]
        if kind == "vpc":
            homes = [vpc for home in homes for vpc in (graph.refer(home, "vpcId", home.get("vpcId"), VPCS).found if home else (None,))]
        return weakest(_describes(stated, home, own_tags(home)) if home else Match.MAYBE for home in homes)
    return Match.NO if kind in ("k8s", "k8s_node", "serverless") else Match.MAYBE


def _describes(stated: dict[str, Any], resource: Resource, tags: dict[str, tuple[Any, ...]]) -> Match:
    """Tell whether fields (tags, name, resource id; anything else is not compared) fit a VM, subnet or VPC."""
    answers = []
    for key, value in stated.items():
        if key == "tags":
            answers.append(tags_match(value, tags))
        elif key == "name":
            answers.append(tags_match({"Name": value}, tags))
        elif key == "resId":
            known = resource.output("id")
            answers.append(Match.MAYBE if value is UNKNOWN or known is None else _yes(value == known))
        else:
            answers.append(Match.MAYBE)
    return weakest(answers) if answers else Match.YES


def tags_match(wanted: Any, tags: dict[str, tuple[Any, ...]]) -> Match:
    """Tell whether a host, subnet or VPC with these tags carries all that is wanted."""
    if wanted is UNKNOWN:
        return Match.MAYBE
    answers = [Match.YES]
    for key, value in wanted.items():
        held = tags.get(key, ())
        if value is UNKNOWN or UNKNOWN in held:
            answers.append(Match.MAYBE)
        else:
            answers.append(Match.NO if value not in held else Match.YES if len(held) == 1 else Match.MAYBE)
    return weakest(answers)


def addresses_of(host: Host) -> list[Network | None]:
    """Return where a host may be: its own address, else the networks of its subnets; None for one that is not known."""
    address = parse(host.resource.get("privateIp")) or parse(host.resource.output("privateIp"))
    if address is not None:
        return [address]
    return [parse(place.subnet.get("cidrBlock")) if place.subnet else None for place in host.placements] or [None]


def _inside(cidr: Any, host: Host) -> Match:
    """Tell whether a host's address lies in a CIDR, as far as its own address or its subnets tell."""
    network = parse(cidr)
    if network is None:
        return Match.MAYBE
    answers = []
    for home in addresses_of(host):
        if home is None:
            answers.append(Match.YES if network == IPv4Network("0.0.0.0/0") else Match.MAYBE)
        elif home.version != network.version:
            answers.append(Match.NO)
        else:
            answers.append(Match.YES if home.subnet_of(network) else Match.MAYBE if home.overlaps(network) else Match.NO)  # type: ignore[arg-type]
    found = set(answers)
    return found.pop() if len(found) == 1 else Match.MAYBE


def _yes(value: bool) -> Match:
    return Match.YES if value else Match.NO
