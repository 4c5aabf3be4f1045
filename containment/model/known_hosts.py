"""What the catalog knows of each name a stack permits: whether strangers can store data there, and who else is behind it.

Compared by meaning: a wildcard is whatever some host under it is. A name no entry meets is not known, which is said and
never taken for harmless.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from containment.model.catalog import Entry
from containment.model.fqdn import DomainPattern, Match
from containment.model.preset import Library


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
    entries = [(entry.in_region(region), entry) for found in library.sets.values() for entry in found.entries]
    return tuple(_known(pattern, entries) for pattern in sorted(set(patterns)))


def meets(one: DomainPattern, two: DomainPattern) -> bool:
    """Tell whether some name is, or may be, matched by both."""
    return one == two or (not (one.is_exact and two.is_exact) and one.overlaps(two) is not Match.NO)


def _known(pattern: DomainPattern, entries: Iterable[tuple[DomainPattern, Entry]]) -> KnownHost:
    met = [entry for other, entry in entries if meets(pattern, other)]
    return KnownHost(
        pattern,
        bool(met),
        any(entry.uploads for entry in met),
        any(entry.relays for entry in met),
        any(entry.foreign_tenant for entry in met),
    )
