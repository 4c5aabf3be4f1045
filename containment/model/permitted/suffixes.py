"""Lookups of a domain in a set of suffixes, label by label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet


def domains_of(name: str) -> Iterator[str]:
    """Yield a name and every domain above it, the longest first: a.b.c, b.c, c."""
    rest = name
    while rest:
        yield rest
        rest = rest.partition(".")[2]


def suffix_in(name: str, suffixes: AbstractSet[str]) -> str | None:
    """Return the longest suffix that is the name itself or a domain above it, None when there is none."""
    return next((domain for domain in domains_of(name) if domain in suffixes), None)


def parents_of(suffixes: Iterable[str]) -> frozenset[str]:
    """Return every domain that has one of the suffixes strictly below it."""
    return frozenset(domain for suffix in suffixes for domain in domains_of(suffix.partition(".")[2]))
