"""Questions about one policy: dead rules, permits ahead of denies, and whether a set of flows is reachable.

Every answer is exact over all flows of the given sources, under every reading and for any content of unknown groups: "no" is a
proof, "yes" comes with a witness.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

from containment.analysis.classes.box import Box, build_box
from containment.analysis.classes.sources import ANYBODY, Sources
from containment.analysis.classes.table import Table, Witness, iterate_bits
from containment.analysis.classes.view import Outcome, View, WatchReading, find_verifying_bits
from containment.policy.rules import Rule, RuleSet


@dataclass(frozen=True, slots=True)
class DeadRule:
    """A rule that decides no flow: the rules before it, taken together, match all that it matches.

    `covering` is a minimal set of such rules, empty when the rule matches nothing at all. A rule is shadowed when some
    covering rule does the opposite, else merely redundant.
    """

    rule: Rule
    covering: tuple[Rule, ...]

    @property
    def is_shadowed(self) -> bool:
        """Whether some covering rule does the opposite of this rule."""
        return any(other.action.permits != self.rule.action.permits for other in self.covering)


@dataclass(frozen=True, slots=True)
class PrecedingPermit:
    """A permit that decides flows which a later deny matches; `witness` is one of them."""

    permit: Rule
    deny: Rule
    witness: Witness


@dataclass(frozen=True, slots=True)
class DecidingRule:
    """A rule (None: the default action) that decides flows of a set; `witness` is one of them."""

    rule: Rule | None
    witness: Witness


class Analysis:
    """Analysis of one policy for flows of `sources`; `probes` are extra boxes for questions to refer to."""

    def __init__(self, ruleset: RuleSet, sources: Iterable[Sources] = ANYBODY, probes: Sequence[Box] = ()) -> None:
        boxes = [build_box(ruleset, rule) for rule in ruleset.rules]
        self._start(ruleset, Table([*boxes, *probes], sources, find_verifying_bits(ruleset)))

    def _start(self, ruleset: RuleSet, table: Table) -> None:
        self.ruleset, self.table = ruleset, table
        self.view = View(ruleset, table)
        self._coverings: dict[str, tuple[Rule, ...]] = {}
        self._found: dict[tuple[int, int, WatchReading, bool], dict[int, Witness]] = {}
        self._pairs: dict[frozenset[str], list[PrecedingPermit]] = {}

    def prepare(self) -> None:
        """Build the indexes that the first incremental re-analysis would wait for."""
        _ = self.table.examples
        for watched in WatchReading:
            self.view.get_positions(watched)

    def get_probe(self, index: int) -> int:
        """Return the bit of an extra box, by its position in `probes`."""
        return 1 << (len(self.ruleset.rules) + index)

    def find_dead_rules(self) -> list[DeadRule]:
        """Return every rule that never decides a flow, with its covering rules; disabled rules are left out."""
        return [DeadRule(rule, self.find_covering(rule)) for rule in self.ruleset.rules if not rule.disabled and not self.alive[rule.name]]

    @cached_property
    def alive(self) -> dict[str, bool]:
        """Whether each enabled rule decides some flow, by name."""
        found: dict[str, bool] = {}
        for outcome in self.view.get_outcomes():
            if outcome.rule is not None:
                name = outcome.rule.name
                found[name] = found.get(name, False) or self.table.find(outcome.need, outcome.avoid) is not None
        return found

    def find_covering(self, rule: Rule) -> tuple[Rule, ...]:
        """Return a minimal set of earlier rules that together match all flows of a dead rule."""
        if rule.name not in self._coverings:
            first = next(one for one in self.view.get_outcomes() if one.rule is not None and one.rule.name == rule.name)
            self._coverings[rule.name] = self._find_covering(rule, first.avoid & ~self.table.forged)
        return self._coverings[rule.name]

    def _find_covering(self, rule: Rule, before: int) -> tuple[Rule, ...]:
        """Return a minimal set of the rules in `before` that together match all flows of a rule."""
        need = self.view.get_bit(rule)
        if self.table.find(need, 0) is None:
            return ()
        kept = before & self.table.find_meeting_boxes(self.view.numbers[rule.name])
        for box in iterate_bits(self.table.find_covering_boxes(need, kept)):
            return (self.ruleset.rules[box],)
        for box in reversed(list(iterate_bits(kept))):
            if self.table.find(need, kept & ~(1 << box)) is None:
                kept &= ~(1 << box)
        return tuple(self.ruleset.rules[box] for box in iterate_bits(kept))

    def find_preceding_permits(self, denies: Iterable[Rule] | None = None) -> list[PrecedingPermit]:
        """Return every pair of a permit and a later deny such that the permit decides flows that the deny matches.

        `denies` limits the search to some denies; without it, all denies count.
        """
        asked = (rule for rule in self.ruleset.rules if not rule.action.permits) if denies is None else denies
        names = frozenset(rule.name for rule in asked)
        if names not in self._pairs:
            self._pairs[names] = list(self._find_ahead(names))
        return list(self._pairs[names])

    def _find_ahead(self, names: frozenset[str]) -> Iterator[PrecedingPermit]:
        later = [rule for rule in self.ruleset.rules if rule.name in names and not rule.disabled]
        for outcome in self.view.get_outcomes():
            if outcome.rule is not None and outcome.permits:
                yield from self._find_ahead_of(outcome, outcome.rule, later)

    def _find_ahead_of(self, outcome: Outcome, permit: Rule, denies: Iterable[Rule]) -> Iterator[PrecedingPermit]:
        """Yield the denies, among those given, of which an earlier permit decides some flows."""
        meets = self.table.find_meeting_boxes(self.view.numbers[permit.name]) & ~outcome.avoid
        for deny in denies:
            place = self.view.numbers[deny.name]
            if meets >> place & 1 and (witness := self.table.find(outcome.need | 1 << place, outcome.avoid)):
                yield PrecedingPermit(permit, deny, witness)

    def find_permitting_rules(self, need: int = 0, avoid: int = 0, watched: WatchReading = WatchReading.APPLIED) -> list[DecidingRule]:
        """Return every rule that permits flows of a set; an empty list proves that none is permitted.

        Args:
            need: Boxes that contain the flows, as bits of probes or rules.
            avoid: Boxes that do not contain them, as bits of probes or rules.
            watched: The reading of watched rules.
        """
        return [DecidingRule(outcome.rule, witness) for outcome, witness in self._find_outcomes(need, avoid, watched, permits=True)]

    def find_denying_rules(self, need: int = 0, avoid: int = 0, watched: WatchReading = WatchReading.APPLIED) -> list[DecidingRule]:
        """Return every rule that denies flows of a set, as `ways_into` defines it; an empty list proves that all are permitted."""
        return [DecidingRule(outcome.rule, witness) for outcome, witness in self._find_outcomes(need, avoid, watched, permits=False)]

    def _find_outcomes(self, need: int, avoid: int, watched: WatchReading, *, permits: bool) -> Iterable[tuple[Outcome, Witness]]:
        outcomes = self.view.get_outcomes(watched)
        return [
            (outcomes[index], witness)
            for index, witness in sorted(self.find_witnesses(need, avoid, watched, permits).items(), key=itemgetter(0))
        ]

    def find_witnesses(self, need: int, avoid: int, watched: WatchReading, permits: bool) -> dict[int, Witness]:
        """Return a witness per outcome that permits (or denies) flows inside `need` and outside `avoid`, by the outcome's position."""
        key = (need, avoid, watched, permits)
        if key not in self._found:
            self._found[key] = self._find_all(*key)
        return self._found[key]

    def _find_all(self, need: int, avoid: int, watched: WatchReading, permits: bool) -> dict[int, Witness]:
        out = {}
        for index, outcome in enumerate(self.view.get_outcomes(watched)):
            if outcome.permits is permits and (witness := self.table.find(outcome.need | need, outcome.avoid | avoid)):
                out[index] = witness
        return out

    def find_decided_flow(self, rule: Rule) -> Witness | None:
        """Return a flow that a rule decides, None when there is none."""
        for outcome in self.view.get_outcomes():
            if outcome.rule == rule and (witness := self.table.find(outcome.need, outcome.avoid)):
                return witness
        return None
