"""Questions about one policy: which rules never decide, which permit stands before a deny, can a set be reached at all.

Every answer is exact over all flows of the sources asked about, under every reading and whatever unknown groups hold; a
"no" is a proof, a "yes" comes with one flow that shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from containment.model.reach.box import Box, box_of
from containment.model.reach.sources import ANYBODY, Sources
from containment.model.reach.table import Table, Witness, bits_of
from containment.model.reach.view import Outcome, View, Watched, verifying_bits
from containment.model.ruleset import Rule, RuleSet


@dataclass(frozen=True, slots=True)
class DeadRule:
    """A rule that decides no flow: the rules before it, taken together, match all that it matches.

    `covering` leaves out none that is needed; it is empty when the rule matches nothing at all. A rule is shadowed when
    some covering rule does the opposite, else merely redundant.
    """

    rule: Rule
    covering: tuple[Rule, ...]

    @property
    def is_shadowed(self) -> bool:
        """Whether what the rule says would have been another thing than what is done."""
        return any(other.action.permits != self.rule.action.permits for other in self.covering)


@dataclass(frozen=True, slots=True)
class Ahead:
    """A permit that decides flows which a later deny names: `witness` is one."""

    permit: Rule
    deny: Rule
    witness: Witness


@dataclass(frozen=True, slots=True)
class Reached:
    """A way into a set of flows: the rule (None: the default action) that lets `witness` through."""

    rule: Rule | None
    witness: Witness


class Analysis:
    """One policy, for flows of `sources`, with any number of extra boxes to ask about."""

    def __init__(self, ruleset: RuleSet, sources: Iterable[Sources] = ANYBODY, probes: Sequence[Box] = ()) -> None:
        boxes = [box_of(ruleset, rule) for rule in ruleset.rules]
        self.ruleset = ruleset
        self.table = Table([*boxes, *probes], sources, verifying_bits(ruleset))
        self.view = View(ruleset, self.table)
        self._probes = len(boxes)

    def probe(self, index: int) -> int:
        """Return the bit of an extra box."""
        return 1 << (self._probes + index)

    def dead_rules(self) -> list[DeadRule]:
        """Return every rule that never decides a flow, with what covers it; disabled rules are not asked about."""
        deciding: dict[str, bool] = {}
        avoid: dict[str, int] = {}
        for outcome in self.view.outcomes():
            if outcome.rule is None:
                continue
            name = outcome.rule.name
            avoid.setdefault(name, outcome.avoid & ~self.table.forged)
            deciding[name] = deciding.get(name, False) or self.table.find(outcome.need, outcome.avoid) is not None
        dead = [rule for rule in self.ruleset.rules if deciding.get(rule.name) is False]
        return [DeadRule(rule, self._covering(rule, avoid[rule.name])) for rule in dead]

    def _covering(self, rule: Rule, before: int) -> tuple[Rule, ...]:
        """Return earlier rules that together match all a rule matches, without one that could be left out."""
        need = self.view.bit(rule)
        if self.table.find(need, 0) is None:
            return ()
        kept = before & self.table.meets(self.view.numbers[rule.name])
        for box in bits_of(self.table.covers_alone(need, kept)):
            return (self.ruleset.rules[box],)
        for box in reversed(list(bits_of(kept))):
            if self.table.find(need, kept & ~(1 << box)) is None:
                kept &= ~(1 << box)
        return tuple(self.ruleset.rules[box] for box in bits_of(kept))

    def permits_ahead(self, denies: Iterable[Rule] | None = None) -> list[Ahead]:
        """Return every pair of a permit and a later deny such that the permit decides flows the deny names.

        `denies` limits the question to some denies; without it, all are asked about.
        """
        wanted = {rule.name for rule in self.ruleset.rules if not rule.action.permits} if denies is None else {rule.name for rule in denies}
        numbers = self.view.numbers
        later = [rule for rule in self.ruleset.rules if rule.name in wanted and not rule.disabled]
        out = []
        for outcome in self.view.outcomes():
            if outcome.rule is None or not outcome.permits:
                continue
            meets = self.table.meets(numbers[outcome.rule.name])
            for deny in later:
                if numbers[deny.name] <= numbers[outcome.rule.name] or not meets >> numbers[deny.name] & 1:
                    continue
                if witness := self.table.find(outcome.need | self.view.bit(deny), outcome.avoid):
                    out.append(Ahead(outcome.rule, deny, witness))
        return out

    def ways_into(self, need: int = 0, avoid: int = 0, watched: Watched = Watched.APPLIED) -> list[Reached]:
        """Return every way a flow inside `need` and outside `avoid` (bits of probes or rules) is let through; none is a proof."""
        return [Reached(outcome.rule, witness) for outcome, witness in self._outcomes_in(need, avoid, watched, permits=True)]

    def ways_out(self, need: int = 0, avoid: int = 0, watched: Watched = Watched.APPLIED) -> list[Reached]:
        """Return every way a flow of such a set is denied; none proves that all of it is let through."""
        return [Reached(outcome.rule, witness) for outcome, witness in self._outcomes_in(need, avoid, watched, permits=False)]

    def _outcomes_in(self, need: int, avoid: int, watched: Watched, *, permits: bool) -> Iterable[tuple[Outcome, Witness]]:
        for outcome in self.view.outcomes(watched):
            if outcome.permits is permits and (witness := self.table.find(outcome.need | need, outcome.avoid | avoid)):
                yield outcome, witness

    def decides(self, rule: Rule) -> Witness | None:
        """Return a flow that a rule decides, None when there is none."""
        for outcome in self.view.outcomes():
            if outcome.rule is rule and (witness := self.table.find(outcome.need, outcome.avoid)):
                return witness
        return None
