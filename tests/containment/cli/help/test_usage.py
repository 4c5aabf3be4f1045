"""Wrong usage that the option parser finds: all mistakes of a command line in one error, each with what to write."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from containment.cli.app import build
from containment.cli.help.wrong_usage import Command, Group
from tests.containment.cli.commands import TREE, commands, groups
from tests.containment.cli.conftest import Run

pytestmark = pytest.mark.usefixtures("apart")
EVERY = {" ".join(words): (words, command) for words, command in commands()}
each_verb = pytest.mark.parametrize("name", EVERY)


@pytest.fixture
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use an empty folder and no lab, in case that a command does run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONTAINMENT_LAB_HOME", str(tmp_path / "home"))


def run_all(*words: str) -> Mapping[str, str]:
    """Run a wrong command line; return each mistake, as a place and what is wrong there, with its fix."""
    done = CliRunner().invoke(build(words), [*words])
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    head, *lines = done.stderr.splitlines()
    found = {place.strip(): fix.strip() for place, why, fix in zip(lines[::3], lines[1::3], lines[2::3], strict=True) if "    why: " in why}
    assert head.endswith(f": {len(found)} problem{'s' if len(found) > 1 else ''}")
    assert [place for place, fix in found.items() if not fix.startswith("fix: ") or len(fix) < 12] == []
    assert "Input should" not in done.stderr
    assert "Value error" not in done.stderr
    return found


def list_options(command: Any, *, typed: bool) -> Iterator[str]:
    """Return the options of a command that take a value: with a type (number, choice), or all."""
    for one in command.params:
        has_type = one.type_descriptor.is_choice or one.type_descriptor.annotation in (int, float)
        if one.param_type_name == "option" and not one.is_flag and (has_type or not typed):
            yield max(one.opts, key=len)


def list_missing(command: Any, given: list[str]) -> list[str]:
    """Return the places of what a command requires and is not given."""
    required = [one for one in command.params if one.required and not {*one.opts} & {*given}]
    return [max(one.opts, key=len) if one.param_type_name == "option" else one.display_name_raw.upper() for one in required]


def find_group(words: tuple[str, ...]) -> Any:
    """Return a group of commands by its words."""
    found: Any = TREE
    for word in words:
        found = found.commands[word]
    return found


@each_verb
def test_an_unknown_option_and_all_bad_values_of_a_command_are_in_one_error(name: str) -> None:
    words, command = EVERY[name]
    typed = [*list_options(command, typed=True)]
    line = [*words, "--qqqq", *(word for option in typed for word in (option, "no-such-value"))]
    found = run_all(*line)
    expected = ["--qqqq", *typed, *list_missing(command, typed)]
    assert sorted(place.partition(": ")[0] for place in found) == sorted(expected)


@each_verb
def test_every_mistyped_option_of_a_command_has_a_suggestion_and_its_value_is_checked(name: str) -> None:
    words, command = EVERY[name]
    options = [*list_options(command, typed=False)]
    mistyped = {f"{option[:4]}{option[3:]}": option for option in options}
    found = run_all(*words, *(word for wrong in mistyped for word in (wrong, "no-such-value")), "--hellp")
    for wrong, option in mistyped.items():
        assert f"did you mean {option}? " in next(fix for place, fix in found.items() if place.startswith(f"{wrong}: is not an option"))
    checked = {place.partition(" (read as ")[0] for place in found if " (read as " in place}
    assert checked == {wrong for wrong, option in mistyped.items() if option in list_options(command, typed=True)}


@each_verb
def test_every_option_without_its_value_is_named_with_a_value_to_write(name: str) -> None:
    words, command = EVERY[name]
    options = [*list_options(command, typed=False)]
    found = run_all(*words, "--qqqq", *options)
    assert {place.partition(": ")[0] for place in found if place.endswith(": has no value")} == {*options}
    assert [
        option for option in options if f"fix: write the value after it, such as {option} " not in found[f"{option}: has no value"]
    ] == []


@each_verb
def test_a_mistyped_command_hides_no_mistake_of_its_options(name: str) -> None:
    words, _ = EVERY[name]
    for at, word in enumerate(words):
        wrong = f"{word}{word[-1]}"
        found = run_all(*words[:at], wrong, *words[at + 1 :], "x", "--qqqq")
        unknown = next(fix for place, fix in found.items() if place.startswith(f"{wrong}: is not a command of"))
        default = find_group(words[:at]).default_command
        argument = f"; if it is an argument: {shlex.join(['containment', *words[:at], default, wrong])}" if default else ""
        assert unknown == f"fix: did you mean {word}? write {word}{argument}"
        assert any(place.startswith("--qqqq: ") for place in found)


@each_verb
def test_an_unknown_option_before_a_command_hides_no_mistake_after_it(name: str) -> None:
    words, command = EVERY[name]
    typed = [*list_options(command, typed=True)]
    for at in range(len(words)):
        if find_group(words[:at]).default_command:  # the option is one of the default command
            continue
        found = run_all(*words[:at], "--qqqq", *words[at:], *(word for option in typed for word in (option, "no-such-value")))
        place = " ".join(["containment", *words[:at]])
        assert found[f"--qqqq: is not an option of `{place}`"].startswith(f"fix: write it after the command: {place} ")
        assert {*typed} <= {place.partition(": ")[0] for place in found}


def test_every_command_and_group_reads_its_words_to_the_end() -> None:
    assert [name for name, (_, command) in EVERY.items() if not isinstance(command, Command)] == []
    assert [words for words in groups() if not isinstance(find_group(words), Group)] == []


@pytest.mark.parametrize("words", [words for words in groups() if find_group(words).default_command], ids=" ".join)
def test_a_mistyped_command_alone_is_no_argument_of_the_default_command(words: tuple[str, ...]) -> None:
    for command in find_group(words).commands:
        wrong = f"{command}{command[-1]}"
        found = run_all(*words, wrong)
        default = shlex.join(["containment", *words, find_group(words).default_command, wrong])
        assert found[f"{wrong}: is not a command of `containment {shlex.join(words)}`"].endswith(f"; if it is an argument: {default}")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("audit show abc", {'NUMBER: is not a whole number ("abc")': "write a whole number, as in: containment audit show 12"}),
        ("catalog due --days x", {'--days: is not a whole number ("x")': "write a whole number, such as 60"}),
        ("catalog due --days -5", {'--days: is below 0 ("-5")': "write 0, the lowest"}),
        ("audit stats --rate often", {'--rate: is not a number ("often")': "write a number, such as 0.95"}),
        ("audit stats --rate 7", {'--rate: is above 1.0 ("7")': "write 1.0, the highest"}),
        ("plan --format jsn", {'--format: is none of table, json, markdown, csv ("jsn")': "did you mean json? write json"}),
        ("plan --format pdf", {'--format: is none of table, json, markdown, csv ("pdf")': "write one of: table, json, markdown, csv"}),
        ("plan --json=yes", {"--json: takes no value ('yes')": "write --json alone"}),
        ("plan --stack --json", {"--stack: has no value": "write the value after it, such as --stack coding-monitor"}),
        ("plan -fs", {'--format: is none of table, json, markdown, csv ("s")': "write one of: table, json, markdown, csv"}),
        ("plan --config", {"--config: has no value": "write the value after it, such as --config KEY=VALUE"}),
        ("lab run --stack -- curl", {"--stack: has no value": "write the value after it, such as --stack coding-monitor"}),
        ("explain -s x", {"--to: is missing": "add it, as in: containment explain --stack coding-monitor --to https://api.openai.com"}),
        (
            "render",
            {
                "--as: is missing": "add it, one of openshell, launcher, webgroups, cedar, harness, as in: containment render "
                "--as launcher --stack coding-monitor --write profile.json"
            },
        ),
        ("audit show", {"NUMBER: is missing": "add it, as in: containment audit show 12"}),
        (
            "enforce --stack x --evidence y",
            {"--stack: is not an option of `containment enforce`": "it is an argument: write containment enforce x"},
        ),
        (
            "attest --stack x",
            {"--stack: is not an option of `containment attest run`": "it is an argument: write containment attest run x"},
        ),
        (
            "attest run --stack=x",
            {"--stack: is not an option of `containment attest run`": "it is an argument: write containment attest run x"},
        ),
        (
            "evidence rn coding-monitor",
            {
                "rn: is not a command of `containment evidence`": (
                    "did you mean run? write run; if it is an argument: containment evidence run rn"
                )
            },
        ),
        (
            "attest verfy FILE",
            {
                "verfy: is not a command of `containment attest`": (
                    "did you mean verify? write verify; if it is an argument: containment attest run verfy"
                )
            },
        ),
        ("plan --stak x", {"--stak: is not an option of `containment plan`": "did you mean --stack? write --stack"}),
        ("plan --stak=x", {"--stak: is not an option of `containment plan`": "did you mean --stack? write --stack"}),
        ("explain --too x", {"--too: is not an option of `containment explain`": "did you mean --to? write --to"}),
        ("plan json", {"json: is more than `containment plan` takes": "did you mean --json? write --json"}),
        (
            "plan x y",
            {
                "x y: is more than `containment plan` takes": "write --stack x for a stack, or leave it out; a value with "
                "spaces needs quotes"
            },
        ),
        (
            "plan --qqqq x",
            {"--qqqq: is not an option of `containment plan`": "leave it out, or find the option with containment plan --help"},
        ),
        (
            "audit show --qqqq 1",
            {"--qqqq: is not an option of `containment audit show`": "leave it out, or find the option with containment audit show --help"},
        ),
        ("lab --stack x up", {"--stack: is not an option of `containment lab`": "write it after the command: containment lab up --stack"}),
        ("lab --", {"containment lab: is not followed by a command": "list the commands: containment lab --help"}),
        ("xyzzy --stack a", {"xyzzy: is not a command of `containment`": "list the commands: containment --help"}),
        (
            "audit stats --rate often --rat 1",
            {
                "--rat: is not an option of `containment audit stats`": "did you mean --rate? write --rate",
                '--rate: is not a number ("often")': "write a number, such as 0.95",
            },
        ),
    ],
)
def test_a_mistake_has_a_fix_computed_from_what_was_typed(line: str, expected: Mapping[str, str]) -> None:
    assert run_all(*shlex.split(line)) == {place: f"fix: {fix}" for place, fix in expected.items()}


@pytest.mark.parametrize("line", ["plan --help", "plan --format jsn --help", "lab world --help", "lab --help", "--version"])
def test_help_and_version_come_before_wrong_values(run: Run, line: str) -> None:
    done = run(*line.split())
    assert (done.exit_code, done.stderr) == (0, "")


@pytest.mark.parametrize("line", ["", "lab", "lab world", "audit"])
def test_a_group_alone_prints_its_help(run: Run, line: str) -> None:
    assert run(*line.split()).stderr.startswith("Usage: ")


def test_no_control_character_is_printed() -> None:
    found = run_all("plan", "--\x1b[31m", "x", "\x1b]0;x\x07")
    assert [*found] == [
        "'\\x1b]0;x\\x07': is more than `containment plan` takes",
        "--\\x1b[31m: is not an option of `containment plan`",
    ]
    assert "\x1b" not in "".join(found.values())
