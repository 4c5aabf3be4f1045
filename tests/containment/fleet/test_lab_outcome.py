"""The outcome of a `containment lab` command: no result is no success, and the reason is the one that decides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from containment.exit_code import Exit
from containment.fleet.backend import Task, Verb
from containment.fleet.lab_backend import build_outcome

TASK = Task(verb=Verb.UP, stack="coding-eu", folder=Path())


def test_a_success_has_its_changes() -> None:
    found = build_outcome(0, json.dumps({"changes": {"create": 3, "same": 0}}), [], TASK)
    assert (found.exit, dict(found.changes)) == (Exit.OK, {"create": 3})


@pytest.mark.parametrize(
    ("code", "text", "reason"),
    [
        (0, "", "without a result"),
        (0, "{", "without a result"),
        (-9, "", "ended by signal 9"),
        (77, "", "ended with 77: last words"),
        (1, "", "last words"),
        (1, json.dumps({"diagnostics": [{"severity": "error", "message": "\n  first\n second"}]}), "first second"),
    ],
)
def test_what_is_no_success_has_a_reason_and_a_next_step(code: int, text: str, reason: str) -> None:
    found = build_outcome(code, text, ["last words"], TASK)
    assert found.exit is Exit.ERROR
    assert reason in found.reason
    assert "--stack coding-eu" in found.fix


def test_a_violation_is_named_before_errors() -> None:
    document = {
        "violations": [{"level": "advisory", "policy": "a", "message": "x"}, {"level": "mandatory", "policy": "b", "message": "y\nz"}],
        "diagnostics": [{"severity": "error", "message": "refused"}],
    }
    found = build_outcome(3, json.dumps(document), [], TASK)
    assert (found.exit, found.reason) == (Exit.VIOLATION, "rule b: y")


def test_a_lock_is_explained_with_the_command_that_ends_its_owner() -> None:
    said = (
        "stack coding-eu is locked: another run is changing it (pid 4711, since 2026-11-29T10:00:00Z)\n"
        "    why: two runs would overwrite each other's checkpoint\n"
        "    fix: wait for it to end, or end that process"
    )
    found = build_outcome(4, json.dumps({"diagnostics": [{"severity": "error", "message": said}]}), [], TASK)
    assert found.exit is Exit.LOCKED
    assert "process 4711 since 2026-11-29T10:00:00Z" in found.reason
    assert "kill -INT 4711" in found.fix


def test_the_reason_of_a_stack_is_what_is_wrong_without_the_advice() -> None:
    said = "the lab home /x is a file, not a folder\n    why: a lab keeps its state in its home\n    fix: move that file away"
    found = build_outcome(1, json.dumps({"diagnostics": [{"severity": "error", "message": said}]}), [], TASK)
    assert found.reason == "the lab home /x is a file, not a folder"


@pytest.mark.parametrize("code", [-2, -9])
def test_a_process_that_the_fleet_ended_is_interrupted_and_not_failed(code: int) -> None:
    assert build_outcome(code, "", [], TASK, stopping=True).exit is Exit.INTERRUPTED
    assert build_outcome(code, "", [], TASK).exit is Exit.ERROR
    assert build_outcome(1, "", ["a failure"], TASK, stopping=True).exit is Exit.ERROR
