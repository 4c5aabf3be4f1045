"""Incremental re-analysis after adding one domain to some WebGroups.

Flows with other names are decided as before. Flows with the added name also match the rules whose groups gained it. An answer about
other rules and sets stays valid: it can only lose flows with that name, and no kept witness has the name. Only answers about rules and
sets that gained the name are computed again, by a search of the flows with that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from containment.analysis.classes.table import IncrementalTable, Witness, iterate_bits
from containment.analysis.classes.view import WatchReading
from containment.analysis.questions import Analysis, PrecedingPermit
from containment.policy.rules import Rule, RuleSet


class IncrementalAnalysis(Analysis):
    """The analysis of a rule set that differs from a known one by one exact name, which the boxes `gained` match too."""

    def __init__(self, known: Analysis, ruleset: RuleSet, name: str, gained: int) -> None:
        """Reuse `known`, whose rules must equal those of `ruleset` and whose `Table.examples` must not contain `name`."""
        assert name not in known.table.examples
        self._start(ruleset, IncrementalTable(known.table, name, gained))
        self.view = known.view
        self._known, self._gained = known, gained

    @cached_property
    def alive(self) -> dict[str, bool]:
        found = dict(self._known.alive)
        outcomes = self.view.get_outcomes()
        for outcome in (outcomes[index] for index in self._find_gaining(WatchReading.APPLIED)):
            assert outcome.rule is not None
            name = outcome.rule.name
            found[name] = found[name] or self.table.find(outcome.need, outcome.avoid) is not None
        return found

    def find_covering(self, rule: Rule) -> tuple[Rule, ...]:
        """Return a minimal set of earlier rules that together match all flows of a dead rule."""
        before = self._known.find_covering(rule)
        bits = self.view.get_bit(rule) | sum(map(self.view.get_bit, before))
        return super().find_covering(rule) if bits & self._gained else before

    def _find_ahead(self, names: frozenset[str]) -> Iterator[PrecedingPermit]:
        numbers, rules = self.view.numbers, self.ruleset.rules
        gained = {rules[box].name for box in iterate_bits(self._gained) if box < len(rules)}
        known = self._known.find_preceding_permits(rule for rule in self._known.ruleset.rules if rule.name in names)
        kept = [one for one in known if one.permit.name not in gained and one.deny.name not in gained]
        later = [rule for rule in rules if rule.name in names and not rule.disabled]
        places = self.view.get_positions(WatchReading.APPLIED)
        for deny in (rule for rule in later if rule.name in gained):
            for box in iterate_bits(self.table.find_meeting_boxes(numbers[deny.name]) & ~self._gained):
                kept += self._find_ahead_from(places.get(box, ()), [deny])
        for name in gained:
            kept += self._find_ahead_from(places.get(numbers[name], ()), later)
        yield from sorted(kept, key=lambda one: (numbers[one.permit.name], numbers[one.deny.name]))

    def _find_ahead_from(self, places: Iterable[int], denies: Sequence[Rule]) -> Iterator[PrecedingPermit]:
        outcomes = self.view.get_outcomes()
        for outcome in (outcomes[index] for index in places):
            if outcome.rule is not None and outcome.permits:
                yield from self._find_ahead_of(outcome, outcome.rule, denies)

    def _find_all(self, need: int, avoid: int, watched: WatchReading, permits: bool) -> dict[int, Witness]:
        found = dict(self._known.find_witnesses(need, avoid, watched, permits))
        outcomes = self.view.get_outcomes(watched)
        for index in range(len(outcomes)) if need & self._gained else self._find_gaining(watched):
            outcome = outcomes[index]
            if outcome.permits is permits:
                found.pop(index, None)
                if witness := self.table.find(outcome.need | need, outcome.avoid | avoid):
                    found[index] = witness
        return found

    def _find_gaining(self, watched: WatchReading) -> list[int]:
        places = self.view.get_positions(watched)
        return [index for box in iterate_bits(self._gained) for index in places.get(box, ())]
