"""Exchanges: units of traffic between an agent and an LLM endpoint.

Logs have no requests. The gateway's L7 log has sessions with bytes each way; VPC flow logs and FlowIQ have records, which are joined while
they begin within a minute; an L4 line counts both directions together; the resolver has queries without bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

from containment.observe.reading.decision_row import Source

_JOINED: Final = timedelta(seconds=60)
"""Records of one pair that begin within this time are one exchange: the shortest aggregation interval of VPC flow logs."""

PREFERENCE: Final = (Source.GATEWAY_L7, Source.FLOWIQ, Source.VPC_FLOW, Source.GATEWAY_L4)
"""Logs with exchanges; the first that has any of a pair is used, so that no exchange is counted twice."""


class Unit(StrEnum):
    """What one exchange of a log is."""

    SESSION = "session"
    MINUTE = "records of one minute"


UNITS: Final[Mapping[Source, Unit]] = {
    Source.GATEWAY_L7: Unit.SESSION,
    Source.GATEWAY_L4: Unit.SESSION,
    Source.FLOWIQ: Unit.MINUTE,
    Source.VPC_FLOW: Unit.MINUTE,
}


class Exchange(NamedTuple):
    """One exchange: its beginning, and bytes each way, None where the log has none."""

    time: datetime
    bytes_out: int | None
    bytes_in: int | None


class Pair(NamedTuple):
    """An agent's address and the LLM endpoint that it contacts."""

    agent: str
    endpoint: str


@dataclass
class PairTraffic:
    """The traffic of one pair: exchanges by kind of log in order of time, refused flows, and queries of the name."""

    exchanges: dict[Source, list[Exchange]] = field(default_factory=dict)
    refused: int = 0
    queries: int = 0
    days: set[str] = field(default_factory=set)
    """UTC days with a refused flow or a query."""

    def choose_source(self) -> Source | None:
        """Return the best kind of log that has exchanges."""
        return next((one for one in PREFERENCE if self.exchanges.get(one)), None)


def collect_exchanges(rows: Iterable[Mapping[str, Any]]) -> dict[Pair, PairTraffic]:
    """Return the traffic of each pair from rows of `ask_exchanges`, in their order."""
    found: dict[Pair, PairTraffic] = {}
    for row in rows:
        traffic = found.setdefault(Pair(row["agent"], row["endpoint"]), PairTraffic())
        moment = row["time"].astimezone(UTC)
        if row["denied"]:
            traffic.refused += 1
            traffic.days.add(moment.date().isoformat())
            continue
        source = Source(row["source"])
        both_ways = source is Source.GATEWAY_L4
        one = Exchange(moment, None if both_ways else row["bytes_out"], None if both_ways else row["bytes_in"])
        _append(traffic.exchanges.setdefault(source, []), one, is_joined=bool(row["single"]))
    return found


def _append(found: list[Exchange], one: Exchange, *, is_joined: bool) -> None:
    """Append an exchange, or add it to the last one where the log has records and not flows."""
    if is_joined and found and one.time - found[-1].time < _JOINED:
        last = found[-1]
        found[-1] = Exchange(last.time, _add(last.bytes_out, one.bytes_out), _add(last.bytes_in, one.bytes_in))
    else:
        found.append(one)


def _add(one: int | None, two: int | None) -> int | None:
    return two if one is None else one if two is None else one + two
