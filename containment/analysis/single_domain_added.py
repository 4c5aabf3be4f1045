"""Detect the most common change: two subjects that differ only by one added exact name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from containment.analysis.subject import Subject
from containment.patterns.domain import DomainPattern


@dataclass(frozen=True, slots=True)
class AddedName:
    """One exact name, the WebGroups that gained it, and whether the approved names gained it."""

    name: str
    groups: frozenset[str]
    approved: bool


def find_added_name(before: Subject, after: Subject) -> AddedName | None:
    """Return the one name added in `after`; None when anything else differs, or nothing does."""
    old, new = before.ruleset, after.ruleset
    if (before.agents, before.mode, before.denied, before.own, before.resolvers) != (
        after.agents,
        after.mode,
        after.denied,
        after.own,
        after.resolvers,
    ):
        return None
    if (old.default_action, old.rules, old.smart_groups) != (new.default_action, new.rules, new.smart_groups):
        return None
    if {*old.web_groups} != {*new.web_groups}:
        return None
    changed = [name for name, group in old.web_groups.items() if group is not new.web_groups[name] and group != new.web_groups[name]]
    found: set[str] = set()
    for name in changed:
        one, two = old.web_groups[name], new.web_groups[name]
        if (one.urls, one.unsure) != (two.urls, two.unsure):
            return None
        found |= _find_added(one.patterns, two.patterns) or {""}
    shared = {id(old.web_groups[name]) for name in changed} & {id(group) for name, group in old.web_groups.items() if name not in changed}
    approved = set[str]() if before.approved == after.approved else _find_added(before.approved, after.approved) or {""}
    names = found | approved
    if not changed or shared or len(names) != 1 or not (name := names.pop()) or "*" in name:
        return None
    return AddedName(name, frozenset(changed), bool(approved))


def _find_added(one: Sequence[DomainPattern], two: Sequence[DomainPattern]) -> set[str] | None:
    """Return the names that only the second list has; None when the first has names that the second lacks."""
    held = {pattern.text for pattern in one}
    others = {pattern.text for pattern in two}
    return others - held if held <= others else None
