"""LLM endpoints: the names that count as model traffic, from the catalog and from options."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Final

from containment.catalog.known_hosts import PatternIndex
from containment.catalog.preset import Library
from containment.errors import InputError, Problem
from containment.fixes.texts import extract_host
from containment.names import WebGroupId
from containment.patterns.domain import DomainPattern, parse_pattern

MODEL_GROUPS: Final = (WebGroupId.UNAPPROVED_MODELS, WebGroupId.MODEL_GATEWAYS)
"""The WebGroups whose catalog sets list LLM endpoints."""
NAMED_BY_OPTION: Final = "option"
"""The set of an endpoint that an option names."""


class ModelEndpoints:
    """Index of LLM endpoints by name; a name of several sets is of the set that denies it."""

    def __init__(self, library: Library, region: str = "us-east-1", named: Iterable[str] = ()) -> None:
        sets = sorted(
            (one for one in library.sets.values() if one.web_group in MODEL_GROUPS), key=lambda one: MODEL_GROUPS.index(one.web_group)
        )
        listed = [(entry.make_pattern(region), one.name) for one in sets for entry in one.entries]
        added = [(pattern, NAMED_BY_OPTION) for pattern in _parse_names(named)]
        self._index: PatternIndex[str] = PatternIndex([*listed, *added])
        self.find_set = functools.cache(self._find_set)

    def _find_set(self, name: str) -> str | None:
        """Return the set that lists a name; None for a name that is no LLM endpoint."""
        pattern = parse_pattern(name)
        if pattern is None or not pattern.is_exact:
            return None
        return next(iter(self._index.find_overlapping(pattern)), None)


def _parse_names(names: Iterable[str]) -> list[DomainPattern]:
    """Return the patterns of names; raises InputError with every name that is none."""
    found, problems = list[DomainPattern](), list[Problem]()
    for name in names:
        try:
            found.append(DomainPattern.parse(name))
        except ValueError as error:
            host = extract_host(name)
            fix = f"write --endpoint {host}" if host else "write one host, such as models.example.com"
            problems.append(Problem(f"--endpoint {name}", f"is no domain ({error})", "its traffic would not be found", fix))
    if problems:
        raise InputError("endpoints cannot be used", problems)
    return found
