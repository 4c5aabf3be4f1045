"""An internal API that an agent may call by address: small private networks, ports, an owner and a reason.

Defines the format of one entry of `approvedInternalApis`. The permit has no name on the wire to check, so it must be narrow: networks no
wider than those of the model gateways' rule, a few ports, never DNS.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from containment.addresses.port_range import PortRange
from containment.config.keys.key import Keys
from containment.config.pulumi_format.unquoted_values import Day
from containment.config.values import PrivateCidrs, decode_json, make_name_fix, make_text_validator
from containment.fixes.unfit_value import NO_VALUE, UnfitError
from containment.names import DNS_PORT, Priority

MOST_APIS = Priority.INTERNAL_APIS_LAST - Priority.INTERNAL_APIS_FIRST + 1
"""The most APIs of a stack: one rule per API, on priorities 42 to 49."""

HIGHEST_PORT = 65535

PORTS_BY_NAME = {"https": 443, "http": 80, "postgresql": 5432, "postgres": 5432, "mysql": 3306, "redis": 6379, "ldaps": 636, "amqps": 5671}
"""Ports of services that are often written by name (IANA service names; PostgreSQL and Redis as their documentation has them)."""

WIDEST_RANGE = 100
"""The most ports that one range may span: a service has few, a scan many."""


def _parse_port_range(raw: Any) -> PortRange:
    low, _, high = (str(raw), "", "") if isinstance(raw, int) and not isinstance(raw, bool) else str(raw).strip().partition("-")
    low, high = low.strip(), high.strip()
    if not low.isdecimal() or (high and not high.isdecimal()):
        known = PORTS_BY_NAME.get(str(raw).strip().lower())
        fix = f"write {known}" if known else "write a port such as 8443, or a range such as 8000-8010"
        raise UnfitError("is not a port such as 8443, or a range such as 8000-8010", fix, known or NO_VALUE)
    first, last = int(low), int(high or low)
    if not 1 <= first <= last <= HIGHEST_PORT:
        ends = sorted(min(max(one, 1), HIGHEST_PORT) for one in (first, last))
        near = str(ends[0]) if ends[0] == ends[1] else f"{ends[0]}-{ends[1]}"
        raise UnfitError(f"is not between 1 and {HIGHEST_PORT}, lower port first", f"write {near}", near)
    if last - first >= WIDEST_RANGE:
        near = f"{first}-{first + WIDEST_RANGE - 1}"
        raise UnfitError(f"spans more than {WIDEST_RANGE} ports", f"write the ports of the service alone, {near} at most")
    if first <= DNS_PORT <= last:
        parts = [one for one in (_format_span(first, DNS_PORT - 1), _format_span(DNS_PORT + 1, last)) if one]
        fix = f"write {' and '.join(parts)}" if parts else "remove it: agents use the VPC's resolver"
        raise UnfitError("contains port 53, which is denied ahead of this rule", fix)
    return PortRange(first, last)


def _format_span(first: int, last: int) -> str:
    return "" if first > last else str(first) if first == last else f"{first}-{last}"


Ports = Annotated[
    tuple[Annotated[PortRange, BeforeValidator(_parse_port_range)], ...], BeforeValidator(decode_json), Field(min_length=1, max_length=64)
]
"""At most 64, the limit of one rule (provider: `port_ranges`)."""


class InternalApiKeys(Keys):
    """One entry of `approvedInternalApis`, as a stack file has it."""

    cidrs: Annotated[PrivateCidrs, Field(min_length=1)]
    ports: Ports
    owner: Annotated[str, Field(min_length=1)]
    reason: Annotated[str, Field(min_length=1)]
    function: Annotated[str, Field(min_length=1)] | None = None
    until: Day | None = None
    ticket: Annotated[str, Field(min_length=1)] | None = None


ApiName = Annotated[
    str,
    make_text_validator(
        r"[a-z][a-z0-9-]{0,19}", "at most 20 lower-case letters, digits and dashes, starting with a letter", make_name_fix(1, 20)
    ),
]
InternalApis = Annotated[dict[ApiName, InternalApiKeys], BeforeValidator(decode_json), Field(max_length=MOST_APIS)]


@dataclass(frozen=True, slots=True)
class InternalApi:
    """One internal API of a stack: the networks and ports that are permitted, the owner and the reason."""

    name: str
    cidrs: tuple[IPv4Network, ...]
    ports: tuple[PortRange, ...]
    owner: str
    reason: str


def build_internal_apis(configured: dict[str, InternalApiKeys]) -> tuple[InternalApi, ...]:
    """Return the APIs of a configuration sorted by name, which is the order of their rules."""
    return tuple(
        InternalApi(name, tuple(sorted(found.cidrs)), tuple(sorted(found.ports, key=str)), found.owner, found.reason)
        for name, found in sorted(configured.items())
    )
