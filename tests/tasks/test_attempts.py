"""Each task's attempts to leave its scope succeed bare and are stopped confined, with an event that names program, task and rule."""

from __future__ import annotations

import json

import pytest

from tests.tasks.attempts import Outcome, Verdict, format_outcomes, read_attempts, try_attempts
from tests.tasks.scopes import TASKS, TaskScope
from tests.tasks.world import World

pytestmark = [pytest.mark.slow, pytest.mark.namespaces]
ATTEMPTS = read_attempts()
KINDS = {"secret", "write", "program", "attacker", "shadow-model", "external-dns", "neighbor", "metadata", "other-task"}
"""Ways out of a scope that are tried for every task."""
LEAST = 6


@pytest.fixture(scope="module")
def outcomes(world: World, scopes: dict[str, TaskScope]) -> dict[str, dict[str, Outcome]]:
    found = {}
    for name, scope in scopes.items():
        done = try_attempts(world, scope, ATTEMPTS[name])
        print(format_outcomes(scope, done))
        found[name] = {one.attempt.id: one for one in done}
    return found


@pytest.mark.parametrize(("task", "id_"), [(task, one.id) for task, each in ATTEMPTS.items() for one in each])
def test_the_attempt_is_stopped_with_its_event(outcomes: dict[str, dict[str, Outcome]], task: str, id_: str) -> None:
    outcome = outcomes[task][id_]
    if outcome.verdict is Verdict.NOT_TESTED:
        pytest.skip(f"NOT TESTED: does not succeed bare: {outcome.bare.strip()[:200]}")
    expected = Verdict.STOPPED if outcome.attempt.stopped else Verdict.UNRECORDED
    assert outcome.verdict is expected, outcome.confined


@pytest.mark.parametrize("task", TASKS)
def test_enough_attempts_of_every_kind_were_tested(outcomes: dict[str, dict[str, Outcome]], task: str) -> None:
    stopped = [one.attempt for one in outcomes[task].values() if one.verdict is Verdict.STOPPED]
    assert len(stopped) >= LEAST
    assert {one.kind for one in stopped} >= KINDS


def test_an_attempt_that_a_wider_profile_permits_is_found(world: World, scopes: dict[str, TaskScope]) -> None:
    scope = scopes["research"]
    wider = json.loads(scope.text)
    wider["files"]["readOnly"].append("/home/user/.ssh")
    wider["programs"].append("/usr/bin/python3")
    wider["egress"].append({**wider["egress"][0], "host": "collect.attacker.example", "requests": None})
    chosen = [one for one in ATTEMPTS["research"] if one.id in ("read-ssh-key", "start-python", "send-to-attacker", "call-shadow-model")]
    found = {one.attempt.id: one.verdict for one in try_attempts(world, scope, chosen, json.dumps(wider))}
    assert found.pop("call-shadow-model") is Verdict.STOPPED
    assert {*found.values()} == {Verdict.ESCAPED}, found
