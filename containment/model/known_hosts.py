"""What the catalog knows of each name a stack permits: whether strangers can store data there, and who else is behind it.

Compared by meaning: a wildcard is whatever some host under it is. A name no entry meets is not known, which is said and
never taken for harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from containment.model.catalog import Entry
from containment.model.fqdn import DomainPattern, Match
from containment.model.preset import Library

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True, order=True)
class KnownHost:
    """One permitted name with the flags of every catalog entry it meets; `listed` is False when it meets none."""

    pattern: DomainPattern
    listed: bool
    uploads: bool
    relays: bool
    foreign_tenant: bool


def known_hosts(patterns: Iterable[DomainPattern], library: Library, region: str) -> tuple[KnownHost, ...]:
    """Return what is known of each pattern, sorted, each once."""
    listed = Meeting((entry.in_region(region), entry) for found in library.sets.values() for entry in found.entries)
    return tuple(_known(pattern, listed.of(pattern)) for pattern in sorted(set(patterns)))


def meets(one: DomainPattern, two: DomainPattern) -> bool:
    """Tell whether some name is, or may be, matched by both."""
    return one == two or (not (one.is_exact and two.is_exact) and one.overlaps(two) is not Match.NO)


class Meeting(Generic[Thing]):
    """Things by pattern, to be asked which of them a pattern meets: exact names are looked up, wildcards tried one by one."""

    def __init__(self, things: Iterable[tuple[DomainPattern, Thing]]) -> None:
        self._all = tuple(things)
        self._exact: dict[DomainPattern, list[int]] = {}
        self._wild: list[int] = []
        for place, (pattern, _) in enumerate(self._all):
            if pattern.is_exact:
                self._exact.setdefault(pattern, []).append(place)
            else:
                self._wild.append(place)

    def of(self, pattern: DomainPattern) -> list[Thing]:
        """Return what a pattern meets, in the order given."""
        if not pattern.is_exact:
            return [thing for other, thing in self._all if meets(pattern, other)]
        met = [place for place in self._wild if meets(pattern, self._all[place][0])]
        return [self._all[place][1] for place in sorted([*self._exact.get(pattern, ()), *met])]


def _known(pattern: DomainPattern, met: Sequence[Entry]) -> KnownHost:
    return KnownHost(
        pattern,
        bool(met),
        any(entry.uploads for entry in met),
        any(entry.relays for entry in met),
        any(entry.foreign_tenant for entry in met),
    )
