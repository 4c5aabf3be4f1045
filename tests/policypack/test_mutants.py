"""A mutant of a shipped stack is refused by its rule at its place, the stack itself passes, and every rule is needed.

Here a seeded sample of the mutants of every rule, each in one stack and in both forms; `make soak` judges every mutant in every stack.
`MUTANTS` is how many are judged per rule and table; a failure names the mutant.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final

import pytest

from policypack.registry import RULES
from tests.policypack.mutants.generated import generated
from tests.policypack.mutants.harmless import HARMLESS, reason
from tests.policypack.mutants.judged import BY_TYPE, WRITTEN, Verdict, found_in, in_turn, sampled, told, unneeded
from tests.policypack.mutants.mutant import Deployed, Drop, Mutant
from tests.policypack.mutants.program import FORMS, Program, Stack, read
from tests.policypack.product import registrations
from tests.support.deploy import stack_config

STACKS: Final = ("coding-enforce", "coding-monitor", "healthcare-phi-enforce", "open-demo-monitor")
GENERATED_FOR: Final = "coding-enforce"
PER_RULE: Final = int(os.environ.get("MUTANTS", "4"))
"""Mutants judged here per rule and table."""


def recorded(names: Sequence[str]) -> dict[str, Stack]:
    return {name: read(made) for name, made in zip(names, registrations((one, stack_config(one)) for one in names), strict=True)}


@pytest.fixture(scope="module")
def one_stack() -> Mapping[str, Stack]:
    return recorded([GENERATED_FOR])


@pytest.fixture(scope="module")
def stacks(one_stack: Mapping[str, Stack]) -> Mapping[str, Stack]:
    return {**one_stack, **recorded([name for name in STACKS if name not in one_stack])}


@pytest.fixture(scope="module")
def verdicts(stacks: Mapping[str, Stack]) -> list[Verdict]:
    common = [*sampled(WRITTEN, PER_RULE), *sampled(BY_TYPE, PER_RULE)]
    made = sampled(generated(stacks[GENERATED_FOR]), PER_RULE)
    return [*in_turn(common, stacks), *in_turn(made, {GENERATED_FOR: stacks[GENERATED_FOR]})]


@pytest.mark.slow
def test_a_mutant_of_every_rule_is_refused_by_it_and_the_stack_passes(one_stack: Mapping[str, Stack]) -> None:
    found = {form: found_in(Program(one_stack[GENERATED_FOR]).resources(form)) for form in FORMS}
    assert found == dict.fromkeys(FORMS, frozenset())
    fit = [one for one in WRITTEN if GENERATED_FOR.rpartition("-")[2] in one.modes]
    chosen = list(in_turn(sampled(fit, 1), one_stack))
    assert {one.mutant.rule for one in chosen} == {rule.id for rule in RULES}
    assert [line for one in chosen for line in one.wrong] == []


@pytest.mark.slow
def test_unchanged_stacks_pass(stacks: Mapping[str, Stack]) -> None:
    found = {(name, form): found_in(Program(stack).resources(form)) for name, stack in stacks.items() for form in FORMS}
    assert found == dict.fromkeys(found, frozenset())


@pytest.mark.long
@pytest.mark.slow
def test_every_hole_is_refused_by_its_rule_where_it_is(verdicts: list[Verdict], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{told(verdicts)}")
    assert [line for one in verdicts for line in one.wrong] == []


def test_a_hole_is_made_by_every_family_of_refused_types_and_every_bound() -> None:
    ids = [one.id for one in BY_TYPE]
    assert len(set(ids)) == len(ids) >= 300


@pytest.mark.long
@pytest.mark.slow
def test_there_are_many_holes_in_many_properties(verdicts: list[Verdict]) -> None:
    ids = [one.id for one in WRITTEN]
    assert len(set(ids)) == len(ids) >= 150
    assert len({pair for one in verdicts if one.mutant in WRITTEN for pair in one.touched}) >= 40


@pytest.mark.long
@pytest.mark.slow
def test_every_rule_refuses_mutants_that_no_other_rule_refuses(verdicts: list[Verdict]) -> None:
    assert unneeded(verdicts, fewest=1) == []


@pytest.mark.long
@pytest.mark.slow
def test_most_holes_are_seen_in_a_first_preview(verdicts: list[Verdict]) -> None:
    written = [one for one in verdicts if not any(isinstance(change, Deployed) for change in one.mutant.changes)]
    later = [one.mutant.id for one in written if not one.found["preview"]]
    assert len(later) <= len(written) // 20, later


@pytest.mark.slow
def test_what_a_stack_can_lose_is_refused_or_harmless_for_a_reason(stacks: Mapping[str, Stack]) -> None:
    stack = stacks[GENERATED_FOR]
    names = [name for name, one in stack["known"].items() if not one.type.startswith(("containment:", "pulumi:pulumi:"))]
    gone = {name: Mutant(name, "", (Drop(name),)).applied(Program(stack)) for name in names}
    survived = {name for name, program in gone.items() if not found_in(program.resources("known"))}
    assert {name for name in survived if not reason(name)} == set()
    assert {why for why in HARMLESS.values() if not any(reason(name) == why for name in survived)} == set()
