"""Rules of one policy over a table: their order, and the conditions under which each of them decides.

Readings of `watch`: APPLIED evaluates every rule as if enforced; ENDS lets a watched match through and stops; FALLS skips
watched rules. The last two are possible behavior of a gateway today, because Aviatrix documents neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from containment.analysis.classes.table import Table
from containment.policy.rules import Rule, RuleSet


class WatchReading(StrEnum):
    """Reading of a watched rule."""

    APPLIED = "as if enforced"
    ENDS = "a watched match is let through"
    FALLS = "a watched match goes on to the next rule"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A set of flows that one rule decides: those in all of `need` and none of `avoid`; `rule` None is the default action."""

    rule: Rule | None
    need: int
    avoid: int
    permits: bool

    @property
    def name(self) -> str:
        """The rule's name, or `default action`."""
        return self.rule.name if self.rule else "default action"


class View:
    """The rules of one policy in a table: rule i is box `first + i`."""

    def __init__(self, ruleset: RuleSet, table: Table, first: int = 0) -> None:
        self.ruleset, self.table, self.first = ruleset, table, first
        self._outcomes: dict[WatchReading, Sequence[Outcome]] = {}
        self._places: dict[WatchReading, dict[int, list[int]]] = {}

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The box of each rule, by name."""
        return {rule.name: self.first + index for index, rule in enumerate(self.ruleset.rules)}

    def get_bit(self, rule: Rule) -> int:
        """Return the bit of a rule's box."""
        return 1 << self.numbers[rule.name]

    def get_outcomes(self, watched: WatchReading = WatchReading.APPLIED) -> Sequence[Outcome]:
        """Return the outcomes of all rules in order; together they contain all flows, and no flow is in two."""
        if watched not in self._outcomes:
            self._outcomes[watched] = tuple(self._build_outcomes(watched))
        return self._outcomes[watched]

    def get_positions(self, watched: WatchReading) -> dict[int, list[int]]:
        """Return the positions of each rule's outcomes in `outcomes`, by its box."""
        if watched not in self._places:
            found: dict[int, list[int]] = {}
            for index, outcome in enumerate(self.get_outcomes(watched)):
                if outcome.rule is not None:
                    found.setdefault(self.numbers[outcome.rule.name], []).append(index)
            self._places[watched] = found
        return self._places[watched]

    def _build_outcomes(self, watched: WatchReading) -> Sequence[Outcome]:
        out: list[Outcome] = []
        before = 0
        for index, rule in enumerate(self.ruleset.rules):
            if rule.disabled or (rule.watch and watched is WatchReading.FALLS):
                continue
            bit = 1 << (self.first + index)
            let = rule.watch and watched is WatchReading.ENDS
            if rule.verify_sni and rule.action.permits and not let:
                out.append(Outcome(rule, bit, before | self.table.forged, True))
                out.append(Outcome(rule, bit | self.table.forged, before, False))
            else:
                out.append(Outcome(rule, bit, before, let or rule.action.permits))
            before |= bit
        out.append(Outcome(None, 0, before, self.ruleset.default_action.permits))
        return out


def find_verifying_bits(ruleset: RuleSet, first: int = 0) -> int:
    """Return the boxes of rules that verify server names."""
    return sum(1 << (first + index) for index, rule in enumerate(ruleset.rules) if rule.verify_sni and rule.action.permits)
