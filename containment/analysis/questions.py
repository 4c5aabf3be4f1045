"""Questions about one policy: dead rules, permits ahead of denies, and whether a set of flows is reachable.

Every answer is exact over all flows of the given sources, under every reading and for any content of unknown groups: "no" is a
proof, "yes" comes with a witness.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

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
        self.ruleset, self.table = ruleset, Table([*boxes, *probes], sources, find_verifying_bits(ruleset))
        self.view = View(ruleset, self.table)

    def get_probe(self, index: int) -> int:
        """Return the bit of an extra box, by its position in `probes`."""
        return 1 << (len(self.ruleset.rules) + index)

    def find_dead_rules(self) -> list[DeadRule]:
        """Return every rule that never decides a flow, with its covering rules; disabled rules are left out."""
        deciding = {one.rule.name for one in self.view.get_outcomes() if one.rule is not None and self.table.find(one.need, one.avoid)}
        return [DeadRule(rule, self._find_covering(rule)) for rule in self.ruleset.rules if not rule.disabled and rule.name not in deciding]

    def _find_covering(self, rule: Rule) -> tuple[Rule, ...]:
        """Return a minimal set of earlier rules that together match all flows of a dead rule."""
        before = next(one for one in self.view.get_outcomes() if one.rule == rule).avoid & ~self.table.forged
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
        names = {rule.name for rule in asked}
        later = [rule for rule in self.ruleset.rules if rule.name in names and not rule.disabled]
        return [
            pair
            for outcome in self.view.get_outcomes()
            if outcome.rule is not None and outcome.permits
            for pair in self._find_ahead_of(outcome, outcome.rule, later)
        ]

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
        return self._find_deciding_rules(need, avoid, watched, permits=True)

    def find_denying_rules(self, need: int = 0, avoid: int = 0, watched: WatchReading = WatchReading.APPLIED) -> list[DecidingRule]:
        """Return every rule that denies flows of a set (see `find_permitting_rules`); an empty list proves that all are permitted."""
        return self._find_deciding_rules(need, avoid, watched, permits=False)

    def _find_deciding_rules(self, need: int, avoid: int, watched: WatchReading, *, permits: bool) -> list[DecidingRule]:
        return [
            DecidingRule(outcome.rule, witness)
            for outcome in self.view.get_outcomes(watched)
            if outcome.permits is permits and (witness := self.table.find(outcome.need | need, outcome.avoid | avoid))
        ]
