"""How far a rule reaches by address: everywhere, widely into private space, or within networks that are named.

A group of addresses is wide when it holds a private network larger than a /20. Workloads by type, names and threat feeds are not
known to be narrow: MAYBE. What a permit may reach is judged in `policypack.proof`; here denies are told apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from containment.model.fqdn import Match
from containment.model.names import RFC1918, WellKnown
from policypack.dcf import DcfRule
from policypack.dcf_groups import Groups
from policypack.graph import Resource
from policypack.known_types import SMART_GROUP
from policypack.members import expressions, networks_of
from policypack.plain import UNKNOWN, field, strongest, weakest
from policypack.space import Network, is_public, parse, within

NARROW: Final = {4: 20, 6: 64}
"""The shortest prefix of a narrow network, by IP version."""


def holds_everywhere(groups: Groups, rule: DcfRule) -> Match:
    """Tell whether a rule's destination is every address, private ones included."""
    if WellKnown.ANYWHERE.value in rule.destinations:
        return Match.YES
    return weakest([groups.holds_internet(rule), _holds_private(groups, rule)])


def _holds_private(groups: Groups, rule: DcfRule) -> Match:
    def every_block(group: Resource) -> Match:
        return _yes(all(within(block, networks_of(group)) for block in RFC1918))

    return strongest(
        Match.NO if value == WellKnown.PUBLIC_INTERNET.value else groups.ask(rule, value, SMART_GROUP, every_block)
        for value in rule.destinations
    )


def reaches_private_widely(groups: Groups, rule: DcfRule) -> Match:
    """Tell whether a rule reaches private space beyond narrow networks."""
    return strongest(
        Match.YES
        if value == WellKnown.ANYWHERE.value
        else Match.NO
        if value == WellKnown.PUBLIC_INTERNET.value
        else groups.ask(rule, value, SMART_GROUP, is_widely_private)
        for value in rule.destinations
    )


def is_within(groups: Groups, rule: DcfRule, networks: Iterable[Network]) -> Match:
    """Tell whether every destination of a rule lies in these networks; a rule without destination is in none."""
    allowed = list(networks)

    def inside(group: Resource) -> Match:
        return weakest(_inside(expression, allowed) for expression in expressions(group))

    known = tuple(one.value for one in WellKnown)
    return weakest(Match.NO if value in known else groups.ask(rule, value, SMART_GROUP, inside) for value in rule.destinations)


def is_widely_private(group: Resource) -> Match:
    """Tell whether a SmartGroup holds private networks that are not narrow."""
    return strongest(_is_widely_private(expression) for expression in expressions(group))


def _is_widely_private(expression: Any) -> Match:
    network = parse(field(expression, "cidr"))
    if network is None:
        return Match.MAYBE
    private = any(network.overlaps(block) for block in RFC1918) if network.version == 4 else not is_public(network)
    return _yes(private and network.prefixlen < NARROW[network.version])


def _inside(expression: Any, allowed: list[Network]) -> Match:
    cidr = field(expression, "cidr")
    if cidr is UNKNOWN:
        return Match.MAYBE
    network = parse(cidr)
    return _yes(network is not None and within(network, allowed))


def _yes(value: bool) -> Match:
    return Match.YES if value else Match.NO
