"""Lookups of a domain in a set of suffixes, label by label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet


def iterate_domains(name: str) -> Iterator[str]:
    """Yield a name and every domain above it, the longest first: a.b.c, b.c, c."""
    rest = name
    while rest:
        yield rest
        rest = rest.partition(".")[2]


def find_suffix(name: str, suffixes: AbstractSet[str]) -> str | None:
    """Return the longest suffix that is the name or a domain above it, None when there is none."""
    return next((domain for domain in iterate_domains(name) if domain in suffixes), None)


def collect_parents(suffixes: Iterable[str]) -> frozenset[str]:
    """Return every domain that has one of the suffixes strictly below it."""
    return frozenset(domain for suffix in suffixes for domain in iterate_domains(suffix.partition(".")[2]))
