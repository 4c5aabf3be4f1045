"""Options shared by several commands, each with one definition and its completion, and the output format that they select."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from enum import StrEnum
from inspect import Parameter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from containment.cli.common import exit_on_error, fail, parse_overrides, print_and_exit
from containment.cli.completion import complete_config_keys, complete_stack_names
from containment.exit_code import Exit
from containment.queries.renderers import Format
from containment.queries.results import Answer

if TYPE_CHECKING:  # the import loads the whole analysis, which commands of the lab do not need
    from containment.analysis.subject import Subject

DEFAULT_STACK = "coding-monitor"


class TableFormat(StrEnum):
    """Formats of an answer that consists of tables."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    CSV = "csv"


class TextFormat(StrEnum):
    """Formats of an answer that is either text for a person or data for a program."""

    TABLE = "table"
    JSON = "json"


class StateFormat(StrEnum):
    """Formats of a stack's state, JSON by default."""

    JSON = "json"
    TABLE = "table"
    MARKDOWN = "markdown"
    CSV = "csv"


_STACK = typer.Option("--stack", "-s", help=f"The stack, e.g. {DEFAULT_STACK}.", autocompletion=complete_stack_names)
_FORMAT = typer.Option("--format", "-f", help="Output format; by default the first one.", show_default=False)

Stack: TypeAlias = Annotated[str, _STACK]
StackOrNone: TypeAlias = Annotated[str | None, _STACK]
Agent: TypeAlias = Annotated[str, typer.Option("--agent", help="A vended agent of the stack.")]
Config: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--config", "-c", metavar="KEY=VALUE", help="Set a key of the stack; repeatable.", autocompletion=complete_config_keys),
]
Folder: TypeAlias = Annotated[Path, typer.Option("--cwd", "-C", help="The folder with Pulumi.yaml and the stack files.")]
State: TypeAlias = Annotated[Path | None, typer.Option("--state", help="A checkpoint or stack export in place of a stack.")]
Before: TypeAlias = Annotated[Path | None, typer.Option("--before", help="JSON file of other owners' rules before these.")]
After: TypeAlias = Annotated[Path | None, typer.Option("--after", help="JSON file of other owners' rules after these.")]
Real: TypeAlias = Annotated[bool, typer.Option("--real", help="Read the real account and Controller, not a running lab.")]
AnswerIn: TypeAlias = Annotated[Format | None, _FORMAT]
TableIn: TypeAlias = Annotated[TableFormat | None, _FORMAT]
StateIn: TypeAlias = Annotated[StateFormat | None, _FORMAT]
TextIn: TypeAlias = Annotated[TextFormat | None, _FORMAT]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Short for --format json.")]


def choose_format(chosen: StrEnum | None, as_json: bool, default: Format = Format.TABLE) -> Format:
    """Return the format of an answer; end the command if --json contradicts --format."""
    if as_json and chosen not in (None, Format.JSON):
        fail(f"--json is short for --format json, but --format {chosen} is given too: leave one of them out", Exit.USAGE)
    return Format.JSON if as_json else Format(chosen) if chosen else default


def print_answer(formats: object) -> Callable[[Callable[..., Answer]], Callable[..., None]]:
    """Make a command of a function that returns an answer.

    The command has the options --format and --json too. It prints the answer and exits with its exit code; an error that the user can
    correct ends it with one message.

    Args:
        formats: the annotated type of --format.
    """

    def decorate(function: Callable[..., Answer]) -> Callable[..., None]:
        def command(*, format_: StrEnum | None, as_json: bool, **given: Any) -> None:
            chosen = choose_format(format_, as_json)
            with exit_on_error():
                answer = function(**given)
            print_and_exit(answer, chosen)

        listed = [("format_", None, formats), ("as_json", False, Json)]
        added = [Parameter(name, Parameter.KEYWORD_ONLY, default=value, annotation=kind) for name, value, kind in listed]
        return set_parameters(command, function, [*get_parameters(function), *added])

    return decorate


def get_parameters(function: Callable[..., object]) -> list[Parameter]:
    """Return the parameters of a function with their annotations as types."""
    return [*inspect.signature(function, eval_str=True).parameters.values()]


def set_parameters(command: Callable[..., None], function: Callable[..., object], parameters: list[Parameter]) -> Callable[..., None]:
    """Give a command the name and docstring of a function, and the parameters that Typer makes arguments and options of."""
    functools.update_wrapper(command, function)
    vars(command)["__signature__"] = inspect.Signature(parameters)
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


def read_subject(
    stack: str | None,
    state: Path | None,
    config: list[str] | None,
    before: Path | None = None,
    after: Path | None = None,
    folder: Path = Path(),
) -> Subject:
    """Return the subject of a question, or end the command on wrong usage.

    Args:
        stack: name of a stack; exclusive with `state`.
        state: file of a deployed state.
        config: `KEY=VALUE` overrides of the stack.
        before: file of other owners' rules with a higher priority.
        after: file of other owners' rules with a lower priority.
        folder: folder of the stack files.
    """
    from containment.queries.subjects import read_subject

    if (stack is None) == (state is None):
        fail("give either --stack STACK or --state FILE", Exit.USAGE)
    found = read_subject(stack, state, parse_overrides(config), folder)
    if before or after:
        from containment.queries.other_owners import add_other_owners

        return add_other_owners(found, before, after)
    return found
