"""Gaps: times in which one kind of log has no line while another has traffic."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from containment.observe.evidence import Gap


def find_gaps(minutes: Iterable[Mapping[str, Any]], longest: timedelta) -> list[Gap]:
    """Return the gaps longer than a time, in order of time.

    The time before a log's first line and after its last one counts too.

    Args:
        minutes: Rows of `ask_minutes`.
        longest: The longest time without a line that is no gap.
    """
    by_source: dict[str, list[tuple[datetime, datetime]]] = {}
    for row in minutes:
        by_source.setdefault(row["source"], []).append((row["first"].astimezone(UTC), row["last"].astimezone(UTC)))
    if len(by_source) < 2:
        return []
    start = min(first for spans in by_source.values() for first, _ in spans)
    end = max(last for spans in by_source.values() for _, last in spans)
    found = []
    for source, spans in by_source.items():
        others = sorted(moment for other, times in by_source.items() if other != source for span in times for moment in span)
        ordered = sorted(spans)
        edges = [(start, start), *ordered, (end, end)]
        for (_, before), (after, _) in pairwise(edges):
            if after - before > longest and _has_traffic(others, before, after):
                found.append(make_gap(source, before, after))
    return sorted(found, key=lambda gap: (gap.start, gap.source))


def make_gap(source: str, start: datetime, end: datetime) -> Gap:
    """Return a gap of a source."""
    return Gap(source=source, start=start, end=end, seconds=max(0, int((end - start).total_seconds())))


def _has_traffic(moments: Sequence[datetime], start: datetime, end: datetime) -> bool:
    """Return whether some moment lies in a time, its ends included: another log's last line may be the window's end."""
    return bisect_left(moments, start) < bisect_right(moments, end)
