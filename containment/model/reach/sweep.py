"""Cuts a line of numbers (addresses, ports) into stretches over which the same sets hold.

Each set is a union of ranges, both ends included; ranges of one set may overlap or touch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

Range = tuple[int, int]


def merged(ranges: Iterable[Range]) -> list[Range]:
    """Return the same numbers as disjoint ranges in order, none touching another."""
    out: list[Range] = []
    for low, high in sorted(ranges):
        if out and low <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return out


def complement(ranges: Iterable[Range], low: int, high: int) -> list[Range]:
    """Return the numbers from `low` to `high` that are in none of the ranges."""
    out, at = [], low
    for start, end in merged(ranges):
        out.append((at, min(start - 1, high)))
        at = max(at, end + 1)
    out.append((at, high))
    return [(start, end) for start, end in out if start <= end]


def stretches(sets: Sequence[Sequence[Range]], low: int, high: int) -> Iterator[tuple[int, int, int]]:
    """Yield (first, last, sets) from `low` to `high` without a gap; bit i of `sets` says that set i holds there."""
    flips: dict[int, int] = {}
    for index, ranges in enumerate(sets):
        bit = 1 << index
        for start, end in merged(ranges):
            flips[start] = flips.get(start, 0) ^ bit
            flips[end + 1] = flips.get(end + 1, 0) ^ bit
    at, holding = low, 0
    for place in sorted(flips):
        if place > high:
            break
        if place > at:
            yield at, place - 1, holding
            at = place
        holding ^= flips[place]
    yield at, high, holding
