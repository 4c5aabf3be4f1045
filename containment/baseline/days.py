"""Features of exchanges: sizes, ratios, gaps and hours, per day where a rule compares days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise

from containment.baseline.exchanges import Exchange
from containment.baseline.statistics import find_longest_run
from containment.baseline.thresholds import Thresholds


@dataclass(frozen=True)
class Day:
    """The exchanges of one pair on one UTC day, in order of time."""

    date: date
    exchanges: tuple[Exchange, ...]

    def sum_bytes_out(self) -> int | None:
        """Return the bytes to the endpoint; None if no exchange has any."""
        sizes = [one.bytes_out for one in self.exchanges if one.bytes_out is not None]
        return sum(sizes) if sizes else None

    def count_hours(self) -> tuple[int, ...]:
        """Return the number of exchanges by hour."""
        found = [0] * 24
        for one in self.exchanges:
            found[one.time.hour] += 1
        return tuple(found)

    def find_run(self, thresholds: Thresholds) -> tuple[int, float]:
        """Return the longest run of nearly equal gaps, and their median in seconds."""
        return find_longest_run(list_gaps(self.exchanges), thresholds.run_tolerance, thresholds.shortest_gap_seconds)


def split_days(exchanges: Iterable[Exchange]) -> list[Day]:
    """Return the exchanges by UTC day."""
    ordered = sorted(exchanges, key=lambda one: (one.time, one.bytes_out or 0, one.bytes_in or 0))
    return [Day(day, tuple(found)) for day, found in groupby(ordered, lambda one: one.time.date())]


def list_gaps(exchanges: Sequence[Exchange]) -> list[float]:
    """Return the seconds between the beginnings of consecutive exchanges."""
    return [(two.time - one.time).total_seconds() for one, two in pairwise(exchanges)]


def list_sizes(exchanges: Iterable[Exchange]) -> tuple[list[int], list[int]]:
    """Return the request sizes and the response sizes that the log has."""
    known = tuple(exchanges)
    out = [one.bytes_out for one in known if one.bytes_out is not None]
    return out, [one.bytes_in for one in known if one.bytes_in is not None]


def find_ratio(one: Exchange) -> float | None:
    """Return the bytes out divided by the bytes in, where none counts as one byte; None if a direction is not in the log."""
    if one.bytes_out is None or one.bytes_in is None:
        return None
    return max(one.bytes_out, 1) / max(one.bytes_in, 1)
