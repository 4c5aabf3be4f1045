"""Catalog flags of each name that a stack permits: uploads, relays, and hosts shared with other tenants.

Names are compared by overlap: a wildcard has the flags of every host that it matches. A name that overlaps no entry is reported as
unlisted and never treated as harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from containment.catalog.catalog import Entry
from containment.catalog.preset import Library
from containment.patterns.domain import DomainPattern
from containment.ternary import Ternary

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True, order=True)
class KnownHost:
    """One permitted name with the flags of all catalog entries that it overlaps; `listed` is False when there are none."""

    pattern: DomainPattern
    listed: bool
    uploads: bool
    relays: bool
    foreign_tenant: bool


def find_known_hosts(patterns: Iterable[DomainPattern], library: Library, region: str) -> tuple[KnownHost, ...]:
    """Return the catalog flags of each pattern, sorted and without repeats."""
    listed = PatternIndex((entry.make_pattern(region), entry) for found in library.sets.values() for entry in found.entries)
    return tuple(_merge_entries(pattern, listed.find_overlapping(pattern)) for pattern in sorted(set(patterns)))


def has_overlap(one: DomainPattern, two: DomainPattern) -> bool:
    """Return whether some name is, or may be, matched by both patterns."""
    return one == two or (not (one.is_exact and two.is_exact) and one.overlaps(two) is not Ternary.NO)


class PatternIndex(Generic[Thing]):
    """Index of values by pattern: exact names are looked up, wildcards are compared one by one."""

    def __init__(self, things: Iterable[tuple[DomainPattern, Thing]]) -> None:
        self._all = tuple(things)
        self._exact: dict[DomainPattern, list[int]] = {}
        self._wild: list[int] = []
        for place, (pattern, _) in enumerate(self._all):
            if pattern.is_exact:
                self._exact.setdefault(pattern, []).append(place)
            else:
                self._wild.append(place)

    def find_overlapping(self, pattern: DomainPattern) -> list[Thing]:
        """Return the values whose patterns overlap a pattern, in the order given."""
        if not pattern.is_exact:
            return [thing for other, thing in self._all if has_overlap(pattern, other)]
        met = [place for place in self._wild if has_overlap(pattern, self._all[place][0])]
        return [self._all[place][1] for place in sorted([*self._exact.get(pattern, ()), *met])]


def _merge_entries(pattern: DomainPattern, met: Sequence[Entry]) -> KnownHost:
    return KnownHost(
        pattern,
        bool(met),
        any(entry.uploads for entry in met),
        any(entry.relays for entry in met),
        any(entry.foreign_tenant for entry in met),
    )
