"""Every command of the tree with its words, and its help at a width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from typer.testing import CliRunner

from containment.cli.app import build

TREE = typer.main.get_command(build())


def commands(group: Any = TREE, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each command that does something, with the words that name it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


def groups(group: Any = TREE, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of each group of commands, the root first."""
    yield words
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from groups(command, (*words, name))


def help_text(words: tuple[str, ...], columns: int = 80) -> str:
    """Return the help of a command or a group as a terminal of so many columns shows it."""
    environment = {"COLUMNS": str(columns), "TERMINAL_WIDTH": str(columns), "NO_COLOR": "1", "TERM": "dumb"}
    shown = CliRunner().invoke(build(), [*words, "--help"], prog_name="containment", env=environment)
    assert shown.exit_code == 0, shown.output
    return shown.output
