"""Questions about one policy: which rules never decide, which permit stands before a deny, can a set be reached at all.

Every answer is exact over all flows of the sources asked about, under every reading and whatever unknown groups hold; a
"no" is a proof, a "yes" comes with one flow that shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

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
        self._start(ruleset, Table([*boxes, *probes], sources, verifying_bits(ruleset)))

    def _start(self, ruleset: RuleSet, table: Table) -> None:
        self.ruleset, self.table = ruleset, table
        self.view = View(ruleset, table)
        self._coverings: dict[str, tuple[Rule, ...]] = {}
        self._found: dict[tuple[int, int, Watched, bool], dict[int, Witness]] = {}
        self._pairs: dict[frozenset[str], list[Ahead]] = {}

    def prepare(self) -> None:
        """Build now what the first question about one name more would wait for."""
        _ = self.table.examples
        for watched in Watched:
            self.view.places(watched)

    def probe(self, index: int) -> int:
        """Return the bit of an extra box."""
        return 1 << (len(self.ruleset.rules) + index)

    def dead_rules(self) -> list[DeadRule]:
        """Return every rule that never decides a flow, with what covers it; disabled rules are not asked about."""
        return [DeadRule(rule, self.covering(rule)) for rule in self.ruleset.rules if not rule.disabled and not self.alive[rule.name]]

    @cached_property
    def alive(self) -> dict[str, bool]:
        """Whether each rule that is not disabled decides some flow, by name."""
        found: dict[str, bool] = {}
        for outcome in self.view.outcomes():
            if outcome.rule is not None:
                name = outcome.rule.name
                found[name] = found.get(name, False) or self.table.find(outcome.need, outcome.avoid) is not None
        return found

    def covering(self, rule: Rule) -> tuple[Rule, ...]:
        """Return the rules before a dead rule that together match all it matches, none of which could be left out."""
        if rule.name not in self._coverings:
            first = next(one for one in self.view.outcomes() if one.rule is not None and one.rule.name == rule.name)
            self._coverings[rule.name] = self._covering(rule, first.avoid & ~self.table.forged)
        return self._coverings[rule.name]

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
        asked = (rule for rule in self.ruleset.rules if not rule.action.permits) if denies is None else denies
        names = frozenset(rule.name for rule in asked)
        if names not in self._pairs:
            self._pairs[names] = list(self._ahead(names))
        return list(self._pairs[names])

    def _ahead(self, names: frozenset[str]) -> Iterator[Ahead]:
        later = [rule for rule in self.ruleset.rules if rule.name in names and not rule.disabled]
        for outcome in self.view.outcomes():
            if outcome.rule is not None and outcome.permits:
                yield from self._ahead_of(outcome, outcome.rule, later)

    def _ahead_of(self, outcome: Outcome, permit: Rule, denies: Iterable[Rule]) -> Iterator[Ahead]:
        """Yield the denies among some that a permit stands before and takes flows of."""
        meets = self.table.meets(self.view.numbers[permit.name]) & ~outcome.avoid
        for deny in denies:
            place = self.view.numbers[deny.name]
            if meets >> place & 1 and (witness := self.table.find(outcome.need | 1 << place, outcome.avoid)):
                yield Ahead(permit, deny, witness)

    def ways_into(self, need: int = 0, avoid: int = 0, watched: Watched = Watched.APPLIED) -> list[Reached]:
        """Return every way a flow inside `need` and outside `avoid` (bits of probes or rules) is let through; none is a proof."""
        return [Reached(outcome.rule, witness) for outcome, witness in self._outcomes_in(need, avoid, watched, permits=True)]

    def ways_out(self, need: int = 0, avoid: int = 0, watched: Watched = Watched.APPLIED) -> list[Reached]:
        """Return every way a flow of such a set is denied; none proves that all of it is let through."""
        return [Reached(outcome.rule, witness) for outcome, witness in self._outcomes_in(need, avoid, watched, permits=False)]

    def _outcomes_in(self, need: int, avoid: int, watched: Watched, *, permits: bool) -> Iterable[tuple[Outcome, Witness]]:
        outcomes = self.view.outcomes(watched)
        return [
            (outcomes[index], witness) for index, witness in sorted(self.found(need, avoid, watched, permits).items(), key=itemgetter(0))
        ]

    def found(self, need: int, avoid: int, watched: Watched, permits: bool) -> dict[int, Witness]:
        """Return the outcomes that let through (or deny) flows inside `need` and outside `avoid`, by their place."""
        key = (need, avoid, watched, permits)
        if key not in self._found:
            self._found[key] = self._find_all(*key)
        return self._found[key]

    def _find_all(self, need: int, avoid: int, watched: Watched, permits: bool) -> dict[int, Witness]:
        out = {}
        for index, outcome in enumerate(self.view.outcomes(watched)):
            if outcome.permits is permits and (witness := self.table.find(outcome.need | need, outcome.avoid | avoid)):
                out[index] = witness
        return out

    def decides(self, rule: Rule) -> Witness | None:
        """Return a flow that a rule decides, None when there is none."""
        for outcome in self.view.outcomes():
            if outcome.rule == rule and (witness := self.table.find(outcome.need, outcome.avoid)):
                return witness
        return None
