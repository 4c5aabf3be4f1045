"""One generated policy, asked everything, and every answer compared with exhaustive enumeration."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Any

from containment.addresses.port_range import PortRange
from containment.analysis.classes.box import EVERYWHERE, Box, build_box
from containment.analysis.classes.sources import ANYBODY, Sources
from containment.analysis.classes.table import Table, Witness, iterate_bits
from containment.analysis.classes.view import WatchReading
from containment.analysis.difference import Change, find_differences, is_equivalent
from containment.analysis.incremental_analysis import IncrementalAnalysis
from containment.analysis.questions import Analysis
from containment.names import Protocol
from containment.patterns.domain import DomainPattern
from containment.policy.first_match import decide
from containment.policy.flow import PolicyVerdict
from containment.policy.rules import Rule, RuleSet, WebGroup
from tests.proofs.exhaustive import NAMES, Universe, decided
from tests.proofs.generate import NETWORKS, PATTERNS, TAGS, Style, change, make, style_of
from tests.proofs.solver import Solver, any_of, deciding, first
from tests.proofs.witnessed import matching, rule_matches


@dataclass
class Case:
    """A policy, one that differs a little, a question, whom it is about, and how it was made."""

    ruleset: RuleSet
    other: RuleSet
    question: tuple[RuleSet, Rule]
    sources: tuple[Sources, ...]
    style: Style

    @property
    def box(self) -> Box:
        return build_box(*self.question)


def case_of(seed: int) -> Case:
    """Return the case of a seed."""
    rng = random.Random(seed)
    style = style_of(rng)
    ruleset = make(rng, style)
    asked = make(rng, Style(1, unknown=0.0, watched=0.0, unsure=0.0))
    rule = replace(asked.rules[0], disabled=False)
    other = change(rng, ruleset, style)
    return Case(ruleset, other, (asked, rule), some_sources(rng), style)


def some_sources(rng: random.Random) -> tuple[Sources, ...]:
    """Return whom a question is about: anybody, or one or two kinds of flows by network, by exact tags, or both."""
    if rng.random() < 0.4:
        return ANYBODY
    found = []
    for _ in range(rng.randint(1, 2)):
        networks = tuple(ip_network(text) for text in rng.sample(NETWORKS, rng.randint(1, 2))) if rng.random() < 0.7 else None
        found.append(Sources(networks, rng.choice([{}, *TAGS]) if rng.random() < 0.6 else None))
    return tuple(found)


ANYTHING = Box((EVERYWHERE,), (EVERYWHERE,))
"""A second question, about every flow."""

Readings = dict[Any, int]
"""Answers, each with the readings of `*.x` it holds in (1: apex out, 2: apex in; 4 and 8: without any unknown taken to hold)."""


@dataclass
class Listed:
    """What enumeration says of a case."""

    cells: dict[tuple[int, bool], int]
    deciding: Readings = field(default_factory=dict)
    ahead: Readings = field(default_factory=dict)
    into: dict[str, Readings] = field(default_factory=lambda: {name: {} for name in WatchReading.__members__})
    out_of: Readings = field(default_factory=dict)
    changed: Readings = field(default_factory=dict)
    today: Readings = field(default_factory=dict)


def check(case: Case) -> None:
    """Raise AssertionError where the analyser and the enumeration differ."""
    listed = listed_of(case)
    _compare_questions(case, listed, Analysis(case.ruleset, case.sources, probes=[case.box, ANYTHING]))
    _compare_changes(case, listed)


APEXES = ("*.b", "b", "*.a.b", "a.b", "x.a.b", "*.a", "a")
assert {*APEXES} <= {*PATTERNS}, "the listed names tell apart what is among PATTERNS"


def named_case(seed: int) -> Case:
    """Return a small case of rules that differ in little but names, so that names decide and rules cover each other."""
    rng = random.Random(f"named {seed}")
    style = Style(rng.randint(2, 6), unknown=0.0, watched=0.2, web=1.0, verify=rng.choice([0.0, 0.3]), unsure=rng.choice([0.0, 0.1, 0.5]))
    ruleset = make(rng, style)
    if rng.random() < 0.5:
        names = {key: {DomainPattern(rng.choice(APEXES)) for _ in range(rng.randint(1, 3))} for key in ruleset.web_groups}
        web = {key: WebGroup(key, tuple(sorted(patterns))) for key, patterns in names.items()}
        ruleset = RuleSet(ruleset.rules, ruleset.smart_groups, web, ruleset.default_action)
    first = (next(iter(ruleset.web_groups)),)
    rules = tuple(_alike(rule, rule.web_groups or first) if rng.random() < 0.8 else rule for rule in ruleset.rules)
    ruleset = RuleSet(rules, ruleset.smart_groups, ruleset.web_groups, ruleset.default_action)
    asked = make(rng, replace(style, rules=1, unsure=0.0))
    return Case(ruleset, change(rng, ruleset, style), (asked, replace(asked.rules[0], disabled=False)), ANYBODY, style)


def _alike(rule: Rule, web_groups: tuple[str, ...]) -> Rule:
    everywhere = ("anywhere",)
    return replace(
        rule, sources=everywhere, destinations=everywhere, protocol=Protocol.TCP, ports=(PortRange(443, 443),), web_groups=web_groups
    )


def check_edits(case: Case, seed: int) -> int:
    """Raise AssertionError where answers kept over one more name and the enumeration differ; return how many names were tried."""
    rng = random.Random(seed)
    known = Analysis(case.ruleset, case.sources, probes=[case.box, ANYTHING])
    _compare_questions(case, listed_of(case), known)
    tried = 0
    for _ in range(6 if case.style.web == 1.0 else 3):
        name = rng.choice(NAMES)
        if name in known.table.examples:
            continue
        tried += 1
        chosen = frozenset(rng.sample([*case.ruleset.web_groups], rng.randint(1, len(case.ruleset.web_groups))))
        asked, rule = case.question
        also = bool(rule.web_groups) and rng.random() < 0.5
        edited = replace(case, ruleset=_with_name(case.ruleset, chosen, name))
        if also:
            edited = replace(edited, question=(_with_name(asked, frozenset(rule.web_groups), name), rule))
        gained = sum(1 << index for index, one in enumerate(case.ruleset.rules) if chosen & {*one.web_groups})
        gained |= 1 << len(case.ruleset.rules) if also else 0
        anew = IncrementalAnalysis(known, edited.ruleset, name, gained)
        _compare_questions(edited, listed_of(edited), anew)
        _kept_what_gained_nothing(known, anew, gained)
    return tried


def _kept_what_gained_nothing(known: Analysis, anew: Analysis, gained: int) -> None:
    """What is said of rules that gained nothing, and was asked before, is not asked again."""
    touched = {rule.name for index, rule in enumerate(anew.ruleset.rules) if gained >> index & 1}
    for dead in anew.find_dead_rules():
        if touched.isdisjoint({dead.rule.name, *(rule.name for rule in known.find_covering(dead.rule))}):
            assert dead.covering is known.find_covering(dead.rule)
    before, after = known.find_witnesses(0, 0, WatchReading.APPLIED, True), anew.find_witnesses(0, 0, WatchReading.APPLIED, True)
    for index, outcome in enumerate(anew.view.get_outcomes()):
        if outcome.rule is not None and outcome.rule.name not in touched:
            assert before.get(index) is after.get(index)


@contextmanager
def asking_little() -> Iterator[None]:
    """Fail where a table is asked for flows of boxes that never meet, or in and out of one box: bits alone answer that."""
    find = Table.find

    def checked(table: Table, need: int, avoid: int) -> Witness | None:
        boxes = [box for box in iterate_bits(need) if box < len(table.boxes)]
        assert all(table.find_meeting_boxes(one) >> two & 1 for one, two in itertools.combinations(boxes, 2))
        assert not any(avoid >> box & 1 for box in boxes)
        return find(table, need, avoid)

    Table.find = checked  # type: ignore[method-assign]
    try:
        yield
    finally:
        Table.find = find  # type: ignore[method-assign]


def _with_name(ruleset: RuleSet, groups: frozenset[str], name: str) -> RuleSet:
    web = dict(ruleset.web_groups)
    for key in groups:
        web[key] = replace(web[key], patterns=tuple({*web[key].patterns, DomainPattern(name)}))
    return RuleSet(ruleset.rules, ruleset.smart_groups, web, ruleset.default_action)


def listed_of(case: Case) -> Listed:
    """Return what enumeration says of a case."""
    ruleset, other = case.ruleset, case.other
    asked = [(one.networks, one.tags) for one in case.sources]
    listed = Listed(Universe(ruleset, other, extra=[case.question], sources=asked).cells())
    size = len(ruleset.rules)
    for (held, forged), readings in listed.cells.items():
        rule, permitted = decided(ruleset, held, forged, "APPLIED")
        after = decided(other, held, forged, "APPLIED", size)
        _add(listed.deciding, rule, readings)
        if permitted and rule is not None:
            at = next(index for index, one in enumerate(ruleset.rules) if one.name == rule)
            for index in range(at + 1, size):
                deny = ruleset.rules[index]
                if held >> index & 1 and not deny.action.permits and not deny.disabled:
                    _add(listed.ahead, (rule, deny.name), readings)
        if held >> (size + len(other.rules)) & 1:
            _add(listed.into["APPLIED"] if permitted else listed.out_of, rule, readings)
            for reading in ("ENDS", "FALLS"):
                name, through = decided(ruleset, held, forged, reading)
                if through:
                    _add(listed.into[reading], name, readings)
        _changed(listed.changed, (rule, permitted), after, readings)
        _changed(listed.today, decided(ruleset, held, forged, "FALLS"), decided(other, held, forged, "FALLS", size), readings)
    return listed


def _add(answers: Readings, key: object, readings: int) -> None:
    answers[key] = answers.get(key, 0) | readings


def _changed(answers: Readings, before: tuple[str | None, bool], after: tuple[str | None, bool], readings: int) -> None:
    if before[1] != after[1]:
        _add(answers, (Change.NEWLY_ALLOWED if after[1] else Change.NEWLY_DENIED, before[0], after[0]), readings)
    elif before[0] != after[0]:
        _add(answers, (Change.RELABELLED, before[0], after[0]), readings)


def _compare_questions(case: Case, listed: Listed, analysis: Analysis) -> None:
    ruleset, probe = case.ruleset, len(case.ruleset.rules)
    dead = analysis.find_dead_rules()
    alive = {rule.name for rule in ruleset.rules if not rule.disabled}
    assert {one.rule.name for one in dead} == alive - {*listed.deciding}
    for one in dead:
        _covering_is_right(ruleset, one.rule, one.covering, listed)
        assert one.is_shadowed == any(other.action.permits is not one.rule.action.permits for other in one.covering)
    for rule in ruleset.rules:
        found = analysis.find_decided_flow(rule)
        assert (found is not None) == (rule.name in listed.deciding)
        if found:
            _confirmed(case, ruleset, found, rule.name, permits=None)
    with asking_little():
        ahead = analysis.find_preceding_permits()
    assert len({(one.permit.name, one.deny.name) for one in ahead}) == len(ahead), "no pair is told twice"
    _same_readings(listed.ahead, [((one.permit.name, one.deny.name), one.witness) for one in ahead])
    for one in ahead:
        _confirmed(case, ruleset, one.witness, one.permit.name, permits=True)
        assert any(rule_matches(ruleset, one.deny, one.witness, apex) for apex in (False, True))
    some = [rule for rule in ruleset.rules if not rule.action.permits][:2]
    chosen = {(one.permit.name, one.deny.name) for one in analysis.find_preceding_permits(some)}
    assert chosen == {pair for pair in listed.ahead if pair[1] in {rule.name for rule in some}}
    for reading in WatchReading:
        ways = [(way.rule and way.rule.name, way.witness) for way in analysis.find_permitting_rules(analysis.get_probe(0), watched=reading)]
        _same_readings(listed.into[reading.name], ways)
        for name, witness in ways:
            assert any(rule_matches(*case.question, witness, apex) for apex in (False, True))
            _confirmed(case, ruleset, witness, name, permits=True, watched=reading)
    denied = [(way.rule and way.rule.name, way.witness) for way in analysis.find_denying_rules(analysis.get_probe(0))]
    _same_readings(listed.out_of, denied)
    for name, witness in denied:
        assert any(rule_matches(*case.question, witness, apex) for apex in (False, True))
        _confirmed(case, ruleset, witness, name, permits=False)
    assert {way.rule and way.rule.name for way in analysis.find_denying_rules(analysis.get_probe(0) | analysis.get_probe(1))} == {
        *listed.out_of
    }
    assert analysis.find_permitting_rules(analysis.get_probe(0), analysis.get_probe(1)) == []
    allowed = {name for name, permits in (decided(ruleset, *cell, "APPLIED") for cell in listed.cells) if permits}
    assert {way.rule and way.rule.name for way in analysis.find_permitting_rules()} == allowed
    denies = {name for name, permits in (decided(ruleset, *cell, "APPLIED") for cell in listed.cells) if not permits}
    assert {way.rule and way.rule.name for way in analysis.find_denying_rules()} == denies
    beside = {way.rule and way.rule.name for way in analysis.find_permitting_rules(avoid=analysis.get_probe(0))}
    assert beside == {
        name
        for held, forged in listed.cells
        if not held >> (probe + len(case.other.rules)) & 1
        for name, permits in (decided(ruleset, held, forged, "APPLIED"),)
        if permits
    }


def _compare_changes(case: Case, listed: Listed) -> None:
    for reading, expected in ((WatchReading.APPLIED, listed.changed), (WatchReading.FALLS, listed.today)):
        with asking_little():
            differs = find_differences(case.ruleset, case.other, case.sources, reading)
        found = [((one.change, one.before and one.before.name, one.after and one.after.name), one.witness) for one in differs]
        _same_readings(expected, found)
        assert [one.change for one in differs] == sorted((one.change for one in differs), key=[*Change].index)
        for (kind, before, after), witness in found:
            _confirmed(case, case.ruleset, witness, before, permits=_was(kind, Change.NEWLY_DENIED), watched=reading)
            _confirmed(case, case.other, witness, after, permits=_was(kind, Change.NEWLY_ALLOWED), watched=reading)
    assert is_equivalent(case.ruleset, case.other, case.sources) == all(kind is Change.RELABELLED for kind, _, _ in listed.changed)
    assert find_differences(case.ruleset, case.ruleset, case.sources) == []


def _was(kind: Change, permitted: Change) -> bool | None:
    return None if kind is Change.RELABELLED else kind is permitted


def _same_readings(expected: Readings, found: Sequence[tuple[object, Witness]]) -> None:
    """The answers are the same; each says in which reading of the apex it holds, and takes unknowns to hold only where it must."""
    told: dict[object, list[Witness]] = {}
    for key, witness in found:
        told.setdefault(key, []).append(witness)
    assert {*told} == {*expected}
    for key, witnesses in told.items():
        readings = sum({one for witness in witnesses for one in {None: (1, 2), False: (1,), True: (2,)}[witness.apex]})
        assert readings == expected[key] & 3
        if len(witnesses) == 1:
            assert (not witnesses[0].given) == (expected[key] >> 2 & readings == readings)


def _covering_is_right(ruleset: RuleSet, rule: Rule, covering: Sequence[Rule], listed: Listed) -> None:
    """Covering rules come before, leave nothing of the rule over, and none of them can be left out."""
    order = [one.name for one in ruleset.rules]
    at = order.index(rule.name)
    bits = [1 << order.index(one.name) for one in covering]
    cells = {held for held, _ in listed.cells if held >> at & 1}
    assert all(order.index(one.name) < at and not one.disabled for one in covering)
    assert all(held & sum(bits) for held in cells)
    assert all(any(not held & (sum(bits) - bit) for held in cells) for bit in bits)


def _confirmed(
    case: Case, ruleset: RuleSet, witness: Witness, rule: str | None, *, permits: bool | None, watched: WatchReading = WatchReading.APPLIED
) -> None:
    """A witness is a flow asked about; first match over it, with its unknowns, and the plain evaluation say what it is shown for."""
    source = witness.flow.source
    assert any(
        (one.networks is None or any(source.address in network for network in one.networks))
        and (one.tags is None or source.tags == one.tags)
        for one in case.sources
    )
    readings = (False, True) if witness.apex is None else (witness.apex,)
    told = [decided(ruleset, matching(ruleset, witness, apex), witness.flow.forged, watched.name) for apex in readings]
    assert any(name == rule and permits in (None, through) for name, through in told)
    if watched is not WatchReading.APPLIED:
        return
    decision = decide(ruleset, witness.flow)
    if decision.possible:
        assert (rule or "default action") in decision.possible
        assert permits is None or decision.verdict in (PolicyVerdict.UNKNOWN, PolicyVerdict.PERMIT if permits else PolicyVerdict.DENY)
    else:
        assert decision.rule == rule
        assert permits is None or decision.verdict is (PolicyVerdict.PERMIT if permits else PolicyVerdict.DENY)


def check_with_solver(case: Case) -> None:
    """Raise AssertionError where the analyser and z3 differ: dead rules, the question, and whether a change opens or closes anything."""
    ruleset, other = case.ruleset, case.other
    solver = Solver([(one, rule) for one in (ruleset, other) for rule in one.rules] + [case.question], case.sources)
    size = len(ruleset.rules)
    alive = {rule.name for rule in ruleset.rules if not rule.disabled}
    analysis = Analysis(ruleset, case.sources, probes=[case.box])
    assert {one.rule.name for one in analysis.find_dead_rules()} == alive - deciding(ruleset, solver)
    old = first(ruleset, solver.matches[:size], solver.forged)
    new = first(other, solver.matches[size:-1], solver.forged)
    ways = {name for name, permits, facts in old if permits and solver.can(*facts, solver.matches[-1])}
    assert {way.rule and way.rule.name for way in analysis.find_permitting_rules(analysis.get_probe(0))} == ways
    found = {one.change for one in find_differences(ruleset, other, case.sources)}
    for change_, was in ((Change.NEWLY_ALLOWED, False), (Change.NEWLY_DENIED, True)):
        before = any_of(facts for _, permits, facts in old if permits is was)
        after = any_of(facts for _, permits, facts in new if permits is not was)
        assert solver.can(before, after) == (change_ in found), change_
