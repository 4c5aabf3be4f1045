"""An internal API an agent may call by address: small private networks, named ports, an owner and a reason.

Owns the shape of one entry of `approvedInternalApis`. The permit has no name on the wire to check, so what it may cover
is kept narrow: networks no wider than the gateway rule's, a few ports, never DNS.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from containment.model.keys import Keys
from containment.model.names import DNS_PORT, Priority
from containment.model.ruleset import PortRange
from containment.model.values import PrivateCidrs, decoded, matching

MOST_APIS = Priority.INTERNAL_APIS_LAST - Priority.INTERNAL_APIS_FIRST + 1
"""One rule each, on priorities 42 to 49."""

WIDEST_RANGE = 100
"""Most ports one range may span: a service has a few, a scan has many."""


def _port_range(raw: Any) -> PortRange:
    low, _, high = (str(raw), "", "") if isinstance(raw, int) and not isinstance(raw, bool) else str(raw).strip().partition("-")
    if not low.isdecimal() or (high and not high.isdecimal()):
        raise ValueError("is not a port such as 8443, or a range such as 8000-8010")
    first, last = int(low), int(high or low)
    if not 1 <= first <= last <= 65535:
        raise ValueError("is not between 1 and 65535, lower port first")
    if last - first >= WIDEST_RANGE:
        raise ValueError(f"spans more than {WIDEST_RANGE} ports")
    if first <= DNS_PORT <= last:
        raise ValueError("holds port 53, which is denied ahead of this rule")
    return PortRange(first, last)


Ports = Annotated[
    tuple[Annotated[PortRange, BeforeValidator(_port_range)], ...], BeforeValidator(decoded), Field(min_length=1, max_length=64)
]
"""At most 64: what one rule may have (provider: `port_ranges`)."""


class InternalApiKeys(Keys):
    """One entry of `approvedInternalApis`, as people write it."""

    cidrs: Annotated[PrivateCidrs, Field(min_length=1)]
    ports: Ports
    owner: Annotated[str, Field(min_length=1)]
    reason: Annotated[str, Field(min_length=1)]


ApiName = Annotated[str, matching(r"[a-z][a-z0-9-]{0,19}", "at most 20 lower-case letters, digits and dashes, starting with a letter")]
InternalApis = Annotated[dict[ApiName, InternalApiKeys], BeforeValidator(decoded), Field(max_length=MOST_APIS)]


@dataclass(frozen=True, slots=True)
class InternalApi:
    """One internal API of a stack: what is permitted by address, and who answers for it."""

    name: str
    cidrs: tuple[IPv4Network, ...]
    ports: tuple[PortRange, ...]
    owner: str
    reason: str


def internal_apis(configured: dict[str, InternalApiKeys]) -> tuple[InternalApi, ...]:
    """Return the APIs of a configuration sorted by name, which is the order of their rules."""
    return tuple(
        InternalApi(name, tuple(sorted(found.cidrs)), tuple(sorted(found.ports, key=str)), found.owner, found.reason)
        for name, found in sorted(configured.items())
    )
