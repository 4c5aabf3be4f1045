"""A hole made in one of our own stacks is refused by its rule at its place; unchanged they pass, and no rule is there for nothing.

Every hole, of those by type a seeded draw, is tried in one stack of a mode that it is one in, in both forms;
`python -m tests.policypack.mutants` tries all in all.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

import pytest

from policypack.registry import RULES
from tests.policypack.mutants.generated import generated
from tests.policypack.mutants.harmless import HARMLESS, reason
from tests.policypack.mutants.judged import BY_TYPE, WRITTEN, Verdict, found_in, in_turn, kills, told
from tests.policypack.mutants.mutant import Deployed, Drop, Mutant
from tests.policypack.mutants.program import FORMS, Program, Stack, read
from tests.policypack.product import registrations
from tests.support.deploy import stack_config

pytestmark = pytest.mark.slow

STACKS: Final = ("coding-enforce", "coding-monitor", "healthcare-phi-enforce", "open-demo-monitor")
GENERATED_FOR: Final = "coding-enforce"
DRAWN, SEED = 60, "types"
"""How many holes by type are drawn; `python -m tests.policypack.mutants` tries all."""
REDUNDANT: Final[dict[str, str]] = {}
"""Rules that refuse fewer than three holes that no other rule refuses, and why they stay."""


@pytest.fixture(scope="module")
def stacks() -> Mapping[str, Stack]:
    return {name: read(made) for name, made in zip(STACKS, registrations((one, stack_config(one)) for one in STACKS), strict=True)}


@pytest.fixture(scope="module")
def verdicts(stacks: Mapping[str, Stack]) -> list[Verdict]:
    drawn = Random(SEED).sample(BY_TYPE, DRAWN)
    made = generated(stacks[GENERATED_FOR])
    return [*in_turn((*WRITTEN, *drawn), stacks), *in_turn(made, {GENERATED_FOR: stacks[GENERATED_FOR]})]


def test_unchanged_stacks_pass(stacks: Mapping[str, Stack]) -> None:
    found = {(name, form): found_in(Program(stack).resources(form)) for name, stack in stacks.items() for form in FORMS}
    assert found == dict.fromkeys(found, frozenset())


def test_every_hole_is_refused_by_its_rule_where_it_is(verdicts: list[Verdict], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{told(verdicts)}")
    assert [line for one in verdicts for line in one.wrong] == []


def test_a_hole_is_made_by_every_family_of_refused_types_and_every_bound() -> None:
    ids = [one.id for one in BY_TYPE]
    assert len(set(ids)) == len(ids) >= 300


def test_there_are_many_holes_in_many_properties(verdicts: list[Verdict]) -> None:
    ids = [one.mutant.id for one in verdicts]
    assert len(set(ids)) == len(ids)
    assert len(WRITTEN) >= 150
    assert len({pair for one in verdicts if one.mutant in WRITTEN for pair in one.touched}) >= 40


def test_every_rule_refuses_three_holes_that_no_other_refuses(verdicts: list[Verdict]) -> None:
    alone = kills(verdicts)
    assert {rule.id for rule in RULES if alone[rule.id] < 3} == set(REDUNDANT)


def test_most_holes_are_seen_in_a_first_preview(verdicts: list[Verdict]) -> None:
    written = [one for one in verdicts if not any(isinstance(change, Deployed) for change in one.mutant.changes)]
    later = [one.mutant.id for one in written if not one.found["preview"]]
    assert len(later) <= len(written) // 20, later


def test_what_a_stack_can_lose_is_refused_or_harmless_for_a_reason(stacks: Mapping[str, Stack]) -> None:
    stack = stacks[GENERATED_FOR]
    names = [name for name, one in stack["known"].items() if not one.type.startswith(("containment:", "pulumi:pulumi:"))]
    gone = {name: Mutant(name, "", (Drop(name),)).applied(Program(stack)) for name in names}
    survived = {name for name, program in gone.items() if not found_in(program.resources("known"))}
    assert {name for name in survived if not reason(name)} == set()
    assert {why for why in HARMLESS.values() if not any(reason(name) == why for name in survived)} == set()
