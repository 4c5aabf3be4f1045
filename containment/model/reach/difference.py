"""What changed between two policies: flows newly allowed, newly denied, and decided by another rule, each with a witness.

Only rules that differ, or that moved past one that stayed, can change an outcome; everything else is proved equal
without being looked at. Rules are the same when they match and do the same, whatever they are called.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from containment.model.reach.box import box_of
from containment.model.reach.sources import ANYBODY, Sources
from containment.model.reach.table import Table, Witness
from containment.model.reach.view import Outcome, View, Watched, verifying_bits
from containment.model.ruleset import PUBLIC_INTERNET, Rule, RuleSet


class Change(StrEnum):
    """What became of a flow."""

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


def differences(
    before: RuleSet,
    after: RuleSet,
    sources: Iterable[Sources] = ANYBODY,
    watched: Watched = Watched.APPLIED,
) -> list[Difference]:
    """Return every change of outcome, the newly allowed first; an empty list proves that the two policies are equal."""
    found = list(_differences(before, after, sources, watched))
    return sorted(found, key=lambda one: [*Change].index(one.change))


def _differences(before: RuleSet, after: RuleSet, sources: Iterable[Sources], watched: Watched) -> Iterator[Difference]:
    same = _unchanged(before, after)
    same_default = before.default_action.permits == after.default_action.permits
    if len(same) == len(before.rules) == len(after.rules) and same_default:
        return
    shift = len(before.rules)
    boxes = [box_of(before, rule) for rule in before.rules] + [box_of(after, rule) for rule in after.rules]
    table = Table(boxes, sources, verifying_bits(before) | verifying_bits(after, shift))
    old, new = View(before, table), View(after, table, shift)
    kept = _Kept({before.rules[one].name for one, _ in same}, {after.rules[two].name for _, two in same}, same_default)
    for one in old.outcomes(watched):
        for two in new.outcomes(watched):
            if kept.cannot_change(one, two):
                continue
            if one.rule and two.rule and not table.meets(old.numbers[one.rule.name]) >> new.numbers[two.rule.name] & 1:
                continue
            if witness := table.find(one.need | two.need, one.avoid | two.avoid):
                yield Difference(_change(one, two), one.rule, two.rule, witness)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The rules that stayed as they were and in their order, by name on each side, and whether the default action did."""

    old: set[str]
    new: set[str]
    default: bool

    def cannot_change(self, one: Outcome, two: Outcome) -> bool:
        """Tell whether two outcomes are no change, or cannot meet.

        Where a rule that stayed decided before, every rule that stayed and decides after would have decided before.
        """
        if one.permits == two.permits and _name(one) == _name(two):
            return True
        stayed_old = one.rule.name in self.old if one.rule else self.default
        stayed_new = two.rule.name in self.new if two.rule else self.default
        return stayed_old and stayed_new


def _name(outcome: Outcome) -> str | None:
    return outcome.rule.name if outcome.rule else None


def _change(one: Outcome, two: Outcome) -> Change:
    if one.permits == two.permits:
        return Change.RELABELLED
    return Change.NEWLY_ALLOWED if two.permits else Change.NEWLY_DENIED


def _unchanged(before: RuleSet, after: RuleSet) -> list[tuple[int, int]]:
    """Return pairs of rules that match and do the same and stand in the same order: as many as there are by name."""
    places = {rule.name: index for index, rule in enumerate(after.rules)}
    pairs = [
        (index, places[rule.name])
        for index, rule in enumerate(before.rules)
        if rule.name in places and _same(before, rule, after, after.rules[places[rule.name]])
    ]
    return _longest_in_order(pairs)


def _same(before: RuleSet, one: Rule, after: RuleSet, two: Rule) -> bool:
    """Tell whether two rules match and do the same."""
    return (
        (one.action.permits, one.protocol, one.ports, one.watch, one.disabled, one.tls_required, one.verify_sni, one.decrypts)
        == (two.action.permits, two.protocol, two.ports, two.watch, two.disabled, two.tls_required, two.verify_sni, two.decrypts)
        and _members(before, one.sources) == _members(after, two.sources)
        and _members(before, one.destinations) == _members(after, two.destinations)
        and _names(before, one.web_groups) == _names(after, two.web_groups)
    )


def _members(ruleset: RuleSet, names: Iterable[str]) -> list[object]:
    return [group if group == PUBLIC_INTERNET else group.selectors for group in (ruleset.smart_groups[name] for name in names)]


def _names(ruleset: RuleSet, names: Iterable[str]) -> list[object]:
    return [(group.patterns, group.urls, group.unsure) for group in (ruleset.web_groups[name] for name in names)]


def _longest_in_order(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return a longest run of pairs whose second numbers rise (patience sorting)."""
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


def are_equal(before: RuleSet, after: RuleSet, sources: Iterable[Sources] = ANYBODY, watched: Watched = Watched.APPLIED) -> bool:
    """Tell whether two policies let the same flows through, whichever rules decide."""
    return all(one.change is Change.RELABELLED for one in differences(before, after, sources, watched))
