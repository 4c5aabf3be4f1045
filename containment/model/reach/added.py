"""Tells whether two subjects differ in nothing but one exact name more, the commonest change there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from containment.model.fqdn import DomainPattern
from containment.model.reach.subject import Subject


@dataclass(frozen=True, slots=True)
class Added:
    """One exact name, the WebGroups that gained it, and whether it is among the approved names now."""

    name: str
    groups: frozenset[str]
    approved: bool


def added_name(before: Subject, after: Subject) -> Added | None:
    """Return the one name that is more in `after`; None where anything else differs too, or nothing does."""
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
        found |= _more(one.patterns, two.patterns) or {""}
    shared = {id(old.web_groups[name]) for name in changed} & {id(group) for name, group in old.web_groups.items() if name not in changed}
    approved = set[str]() if before.approved == after.approved else _more(before.approved, after.approved) or {""}
    names = found | approved
    if not changed or shared or len(names) != 1 or not (name := names.pop()) or "*" in name:
        return None
    return Added(name, frozenset(changed), bool(approved))


def _more(one: Sequence[DomainPattern], two: Sequence[DomainPattern]) -> set[str] | None:
    """Return the names that are more in the second; None when the first has some that it lacks."""
    held = {pattern.text for pattern in one}
    others = {pattern.text for pattern in two}
    return others - held if held <= others else None
