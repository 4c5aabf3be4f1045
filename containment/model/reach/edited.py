"""One name more in a policy that was already asked about: the same questions, answered anew only where the answer can change.

Flows that do not say the name are decided as before. Of those that do, more match the rules whose groups gained it, and
nothing else does: a question about another rule, and not about a set that gained it, can only lose flows of that name, and
no kept witness says it. So every answer is kept but those about what gained, which are asked of the flows of one name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from containment.model.reach.analysis import Ahead, Analysis
from containment.model.reach.table import Edited, Witness, bits_of
from containment.model.reach.view import Watched
from containment.model.ruleset import Rule, RuleSet


class EditedAnalysis(Analysis):
    """The analysis of `ruleset`, which differs from another's in one exact name that the boxes `gained` hold too."""

    def __init__(self, known: Analysis, ruleset: RuleSet, name: str, gained: int) -> None:
        """`name` must not stand for a class in `known` (`Table.examples`), and `ruleset` have equal rules."""
        assert name not in known.table.examples
        self._start(ruleset, Edited(known.table, name, gained))
        self.view = known.view
        self._known, self._gained = known, gained

    @cached_property
    def alive(self) -> dict[str, bool]:
        found = dict(self._known.alive)
        outcomes = self.view.outcomes()
        for outcome in (outcomes[index] for index in self._gaining(Watched.APPLIED)):
            assert outcome.rule is not None
            name = outcome.rule.name
            found[name] = found[name] or self.table.find(outcome.need, outcome.avoid) is not None
        return found

    def covering(self, rule: Rule) -> tuple[Rule, ...]:
        """Return the rules before a dead rule that together match all it matches, none of which could be left out."""
        before = self._known.covering(rule)
        bits = self.view.bit(rule) | sum(map(self.view.bit, before))
        return super().covering(rule) if bits & self._gained else before

    def _ahead(self, names: frozenset[str]) -> Iterator[Ahead]:
        numbers, rules = self.view.numbers, self.ruleset.rules
        gained = {rules[box].name for box in bits_of(self._gained) if box < len(rules)}
        known = self._known.permits_ahead(rule for rule in self._known.ruleset.rules if rule.name in names)
        kept = [one for one in known if one.permit.name not in gained and one.deny.name not in gained]
        later = [rule for rule in rules if rule.name in names and not rule.disabled]
        places = self.view.places(Watched.APPLIED)
        for deny in (rule for rule in later if rule.name in gained):
            for box in bits_of(self.table.meets(numbers[deny.name]) & ~self._gained):
                kept += self._ahead_from(places.get(box, ()), [deny])
        for name in gained:
            kept += self._ahead_from(places.get(numbers[name], ()), later)
        yield from sorted(kept, key=lambda one: (numbers[one.permit.name], numbers[one.deny.name]))

    def _ahead_from(self, places: Iterable[int], denies: Sequence[Rule]) -> Iterator[Ahead]:
        outcomes = self.view.outcomes()
        for outcome in (outcomes[index] for index in places):
            if outcome.rule is not None and outcome.permits:
                yield from self._ahead_of(outcome, outcome.rule, denies)

    def _find_all(self, need: int, avoid: int, watched: Watched, permits: bool) -> dict[int, Witness]:
        found = dict(self._known.found(need, avoid, watched, permits))
        outcomes = self.view.outcomes(watched)
        for index in range(len(outcomes)) if need & self._gained else self._gaining(watched):
            outcome = outcomes[index]
            if outcome.permits is permits:
                found.pop(index, None)
                if witness := self.table.find(outcome.need | need, outcome.avoid | avoid):
                    found[index] = witness
        return found

    def _gaining(self, watched: Watched) -> list[int]:
        places = self.view.places(watched)
        return [index for box in bits_of(self._gained) for index in places.get(box, ())]
