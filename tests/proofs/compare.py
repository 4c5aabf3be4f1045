"""One generated policy, asked everything, and every answer compared with exhaustive enumeration."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace

from containment.model.decide import decide
from containment.model.flow import Verdict
from containment.model.reach.analysis import Analysis
from containment.model.reach.box import Box, box_of
from containment.model.reach.difference import Change, are_equal, differences
from containment.model.reach.table import Witness
from containment.model.reach.view import Watched
from containment.model.ruleset import Rule, RuleSet
from tests.proofs.exhaustive import Universe, decided
from tests.proofs.generate import Style, change, make, style_of
from tests.proofs.solver import Solver, any_of, deciding, first


@dataclass
class Case:
    """A policy, one that differs a little, a question, and what enumeration says."""

    ruleset: RuleSet
    other: RuleSet
    question: tuple[RuleSet, Rule]
    style: Style

    @property
    def box(self) -> Box:
        return box_of(*self.question)


def case_of(seed: int) -> Case:
    """Return the case of a seed."""
    rng = random.Random(seed)
    style = style_of(rng)
    ruleset = make(rng, style)
    asked = make(rng, Style(1, unknown=0.0, watched=0.0, unsure=0.0))
    rule = replace(asked.rules[0], disabled=False)
    return Case(ruleset, change(rng, ruleset, style), (asked, rule), style)


def check(case: Case) -> None:
    """Raise AssertionError where the analyser and the enumeration differ."""
    ruleset, other = case.ruleset, case.other
    deciding: set[str] = set()
    ahead: set[tuple[str, str]] = set()
    into: dict[str, set[str | None]] = {name: set() for name in Watched.__members__}
    out_of: set[str | None] = set()
    changed: set[tuple[Change, str | None, str | None]] = set()
    size = len(ruleset.rules)
    for matching, forged in Universe(ruleset, other, extra=[case.question]).cells():
        rule, permitted = decided(ruleset, matching, forged, "APPLIED")
        new_rule, new_permitted = decided(other, matching, forged, "APPLIED", size)
        if rule is not None:
            deciding.add(rule)
        if permitted and rule is not None:
            at = next(index for index, one in enumerate(ruleset.rules) if one.name == rule)
            for index in range(at + 1, size):
                deny = ruleset.rules[index]
                if matching >> index & 1 and not deny.action.permits and not deny.disabled:
                    ahead.add((rule, deny.name))
        if matching >> (size + len(other.rules)) & 1:
            (into["APPLIED"] if permitted else out_of).add(rule)
            for reading in ("ENDS", "FALLS"):
                name, through = decided(ruleset, matching, forged, reading)
                if through:
                    into[reading].add(name)
        if permitted != new_permitted:
            changed.add((Change.NEWLY_ALLOWED if new_permitted else Change.NEWLY_DENIED, rule, new_rule))
        elif rule != new_rule:
            changed.add((Change.RELABELLED, rule, new_rule))
    _compare(case, deciding, ahead, into, out_of, changed)


def _compare(case: Case, deciding, ahead, into, out_of, changed) -> None:  # type: ignore[no-untyped-def]
    ruleset = case.ruleset
    analysis = Analysis(ruleset, probes=[case.box])
    dead = analysis.dead_rules()
    alive = {rule.name for rule in ruleset.rules if not rule.disabled}
    assert {one.rule.name for one in dead} == alive - deciding
    for one in dead:
        _covering_is_right(analysis, one.rule, one.covering)
    found = analysis.permits_ahead()
    assert {(one.permit.name, one.deny.name) for one in found} == ahead
    for one in found:
        _confirmed(ruleset, one.witness, one.permit.name, permits=True)
    for reading in Watched:
        ways = analysis.ways_into(analysis.probe(0), watched=reading)
        assert {way.rule.name if way.rule else None for way in ways} == into[reading.name], reading
        for way in ways if reading is Watched.APPLIED else ():
            _confirmed(ruleset, way.witness, way.rule.name if way.rule else None, permits=True)
    denied = analysis.ways_out(analysis.probe(0))
    assert {way.rule.name if way.rule else None for way in denied} == out_of
    for way in denied:
        _confirmed(ruleset, way.witness, way.rule.name if way.rule else None, permits=False)
    differs = differences(ruleset, case.other)
    assert {(one.change, one.before and one.before.name, one.after and one.after.name) for one in differs} == changed
    assert are_equal(ruleset, case.other) == all(kind is Change.RELABELLED for kind, _, _ in changed)
    for one in differs:
        _confirmed(ruleset, one.witness, one.before.name if one.before else None, permits=one.change is Change.NEWLY_DENIED or None)
        _confirmed(case.other, one.witness, one.after.name if one.after else None, permits=one.change is Change.NEWLY_ALLOWED or None)
    assert differences(ruleset, ruleset) == []


def _covering_is_right(analysis: Analysis, rule: Rule, covering: Iterable[Rule]) -> None:
    """Covering rules come before, leave nothing of the rule over, and none of them can be left out."""
    order = [one.name for one in analysis.ruleset.rules]
    bits = [analysis.view.bit(one) for one in covering]
    need = analysis.view.bit(rule)
    assert all(order.index(one.name) < order.index(rule.name) and not one.disabled for one in covering)
    assert analysis.table.find(need, sum(bits)) is None
    assert all(analysis.table.find(need, sum(bits) - bit) is not None for bit in bits)


def _confirmed(ruleset: RuleSet, witness: Witness, rule: str | None, *, permits: bool | None) -> None:
    """The plain evaluation gives a witness the same rule and verdict, or names the rule as one of the possible."""
    decision = decide(ruleset, witness.flow)
    if decision.possible:
        assert (rule or "default action") in decision.possible
        assert permits is None or decision.verdict in (Verdict.UNKNOWN, Verdict.PERMIT if permits else Verdict.DENY)
    else:
        assert decision.rule == rule
        assert permits is None or decision.verdict is (Verdict.PERMIT if permits else Verdict.DENY)


def check_with_solver(case: Case) -> None:
    """Raise AssertionError where the analyser and z3 differ: dead rules, the question, and whether a change opens or closes anything."""
    ruleset, other = case.ruleset, case.other
    solver = Solver([(one, rule) for one in (ruleset, other) for rule in one.rules] + [case.question])
    size = len(ruleset.rules)
    alive = {rule.name for rule in ruleset.rules if not rule.disabled}
    analysis = Analysis(ruleset, probes=[case.box])
    assert {one.rule.name for one in analysis.dead_rules()} == alive - deciding(ruleset, solver)
    old = first(ruleset, solver.matches[:size], solver.forged)
    new = first(other, solver.matches[size:-1], solver.forged)
    ways = {name for name, permits, facts in old if permits and solver.can(*facts, solver.matches[-1])}
    assert {way.rule and way.rule.name for way in analysis.ways_into(analysis.probe(0))} == ways
    found = {one.change for one in differences(ruleset, other)}
    for change_, was in ((Change.NEWLY_ALLOWED, False), (Change.NEWLY_DENIED, True)):
        before = any_of(facts for _, permits, facts in old if permits is was)
        after = any_of(facts for _, permits, facts in new if permits is not was)
        assert solver.can(before, after) == (change_ in found), change_
