"""Flows and decisions: the types that predictions, packets and logs share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from containment.names import Protocol
from containment.policy.rules import Address


class Application(StrEnum):
    """The application in a flow's first bytes: only TLS and HTTP can match a WebGroup (Aviatrix, egress WebGroups)."""

    TLS = "tls"
    HTTP = "http"
    OTHER = "other"


class Carrier(StrEnum):
    """A protocol that no rule can name (GRE, ESP, SCTP ...): only ANY matches it."""

    OTHER = "another protocol"


class UnresolvedAddress(StrEnum):
    """A destination of unknown address; PUBLIC is any address that the internet routes, which excludes IANA's special blocks."""

    PUBLIC = "a public address"
    UNKNOWN = "an unknown address"


@dataclass(frozen=True, slots=True)
class Source:
    """The origin of a flow: its address and its cloud tags; None where unknown."""

    address: Address | None
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """One connection or datagram as the gateway sees it.

    `server_name` is the TLS SNI or the HTTP Host, None when the client sends none; the client chooses it, whatever the `destination`.
    `port` is None for protocols without ports. `path` is the URL's path, None when unknown. `forged` is true where the server does
    not answer to `server_name`, which only a rule that verifies names notices.
    """

    source: Source
    destination: Address | UnresolvedAddress
    protocol: Protocol | Carrier
    port: int | None
    application: Application = Application.OTHER
    server_name: str | None = None
    path: str | None = None
    forged: bool = False

    def __str__(self) -> str:
        target = self.server_name or str(self.destination)
        return f"{self.protocol.value} {target}{'' if self.port is None else f':{self.port}'}"


class PolicyVerdict(StrEnum):
    """The policy's decision; UNKNOWN when it depends on something unknown or undocumented."""

    PERMIT = "PERMIT"
    DENY = "DENY"
    UNKNOWN = "UNKNOWN"


class Effect(StrEnum):
    """The fate of a flow's packets."""

    DELIVERED = "delivered"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SkippedRule:
    """A rule of higher precedence that did not decide, with the reason."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on one flow.

    `rule` is the deciding rule, None for the Controller's default action or when several rules may decide (`possible`
    then names them). `effect` results from the rules as they are, `monitor_effect` and `enforce_effect` from every deny watched, or
    applied; a deny that is always applied blocks in monitor too. `verdict` is that of the deciding rule and the same in both modes.
    """

    verdict: PolicyVerdict
    rule: str | None
    effect: Effect
    monitor_effect: Effect
    enforce_effect: Effect
    passed_over: tuple[SkippedRule, ...] = ()
    possible: tuple[str, ...] = field(default=())

    @property
    def enforced(self) -> bool:
        """Whether the flow is denied and the deny is applied, not only watched."""
        return self.verdict is PolicyVerdict.DENY and self.effect is Effect.BLOCKED
