"""Reach of a rule by address: everywhere, wide private space, or within named networks.

A group of addresses is wide if it contains a private network larger than a /20. Workloads by type, names and threat feeds are not
known to be narrow: MAYBE. This module classifies denies; `policypack.firewall.proof` judges the reach of permits.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from containment.addresses.address_space import Network, is_inside, is_public, parse_network
from containment.names import RFC1918, WellKnownObject
from containment.ternary import Ternary, all_of, any_of
from policypack.firewall.groups import Groups
from policypack.firewall.rules import RegisteredRule
from policypack.firewall.smart_group_membership import get_expressions, get_networks
from policypack.graph.known_types import SMART_GROUP
from policypack.graph.plain_data import UNKNOWN, get_field
from policypack.graph.resources import Resource

NARROW: Final = {4: 20, 6: 64}
"""The shortest prefix of a narrow network, by IP version."""


def has_every_address(groups: Groups, rule: RegisteredRule) -> Ternary:
    """Return whether a rule's destination is every address, private ones included."""
    if WellKnownObject.ANYWHERE.value in rule.destinations:
        return Ternary.YES
    return all_of([groups.has_all_internet(rule), _has_all_private(groups, rule)])


def _has_all_private(groups: Groups, rule: RegisteredRule) -> Ternary:
    def every_block(group: Resource) -> Ternary:
        return Ternary.of(all(is_inside(block, get_networks(group)) for block in RFC1918))

    return groups.has_some_member(rule, rule.destinations, every_block)


def has_wide_private_reach(groups: Groups, rule: RegisteredRule) -> Ternary:
    """Return whether a rule reaches private networks that are not narrow."""
    return groups.has_some_member(rule, rule.destinations, is_widely_private)


def is_within(groups: Groups, rule: RegisteredRule, networks: Iterable[Network]) -> Ternary:
    """Return whether every destination of a rule is within some networks; NO for a rule without destination."""
    allowed = list(networks)

    def inside(group: Resource) -> Ternary:
        return all_of(_is_inside(expression, allowed) for expression in get_expressions(group))

    known = tuple(one.value for one in WellKnownObject)
    return all_of(Ternary.NO if value in known else groups.evaluate_group(rule, value, SMART_GROUP, inside) for value in rule.destinations)


def is_widely_private(group: Resource) -> Ternary:
    """Return whether a SmartGroup contains private networks that are not narrow."""
    return any_of(_is_widely_private(expression) for expression in get_expressions(group))


def _is_widely_private(expression: Any) -> Ternary:
    network = parse_network(get_field(expression, "cidr"))
    if network is None:
        return Ternary.MAYBE
    private = any(network.overlaps(block) for block in RFC1918) if network.version == 4 else not is_public(network)
    return Ternary.of(private and network.prefixlen < NARROW[network.version])


def _is_inside(expression: Any, allowed: list[Network]) -> Ternary:
    cidr = get_field(expression, "cidr")
    if cidr is UNKNOWN:
        return Ternary.MAYBE
    network = parse_network(cidr)
    return Ternary.of(network is not None and is_inside(network, allowed))
