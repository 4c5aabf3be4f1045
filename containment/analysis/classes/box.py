"""Boxes: the flows that one rule matches, as a product of four independent sets.

A flow has a source, a destination, a claim (application and server name) and a transport (protocol and port). A rule
matches a product of one set of each; a set of flows in a question ("the unapproved models, from anywhere") is a box as well.
All boxes of one analysis share a numbering: box number i is bit i of every signature.

`view` has the order and actions of rules; `sources`, `addresses`, `l7_matches` and `transports` divide each set into classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from typing import Final

from containment.addresses.port_range import PortRange
from containment.names import Protocol
from containment.policy.rules import ANYWHERE, CidrSelector, Rule, RuleSet, SmartGroup, WebGroup


class L7Match(StrEnum):
    """The kind of a flow's first bytes, as a gateway sees them, without the name itself."""

    TLS_NAMED = "TLS with a server name"
    TLS_BARE = "TLS without a server name"
    HTTP_NAMED = "HTTP with a Host header"
    HTTP_BARE = "HTTP without a Host header"
    OTHER = "neither TLS nor HTTP"


EVERY_CLAIM: Final = frozenset(L7Match)
TLS_CLAIMS: Final = frozenset({L7Match.TLS_NAMED, L7Match.TLS_BARE})
EVERYWHERE: Final = SmartGroup("everywhere", (CidrSelector(IPv4Network("0.0.0.0/0")), CidrSelector(IPv6Network("::/0"))))
"""Every address of both kinds; the Controller's Anywhere is IPv4 only."""


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """A product of sets of flows; `web` None means that no name is required, `decrypts` that URLs in TLS are visible."""

    sources: tuple[SmartGroup, ...]
    destinations: tuple[SmartGroup, ...]
    web: tuple[WebGroup, ...] | None = None
    claims: frozenset[L7Match] = EVERY_CLAIM
    protocol: Protocol = Protocol.ANY
    ports: tuple[PortRange, ...] = ()
    decrypts: bool = False


def build_box(ruleset: RuleSet, rule: Rule) -> Box:
    """Return the box of a rule: all flows that it matches, regardless of earlier rules."""
    return Box(
        tuple(ruleset.smart_groups[name] for name in rule.sources),
        tuple(ruleset.smart_groups[name] for name in rule.destinations),
        tuple(ruleset.web_groups[name] for name in rule.web_groups) if rule.web_groups else None,
        TLS_CLAIMS if rule.tls_required else EVERY_CLAIM,
        rule.protocol,
        rule.ports,
        rule.decrypts,
    )


__all__ = ["ANYWHERE", "EVERYWHERE", "EVERY_CLAIM", "TLS_CLAIMS", "Box", "L7Match", "build_box"]
