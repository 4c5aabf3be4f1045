"""Facts about observed names from the catalog: the set that lists a name, and what makes the name more than an ordinary host."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from containment.catalog.catalog import CatalogSet, Entry
from containment.catalog.known_hosts import PatternIndex
from containment.catalog.preset import Library
from containment.names import DENY_GROUPS, WebGroupId
from containment.observe.evidence import Flag
from containment.patterns.domain import DomainPattern, parse_pattern
from containment.patterns.permitted_names.public_suffix import find_registrable_domain

_DENIED: Final = {
    WebGroupId.UNAPPROVED_MODELS: Flag.UNAPPROVED_MODEL,
    WebGroupId.DOH_RESOLVERS: Flag.DOH,
    WebGroupId.PASTE_AND_WEBHOOKS: Flag.PASTE_SITE,
}


@dataclass(frozen=True)
class NameFacts:
    """The registrable domain of a name, the catalog set that lists it, and its flags; an address has no facts."""

    registrable_domain: str
    catalog_set: str | None = None
    flags: tuple[Flag, ...] = ()


class NameIndex:
    """Facts of names from a library's catalog."""

    def __init__(self, library: Library, region: str) -> None:
        entries = ((found, entry) for found in library.sets.values() for entry in found.entries)
        self._index: PatternIndex[tuple[CatalogSet, Entry]] = PatternIndex(
            (entry.make_pattern(region), (found, entry)) for found, entry in entries
        )
        self.find_facts = functools.cache(self._find_facts)

    def _find_facts(self, name: str) -> NameFacts:
        if is_address(name):
            return NameFacts(name)
        pattern = parse_pattern(name)
        met = self._index.find_overlapping(pattern) if isinstance(pattern, DomainPattern) and pattern.is_exact else []
        met.sort(key=lambda one: one[0].web_group not in DENY_GROUPS)  # a set that denies the name is the one to name
        flags = {_DENIED[found.web_group] for found, _ in met if found.web_group in _DENIED}
        for _, entry in met:
            flags |= {
                flag
                for flag, is_set in (
                    (Flag.UPLOAD, entry.uploads),
                    (Flag.RELAY, entry.relays),
                    (Flag.MULTI_TENANT, entry.foreign_tenant),
                )
                if is_set
            }
        return NameFacts(find_registrable_domain(name), met[0][0].name if met else None, tuple(sorted(flags)))


def is_address(text: str) -> bool:
    """Return whether a destination is an address and not a name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
