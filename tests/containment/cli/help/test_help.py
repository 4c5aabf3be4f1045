"""Help is whole at 80 columns, lists each command's exit codes, and options mean the same everywhere."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest

from containment.cli.help.exit_codes import HELP_ENDS, get_codes
from containment.exit_code import Exit
from tests.containment.cli.commands import commands, groups, help_text

COMMANDS = list(commands())
QUESTIONS = ("explain", "reach", "prove", "risk")


def names(option: str) -> list[str]:
    """Return the commands that have an option."""
    return [" ".join(words) for words, command in COMMANDS if any(option in each.opts for each in command.params)]


@pytest.mark.parametrize("words", [*groups(), *(words for words, _ in COMMANDS)], ids=" ".join)
def test_help_is_not_cut_and_not_wider_than_the_terminal(words: tuple[str, ...]) -> None:
    shown = help_text(words)
    assert "..." not in re.sub(r"[\[{]?[A-Za-z]+[\]}]?\.\.\.", "", shown)  # an argument that can be repeated
    assert [line for line in shown.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=lambda each: " ".join(each) if isinstance(each, tuple) else "")
def test_the_first_line_of_help_fits_a_list_of_commands(words: tuple[str, ...], command: object) -> None:
    first = str(getattr(command, "help", "")).splitlines()[0]
    assert 10 < len(first) <= 60
    assert first.endswith(".")


@pytest.mark.parametrize("words", [words for words, _ in COMMANDS], ids=" ".join)
def test_help_lists_the_exit_codes_with_their_meanings(words: tuple[str, ...]) -> None:
    lines = help_text(words).splitlines()
    listed = lines[lines.index("  Exit codes:") + 1 :]
    assert [line.strip() for line in listed if line.strip()[:1].isdigit()] == [
        f"{code} {code.meaning}" for code in get_codes(" ".join(words))
    ]


def test_every_command_has_an_example_and_exit_codes_and_every_code_a_command() -> None:
    assert {" ".join(words) for words, _ in COMMANDS} == set(HELP_ENDS)
    assert {code for command in HELP_ENDS for code in get_codes(command)} == set(Exit)


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=lambda each: " ".join(each) if isinstance(each, tuple) else "")
def test_the_example_is_in_the_help_and_its_options_exist(words: tuple[str, ...], command: Any) -> None:
    name = " ".join(words)
    lines = [line.strip() for line in help_text(words).splitlines()]
    example = lines[lines.index("Example:") + 1 : lines.index("Exit codes:")]
    typed = shlex.split(" ".join(line.removesuffix("\\") for line in example))
    assert typed[0] == "containment"
    given = shlex.split(HELP_ENDS[name][0])
    command.make_context(name, [*given])  # raises for an option or an argument that does not exist
    assert typed[1:] in ([*words, *given], [*words[:-1], *given])


@pytest.mark.parametrize(
    ("long", "short"), [("--stack", "-s"), ("--config", "-c"), ("--cwd", "-C"), ("--format", "-f"), ("--json", None)], ids=str
)
def test_an_option_has_one_spelling_and_one_meaning_in_every_command(long: str, short: str | None) -> None:
    found = [option for _, command in COMMANDS for option in command.params if long in option.opts]
    assert len(found) > 8
    assert {tuple(sorted(option.opts)) for option in found} == {tuple(sorted(filter(None, (long, short))))}
    assert len({option.help for option in found}) == 1
    shorts = [option.opts for _, command in COMMANDS for option in command.params if short and short in option.opts]
    assert all(long in each for each in shorts)


@pytest.mark.long
def test_every_command_with_an_answer_has_formats_and_json() -> None:
    silent = {"lab down", "lab env", "lab world down", "lab run", "tools serve"}
    answering = {" ".join(words) for words, _ in COMMANDS} - silent
    assert set(names("--format")) == set(names("--json")) == answering
    for words, command in COMMANDS:
        for option in command.params:
            if "--format" in option.opts:
                shown = help_text(words)
                assert "table" in shown
                assert "json" in shown


def test_commands_that_read_a_stack_file_take_its_name_settings_and_folder() -> None:
    stack, config, folder = set(names("--stack")), set(names("--config")), set(names("--cwd"))
    reading = {
        "plan",
        "host",
        "preflight",
        *QUESTIONS,
        "lab preview",
        "lab up",
        "lab refresh",
        "lab destroy",
        "lab verify",
        "lab run",
        "lab report",
    }
    assert reading <= stack & config & folder
    assert {"diff", "check", "doctor", "lab export", "lab env"} <= folder
