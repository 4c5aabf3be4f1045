"""Boxes: what one rule matches, as a product of four independent sets.

A flow has a source, a destination, a claim (application and server name) and a transport (protocol and port). A rule
matches a product of one set of each; so does a question about a rule ("the unapproved models, from anywhere"). All
boxes of one analysis share a numbering: box number i is bit i of every signature.

Left out: order and action of rules (`view`), and how each set is cut into classes (`sources`, `addresses`, `claims`,
`transports`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from typing import Final

from containment.model.names import Protocol
from containment.model.ruleset import ANYWHERE, CidrSelector, PortRange, Rule, RuleSet, SmartGroup, WebGroup


class Claim(StrEnum):
    """What a gateway can tell from the first bytes of a flow, apart from the name itself."""

    TLS_NAMED = "TLS with a server name"
    TLS_BARE = "TLS without a server name"
    HTTP_NAMED = "HTTP with a Host header"
    HTTP_BARE = "HTTP without a Host header"
    OTHER = "neither TLS nor HTTP"


EVERY_CLAIM: Final = frozenset(Claim)
TLS_CLAIMS: Final = frozenset({Claim.TLS_NAMED, Claim.TLS_BARE})
EVERYWHERE: Final = SmartGroup("everywhere", (CidrSelector(IPv4Network("0.0.0.0/0")), CidrSelector(IPv6Network("::/0"))))
"""Every address of both kinds; the Controller's Anywhere is IPv4 only."""


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """A product of sets of flows; `web` None means that no name is asked for, `decrypts` that URLs of TLS are seen."""

    sources: tuple[SmartGroup, ...]
    destinations: tuple[SmartGroup, ...]
    web: tuple[WebGroup, ...] | None = None
    claims: frozenset[Claim] = EVERY_CLAIM
    protocol: Protocol = Protocol.ANY
    ports: tuple[PortRange, ...] = ()
    decrypts: bool = False


def box_of(ruleset: RuleSet, rule: Rule) -> Box:
    """Return what a rule matches, without regard to the rules before it."""
    return Box(
        tuple(ruleset.smart_groups[name] for name in rule.sources),
        tuple(ruleset.smart_groups[name] for name in rule.destinations),
        tuple(ruleset.web_groups[name] for name in rule.web_groups) if rule.web_groups else None,
        TLS_CLAIMS if rule.tls_required else EVERY_CLAIM,
        rule.protocol,
        rule.ports,
        rule.decrypts,
    )


__all__ = ["ANYWHERE", "EVERYWHERE", "EVERY_CLAIM", "TLS_CLAIMS", "Box", "Claim", "box_of"]
