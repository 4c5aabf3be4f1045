"""Differences between two policies: flows newly allowed, newly denied or decided by another rule, each with a witness.

Only rules that differ, or that moved past an unchanged rule, can change an outcome; everything else is proved equal without a
search. Two rules with one name are equal if they match the same flows and have the same action, whatever the names of their groups.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from containment.analysis.classes.box import build_box
from containment.analysis.classes.sources import ANYBODY, Sources
from containment.analysis.classes.table import Table, Witness
from containment.analysis.classes.view import Outcome, View, WatchReading, find_verifying_bits
from containment.policy.rules import PUBLIC_INTERNET, Rule, RuleSet


class Change(StrEnum):
    """Change of the outcome of a flow."""

    NEWLY_ALLOWED = "newly allowed"
    NEWLY_DENIED = "newly denied"
    RELABELLED = "decided by another rule"


@dataclass(frozen=True, slots=True)
class Difference:
    """Flows whose outcome changed from rule `before` to rule `after` (None: the default action); `witness` is one of them."""

    change: Change
    before: Rule | None
    after: Rule | None
    witness: Witness

    @property
    def names(self) -> tuple[str, str]:
        """The names of the deciding rules, before and after."""
        return self.before.name if self.before else "default action", self.after.name if self.after else "default action"


def find_differences(
    before: RuleSet,
    after: RuleSet,
    sources: Iterable[Sources] = ANYBODY,
    watched: WatchReading = WatchReading.APPLIED,
) -> list[Difference]:
    """Return every change of outcome, newly allowed flows first; an empty list proves that the two policies are equal.

    Args:
        before: The old policy.
        after: The new policy.
        sources: Origins of the flows to compare.
        watched: The reading of watched rules.
    """
    found = list(_generate_differences(before, after, sources, watched))
    return sorted(found, key=lambda one: [*Change].index(one.change))


def _generate_differences(before: RuleSet, after: RuleSet, sources: Iterable[Sources], watched: WatchReading) -> Iterator[Difference]:
    same = _find_unchanged(before, after)
    same_default = before.default_action.permits == after.default_action.permits
    if len(same) == len(before.rules) == len(after.rules) and same_default:
        return
    shift = len(before.rules)
    boxes = [build_box(before, rule) for rule in before.rules] + [build_box(after, rule) for rule in after.rules]
    table = Table(boxes, sources, find_verifying_bits(before) | find_verifying_bits(after, shift))
    old, new = View(before, table), View(after, table, shift)
    kept = _UnchangedRules({before.rules[one].name for one, _ in same}, {after.rules[two].name for _, two in same}, same_default)
    for one in old.get_outcomes(watched):
        for two in new.get_outcomes(watched):
            if kept.is_unchanged(one, two):
                continue
            if one.rule and two.rule and not table.find_meeting_boxes(old.numbers[one.rule.name]) >> new.numbers[two.rule.name] & 1:
                continue
            if witness := table.find(one.need | two.need, one.avoid | two.avoid):
                yield Difference(_determine_change(one, two), one.rule, two.rule, witness)


@dataclass(frozen=True, slots=True)
class _UnchangedRules:
    """The unchanged rules in unchanged order, by name on each side, and whether the default action is unchanged."""

    old: set[str]
    new: set[str]
    default: bool

    def is_unchanged(self, one: Outcome, two: Outcome) -> bool:
        """Return whether two outcomes are no change, or cannot belong to one flow.

        Two different unchanged rules cannot decide one flow, because their order is the same before and after.
        """
        if one.permits == two.permits and _get_name(one) == _get_name(two):
            return True
        stayed_old = one.rule.name in self.old if one.rule else self.default
        stayed_new = two.rule.name in self.new if two.rule else self.default
        return stayed_old and stayed_new


def _get_name(outcome: Outcome) -> str | None:
    return outcome.rule.name if outcome.rule else None


def _determine_change(one: Outcome, two: Outcome) -> Change:
    if one.permits == two.permits:
        return Change.RELABELLED
    return Change.NEWLY_ALLOWED if two.permits else Change.NEWLY_DENIED


def _find_unchanged(before: RuleSet, after: RuleSet) -> list[tuple[int, int]]:
    """Return pairs of positions of equal rules with the same name and in the same order: as many as there are."""
    places = {rule.name: index for index, rule in enumerate(after.rules)}
    pairs = [
        (index, places[rule.name])
        for index, rule in enumerate(before.rules)
        if rule.name in places and _is_same_rule(before, rule, after, after.rules[places[rule.name]])
    ]
    return _find_longest_in_order(pairs)


def _is_same_rule(before: RuleSet, one: Rule, after: RuleSet, two: Rule) -> bool:
    """Return whether two rules match and do the same."""
    return (
        (one.action.permits, one.protocol, one.ports, one.watch, one.disabled, one.tls_required, one.verify_sni, one.decrypts)
        == (two.action.permits, two.protocol, two.ports, two.watch, two.disabled, two.tls_required, two.verify_sni, two.decrypts)
        and _collect_members(before, one.sources) == _collect_members(after, two.sources)
        and _collect_members(before, one.destinations) == _collect_members(after, two.destinations)
        and _collect_names(before, one.web_groups) == _collect_names(after, two.web_groups)
    )


def _collect_members(ruleset: RuleSet, names: Iterable[str]) -> list[object]:
    return [group if group == PUBLIC_INTERNET else group.selectors for group in (ruleset.smart_groups[name] for name in names)]


def _collect_names(ruleset: RuleSet, names: Iterable[str]) -> list[object]:
    return [(group.patterns, group.urls, group.unsure) for group in (ruleset.web_groups[name] for name in names)]


def _find_longest_in_order(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return a longest subsequence of pairs whose second numbers increase (patience sorting)."""
    tails: list[int] = []
    ends: list[int] = []
    back: list[int | None] = []
    for index, (_, second) in enumerate(pairs):
        at = bisect_left(tails, second)
        back.append(ends[at - 1] if at else None)
        tails[at : at + 1] = [second]
        ends[at : at + 1] = [index]
    out = []
    place = ends[-1] if ends else None
    while place is not None:
        out.append(pairs[place])
        place = back[place]
    return out[::-1]


def is_equivalent(
    before: RuleSet, after: RuleSet, sources: Iterable[Sources] = ANYBODY, watched: WatchReading = WatchReading.APPLIED
) -> bool:
    """Return whether two policies let the same flows through, whichever rules decide."""
    return all(one.change is Change.RELABELLED for one in find_differences(before, after, sources, watched))
