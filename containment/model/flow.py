"""One flow, and what is decided about it: the types that predictions, packets and logs share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from containment.model.names import Protocol
from containment.model.ruleset import Address


class Application(StrEnum):
    """What a gateway sees in the first bytes: only TLS and HTTP can match a WebGroup (Aviatrix, egress WebGroups)."""

    TLS = "tls"
    HTTP = "http"
    OTHER = "other"


class Carrier(StrEnum):
    """What carries a flow when it is none of the protocols a rule can name (GRE, ESP, SCTP ...): only ANY matches it."""

    OTHER = "another protocol"


class Somewhere(StrEnum):
    """A destination whose exact address is not known; PUBLIC is any that the internet routes (IANA's special blocks are not)."""

    PUBLIC = "a public address"
    UNKNOWN = "an unknown address"


@dataclass(frozen=True, slots=True)
class Source:
    """Who opens the flow: its address and its cloud tags; None where not known."""

    address: Address | None
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """One connection or datagram as the gateway sees it.

    `server_name` is the TLS SNI or the HTTP Host, None when the client sends none; it is the client's own claim and is
    independent of `destination`. `port` is None for protocols without ports. `path` is the URL's path, None when not known.
    `forged` says that the server does not answer to `server_name`, which only a rule that verifies it notices.
    """

    source: Source
    destination: Address | Somewhere
    protocol: Protocol | Carrier
    port: int | None
    application: Application = Application.OTHER
    server_name: str | None = None
    path: str | None = None
    forged: bool = False

    def __str__(self) -> str:
        target = self.server_name or str(self.destination)
        return f"{self.protocol.value} {target}{'' if self.port is None else f':{self.port}'}"


class Verdict(StrEnum):
    """What the policy says; UNKNOWN when it depends on something not known or not documented."""

    PERMIT = "PERMIT"
    DENY = "DENY"
    UNKNOWN = "UNKNOWN"


class Effect(StrEnum):
    """What happens to the packets."""

    DELIVERED = "delivered"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A rule of higher precedence that did not decide, and why not."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one flow.

    `rule` is the deciding rule, None for the Controller's default action or when several rules may decide (`possible`
    then names them). `effect` is what happens with the rules as they are; `monitor_effect` and `enforce_effect` what
    would happen with every deny watched, or applied. `verdict` is the rule's word in both modes.
    """

    verdict: Verdict
    rule: str | None
    effect: Effect
    monitor_effect: Effect
    enforce_effect: Effect
    passed_over: tuple[PassedOver, ...] = ()
    possible: tuple[str, ...] = field(default=())

    @property
    def enforced(self) -> bool:
        """Whether a DENY is applied rather than only watched."""
        return self.verdict is Verdict.DENY and self.effect is Effect.BLOCKED
