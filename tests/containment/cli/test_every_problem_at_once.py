"""A mistake in one input of a command hides none in another: every command names the mistakes of independent inputs at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from containment import cli
from containment.errors import InputError, Problem, StackNotFoundError, UsageError
from containment.exit_code import Exit
from containment.input_reader import InputReader
from tests.containment.cli.conftest import Run

STACK = "coding-monitor"
NO_STACK = "Pulumi.coding-monitr.yaml: does not exist"
COMMANDS = {
    "evidence without a key": (["evidence", "run", STACK, "--state", "broken.json", "--at", "noon"], ["--key", "broken.json", "--at"]),
    "evidence of no stack": (["evidence", "run", "coding-monitr", "--key", "none.pem", "-c", "x"], [NO_STACK, "none.pem", "--config"]),
    "attest": (["attest", "run", "coding-monitr", "--state", "broken.json"], ["--key", NO_STACK, "broken.json"]),
    "explain": (
        ["explain", "--to", "a..b", "--at", "here", "--stack", "coding-monitr", "--before", "broken.json"],
        ["a..b", "--at here", NO_STACK, "broken.json"],
    ),
    "reach": (["reach", "--before", "broken.json", "--after", "none.json"], ["--stack and --state", "broken.json", "none.json"]),
    "observe": (
        ["observe", "x.log", "--since", "noon", "--until", "night", "--stack", "coding-monitr", "--rules", "broken.json"],
        ["--since", "--until", NO_STACK, "broken.json"],
    ),
    "baseline check": (
        ["baseline", "check", "x.log", "--profile", "broken.json", "--since", "noon", "--stack", "coding-monitr"],
        ["broken.json", "--since", NO_STACK],
    ),
    "bundle build": (
        ["bundle", "build", "--revision", "1", "--until", "noon", "--from", "dawn", "--stack", "coding-monitr"],
        ["--until", "--from", NO_STACK],
    ),
    "bundle verify": (["bundle", "verify", "x", "--at", "noon", "--public-key", "broken.json"], ["--at", "broken.json"]),
    "enforce": (["enforce", "coding-monitr", "--evidence", "broken.json"], [NO_STACK, "broken.json"]),
    "rollback": (["rollback", "coding-monitr", "--reason", "-"], ["--reason", NO_STACK]),
    "fleet plan": (["fleet", "plan", "coding-monitr", "dev-x", "--site", "mars"], ["coding-monitr", "dev-x", "--site mars"]),
    "lab run": (
        ["lab", "run", "--vm", "--with", "openclaw", "-s", "coding-monitr", "-c", "x=y"],
        ["--vm and --with", "coding-monitr", NO_STACK],
    ),
}


@pytest.mark.usefixtures("stacks")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_names_the_mistakes_of_all_its_inputs(run: Run, command: str) -> None:
    Path("broken.json").write_text("{")
    words, places = COMMANDS[command]
    done = run(*words)
    assert done.exit_code == Exit.USAGE
    assert [place for place in places if place not in done.output] == []
    assert done.output.count("why: ") == done.output.count("fix: ") >= len(places)


def test_a_single_error_keeps_its_own_title_and_kind() -> None:
    reader = InputReader("all of them")
    reader.read(lambda: _refuse(StackNotFoundError("no stack here", [_make("a")])))
    with pytest.raises(StackNotFoundError, match="no stack here"):
        reader.require()


@pytest.mark.parametrize(("kind", "expected"), [(UsageError, UsageError), (InputError, InputError)])
def test_several_errors_become_one_and_wrong_usage_prevails(kind: type[InputError], expected: type[InputError]) -> None:
    reader = InputReader("all of them")
    good = reader.read(lambda: 1)
    bad = reader.read(lambda: _refuse(InputError("the file", [_make("a")])))
    reader.read(lambda: _refuse(kind("the option", [_make("b"), _make("a")])))
    with pytest.raises(InputError) as caught:
        reader.require()
    assert (type(caught.value), caught.value.title) == (expected, "all of them")
    assert [one.where for one in caught.value.problems] == ["a", "b"]
    assert (good.value, bad.is_read, bad.get_or(7)) == (1, False, 7)


def test_an_error_that_is_no_input_error_is_not_kept() -> None:
    with pytest.raises(ZeroDivisionError):
        InputReader("x").read(lambda: 1 // 0)


def _make(where: str) -> Problem:
    return Problem(where, "is wrong", "it matters", "correct it")


def _refuse(error: InputError) -> int:
    raise error


def test_a_command_ends_with_problems_of_four_parts_and_not_with_a_line_of_text() -> None:
    """`fail` takes any text; only the handlers of raised errors call it."""
    folder = Path(cli.__file__).parent
    callers = {path.name for path in folder.rglob("*.py") if re.search(r"^\s+(?:return )?fail\(", path.read_text(), re.MULTILINE)}
    assert callers == {"app.py", "common.py"}
