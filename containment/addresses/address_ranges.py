"""Sets of addresses or ports as ranges: union, complement, intersection, size and segments.

A set is a union of ranges, both ends included; ranges of one set may overlap or touch. Networks are ranges of addresses of one version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Network, summarize_address_range

Range = tuple[int, int]


def merge_ranges(ranges: Iterable[Range]) -> list[Range]:
    """Merge ranges into disjoint, sorted ranges of which none touches another."""
    out: list[Range] = []
    for low, high in sorted(ranges):
        if out and low <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return out


def invert_ranges(ranges: Iterable[Range], low: int, high: int) -> list[Range]:
    """Return the numbers from `low` to `high` that are in none of the ranges."""
    out, at = [], low
    for start, end in merge_ranges(ranges):
        out.append((at, min(start - 1, high)))
        at = max(at, end + 1)
    out.append((at, high))
    return [(start, end) for start, end in out if start <= end]


def intersect_ranges(*sets: Iterable[Range]) -> list[Range]:
    """Return the numbers that are in every set, as disjoint ranges in order."""
    out, *others = map(merge_ranges, sets)
    for limits in others:
        out = [(max(low, start), min(high, end)) for low, high in out for start, end in limits if start <= high and low <= end]
    return out


def count_numbers(ranges: Iterable[Range]) -> int:
    """Count the distinct numbers of a set."""
    return sum(high - low + 1 for low, high in merge_ranges(ranges))


def get_range(network: IPv4Network | IPv6Network) -> Range:
    """Return the first and last address of a network, as numbers."""
    return int(network.network_address), int(network.broadcast_address)


def convert_to_networks(ranges: Iterable[Range]) -> list[IPv4Network]:
    """Return ranges of IPv4 addresses as networks."""
    return [network for low, high in ranges for network in summarize_address_range(IPv4Address(low), IPv4Address(high))]


def split_into_segments(sets: Sequence[Sequence[Range]], low: int, high: int) -> Iterator[tuple[int, int, int]]:
    """Split `low` to `high` into segments of constant membership.

    Yields (first, last, members) in order, without a gap; bit i of `members` is set when set i contains the segment.
    """
    flips: dict[int, int] = {}
    for index, ranges in enumerate(sets):
        bit = 1 << index
        for start, end in merge_ranges(ranges):
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
