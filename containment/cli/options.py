"""Options shared by several commands, each with one definition and its completion, and the output format that they select."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import partial
from inspect import Parameter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from containment.cli.common import exit_on_error, print_and_exit, read_overrides, refuse_usage
from containment.cli.help.completion import complete_config_keys, complete_stack_names
from containment.input_reader import InputReader
from containment.queries.renderers import Format
from containment.queries.results import Answer

if TYPE_CHECKING:  # the import loads the whole analysis, which commands of the lab do not need
    from containment.analysis.subject import Subject
    from containment.catalog.preset import Library
    from containment.config.spec import ContainmentSpec

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


class ReportFormat(StrEnum):
    """Formats of an answer that can be a page."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"
    HTML = "html"


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
Agent: TypeAlias = Annotated[str, typer.Option("--agent", help="An agent of the stack, by its file's name.")]
Config: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--config", "-c", metavar="KEY=VALUE", help="Set a key of the stack; repeatable.", autocompletion=complete_config_keys),
]
Folder: TypeAlias = Annotated[Path, typer.Option("--cwd", "-C", help="The folder with Pulumi.yaml and the stack files.")]
State: TypeAlias = Annotated[Path | None, typer.Option("--state", help="A checkpoint or stack export in place of a stack.")]
Before: TypeAlias = Annotated[Path | None, typer.Option("--before", help="JSON file of other owners' rules before these.")]
After: TypeAlias = Annotated[Path | None, typer.Option("--after", help="JSON file of other owners' rules after these.")]
StackArgument: TypeAlias = Annotated[str, typer.Argument(help="The stack.", autocompletion=complete_stack_names)]
SigningKey: TypeAlias = Annotated[str | None, typer.Option("--key", help="Ed25519 key file in PEM, or awskms:KEY-ID; required.")]
AttestedWithin: TypeAlias = Annotated[int, typer.Option("--attested-within", min=1, help="Hours after which an attestation is stale.")]
ExportedState: TypeAlias = Annotated[Path | None, typer.Option("--state", help="File of the stack's state, from a stack export.")]
DryRun: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Write nothing.")]
PrText: TypeAlias = Annotated[Path | None, typer.Option("--pr-text", help="Write the pull request's text to a file.")]
OutputFile: TypeAlias = Annotated[Path | None, typer.Option("--out", help="File for the output in place of stdout.")]
Today: TypeAlias = Annotated[str | None, typer.Option("--today", metavar="YYYY-MM-DD", help="The day to compare with.")]
Reason: TypeAlias = Annotated[str, typer.Option("--reason", help="Why, for the record.")]
Update: TypeAlias = Annotated[bool, typer.Option(help="Test 6: add a destination to the stack, then remove it.")]
SkipIfImpossible: TypeAlias = Annotated[bool, typer.Option("--skip-if-impossible", help="Exit 0 if namespaces cannot be created.")]
ReasonInWords: TypeAlias = Annotated[str, typer.Option("--reason", help="Why, in words.")]
LastDay: TypeAlias = Annotated[str | None, typer.Option("--until", metavar="YYYY-MM-DD", help="The last day.")]
Real: TypeAlias = Annotated[bool, typer.Option("--real", help="Read the real account and Controller, not a running lab.")]
AnswerIn: TypeAlias = Annotated[Format | None, _FORMAT]
TableIn: TypeAlias = Annotated[TableFormat | None, _FORMAT]
StateIn: TypeAlias = Annotated[StateFormat | None, _FORMAT]
ReportIn: TypeAlias = Annotated[ReportFormat | None, _FORMAT]
TextIn: TypeAlias = Annotated[TextFormat | None, _FORMAT]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Short for --format json.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    """The options that name a stack and set its keys."""

    stack: Stack = DEFAULT_STACK
    config: Config = None
    folder: Folder = Path()

    @property
    def overrides(self) -> dict[str, str]:
        """The values of --config by key, which `read` has checked."""
        return read_overrides(InputReader("the stack cannot be used"), self.config)

    def read(self, library: Library | None = None) -> ContainmentSpec:
        """Return the checked configuration of the stack; raise InputError with every problem."""
        return read_configured_stack(self.stack, self.config, self.folder, library)

    def read_with_library(self) -> tuple[ContainmentSpec, Library]:
        """Return the checked configuration of the stack, and the presets that it was checked against."""
        from containment.loaders.presets import load_library

        library = load_library()
        return self.read(library), library


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectOptions:
    """The options that name the policy of a question."""

    stack: StackOrNone = None
    state: State = None
    config: Config = None
    before: Before = None
    after: After = None
    folder: Folder = Path()

    @property
    def overrides(self) -> dict[str, str]:
        """The values of --config by key, which `read` has checked."""
        return read_overrides(InputReader("the policy cannot be read"), self.config)

    def read(self) -> Subject:
        """Return the subject of the question; raise InputError with the problems of every option."""
        from containment.queries.subject.other_owners import place_other_owners, read_other_owners

        reader = InputReader("the policy cannot be read")
        overrides = read_overrides(reader, self.config)
        found = reader.read(lambda: self._read_own(overrides))
        ahead, behind = (reader.read(partial(read_other_owners, path)) if path else None for path in (self.before, self.after))
        reader.require()
        if ahead is None and behind is None:
            return found.value
        return place_other_owners(found.value, ahead.value if ahead else None, behind.value if behind else None)

    def _read_own(self, overrides: Mapping[str, str]) -> Subject:
        from containment.queries.subject.subjects import read_subject

        if (self.stack is None) == (self.state is None):
            what = "are both given" if self.stack else "are both missing"
            fix = "give --stack STACK (listed by `containment fleet plan`) or --state FILE"
            refuse_usage("--stack and --state", what, "a question is about one policy", fix)
        return read_subject(self.stack, self.state, overrides, self.folder)


def read_configured_stack(stack: str, config: Sequence[str] | None, folder: Path, library: Library | None = None) -> ContainmentSpec:
    """Return the checked configuration of a stack; raise InputError with the problems of `--config` and of the stack.

    Args:
        stack: the stack's name.
        config: the `--config` options.
        folder: where the stack files are.
        library: the presets; those of this checkout by default.
    """
    from containment.loaders.stack_file import read_stack

    reader = InputReader("the stack cannot be used")
    overrides = read_overrides(reader, config)
    found = reader.read(lambda: read_stack(stack, overrides, folder, library))
    reader.require()
    return found.value


def declare_public_key(source: str) -> Any:
    """Return the option of trusted keys; `source` ends the sentence of its help."""
    return typer.Option("--public-key", help=f"PEM file of trusted keys{source}.", show_default=False)


def choose_format(chosen: StrEnum | None, as_json: bool, default: Format = Format.TABLE) -> Format:
    """Return the format of an answer; end the command if --json contradicts --format."""
    if as_json and chosen not in (None, Format.JSON):
        refuse_usage("--json", f"and --format {chosen} are both given", "an answer has one format", "leave one of them out")
    return Format.JSON if as_json else Format(chosen) if chosen else default


def print_answer(formats: object) -> Callable[[Callable[..., Answer]], Callable[..., None]]:
    """Make a command of a function that returns an answer.

    The command has the options --format and --json too. It prints the answer and exits with its exit code.

    Args:
        formats: the annotated type of --format.
    """

    def decorate(function: Callable[..., Answer]) -> Callable[..., None]:
        def command(*, chosen: Format, **given: Any) -> None:
            print_and_exit(function(**given), chosen)

        return take_format(formats)(set_parameters(command, function, get_parameters(function)))

    return decorate


def take_format(formats: object, default: Format = Format.TABLE) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a command of a function that prints its own output.

    The command has the options --format and --json; the function has the format that they select as its argument `chosen`.

    Args:
        formats: the annotated type of --format.
        default: the format without both options.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        def command(*, format_: StrEnum | None, as_json: bool, **given: Any) -> None:
            function(**given, chosen=choose_format(format_, as_json, default))

        own = [one for one in get_parameters(function) if one.name != "chosen"]
        listed = [("format_", None, formats), ("as_json", False, Json)]
        added = [Parameter(name, Parameter.KEYWORD_ONLY, default=value, annotation=kind) for name, value, kind in listed]
        return take_options(set_parameters(command, function, [*own, *added]))

    return decorate


def take_options(function: Callable[..., None]) -> Callable[..., None]:
    """Make a command of a function; an argument that is a dataclass of options becomes these options, in its place.

    An error that the user can correct ends the command with one message.
    """
    own = get_parameters(function)
    groups = {one.name: one.annotation for one in own if isinstance(one.annotation, type) and is_dataclass(one.annotation)}

    def command(**given: Any) -> None:
        made = {name: kind(**{field.name: given.pop(field.name) for field in fields(kind)}) for name, kind in groups.items()}
        with exit_on_error():
            function(**given, **made)

    listed = [part for one in own for part in (get_parameters(one.annotation) if one.name in groups else [one])]
    return set_parameters(command, function, listed)


def get_parameters(function: Callable[..., object]) -> list[Parameter]:
    """Return the parameters of a function with their annotations as types."""
    return [*inspect.signature(function, eval_str=True).parameters.values()]


def set_parameters(command: Callable[..., None], function: Callable[..., object], parameters: list[Parameter]) -> Callable[..., None]:
    """Give a command the name and docstring of a function, and the parameters that Typer makes arguments and options of."""
    functools.update_wrapper(command, function)
    vars(command)["__signature__"] = inspect.Signature([one.replace(kind=Parameter.KEYWORD_ONLY) for one in parameters])
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command
