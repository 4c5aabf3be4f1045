"""Wrong usage that the option parser finds: all mistakes of a command line in one error, each with its fix.

Typer raises the first mistake. Then the line is read again to its end: a mistyped option or command as the nearest known one, so that its
value and the words after it are checked too. Nothing runs after a mistake, and a line without one is read by Typer alone.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection
from itertools import pairwise
from typing import Any, ClassVar, Final

from typer._click.core import Command as AnyCommand
from typer._click.exceptions import BadOptionUsage, NoArgsIsHelpError, NoSuchOption
from typer._click.exceptions import UsageError as TyperUsageError
from typer._click.parser import _OptionParser
from typer.core import TyperCommand, TyperGroup

from containment.cli.help.exit_codes import HELP_ENDS
from containment.errors import Problem, UsageError
from containment.fixes.nearest_word import SHORT, find_nearest, make_proposal

_MISTAKES: Final = "containment.mistakes"
"""Where the context keeps the mistakes, those of a group for the command after it."""
_WHY: Final = "nothing is done before every word of the command line is understood"


class _ReadToTheEnd(AnyCommand):
    """A command or a group that reads its words to the end and names all mistakes at once."""

    def make_parser(self, ctx: Any) -> _OptionParser:
        return _Parser(ctx)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        mistakes = ctx.meta.setdefault(_MISTAKES, [])
        try:
            if not mistakes or ctx.resilient_parsing:
                return super().parse_args(ctx, [*args])
        except NoArgsIsHelpError:
            raise
        except TyperUsageError:
            pass
        rest = _Parser(ctx, mistakes).read_to_the_end([*args])
        if isinstance(self, TyperGroup):  # the command after it has its own mistakes
            return super().parse_args(ctx, rest or ["--"])
        raise _make_error(ctx)


class Command(_ReadToTheEnd, TyperCommand):
    """A command that names all mistakes of its words at once."""


class Group(_ReadToTheEnd, TyperGroup):
    """A group that names its mistakes together with those of the command after it; a mistyped command is read as the nearest one."""

    default_command: ClassVar[str] = ""
    """The command of a word that is none of the group's commands; empty if there is no such command."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if ctx.resilient_parsing or args[0] in self.commands:
            return super().resolve_command(ctx, args)
        fix = _propose(args[0], self.commands, f"list the commands: {ctx.command_path} --help")
        if self.default_command:
            fix += f"; if it is an argument: {ctx.command_path} {self.default_command} {shlex.quote(args[0])}"
        ctx.meta[_MISTAKES].append(Problem(args[0], f"is not a command of `{ctx.command_path}`", _WHY, fix))
        if (near := find_nearest(args[0], self.commands)) is None:
            raise _make_error(ctx)
        return near, self.commands[near], args[1:]

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except NoArgsIsHelpError:
            raise
        except TyperUsageError:
            fix = _propose("", self.commands, f"list the commands: {ctx.command_path} --help")
            ctx.meta[_MISTAKES].append(Problem(ctx.command_path, "is not followed by a command", "it does nothing alone", fix))
            raise _make_error(ctx) from None


class _Parser(_OptionParser):
    """A parser that takes no known option for a value; with a list of mistakes it adds each to the list and goes on."""

    def __init__(self, context: Any, mistakes: list[Problem] | None = None) -> None:
        super().__init__(context)
        self._context, self._mistakes = context, mistakes
        self._read_as = dict[str | None, str]()
        """Parameter -> the unknown option that its value is taken from."""
        self._without_value = set[str | None]()
        self._skipped = list[str]()
        """Words after unknown options: values, or arguments if required ones are missing; of a group, the options with their values."""
        for parameter in context.command.get_params(context):
            parameter.add_to_parser(self, context)

    def read_to_the_end(self, words: list[str]) -> list[str]:
        """Add all mistakes of the words of a command or a group; return the words of the command after a group."""
        options, rest, _ = self.parse_args(words)
        for parameter in self._context.command.get_params(self._context):
            if not (parameter.is_eager or parameter.name in self._without_value):
                try:
                    parameter.handle_parse_result(self._context, options, [])
                except TyperUsageError as error:
                    self._add(*_explain_value(error, options.get(parameter.name), self._read_as.get(parameter.name)))
        if rest and not self._context.allow_extra_args:
            stack = f"write --stack {shlex.quote(rest[0])} for a stack, or " if "--stack" in self._long_opt else ""
            fix = _propose(rest[0], self._long_opt, f"{stack}leave it out; a value with spaces needs quotes", 0)
            self._add(shlex.join(rest), f"is more than `{self._context.command_path}` takes", _WHY, fix)
        return [*rest[:1], *self._skipped, *rest[1:]] if rest else []

    def _add(self, where: str, what: str, why: str, fix: str) -> None:
        assert self._mistakes is not None, "the first reading ends at a mistake"
        self._mistakes.append(Problem(where, what, why, fix))

    def _process_opts(self, arg: str, state: Any) -> None:
        name, equals, value = arg.partition("=")
        option = self._long_opt.get(name) or self._short_opt.get(arg)
        try:
            if option and option.takes_value and not equals and self._lacks_value(state):
                raise BadOptionUsage(name, "no value", self.ctx)
            super()._process_opts(arg, state)
            self._read_as.pop(option.dest if option else None, None)
        except (NoSuchOption, BadOptionUsage) as error:
            if self._mistakes is None:
                raise
            if isinstance(error, NoSuchOption):
                self._read_unknown(name, value if equals else None, state)
                return
            name = error.option_name  # in `-jf`, that of the last letter
            option = self._long_opt.get(name) or self._short_opt[name]
            if option.takes_value:
                self._without_value.add(option.dest)
                sample = _find_sample(option.obj, self._context) or option.obj.metavar or "VALUE"
                self._add(name, "has no value", _explain(option.obj), f"write the value after it, such as {name} {sample}")
            else:
                self._add(name, f"takes no value ({value!r})", _explain(option.obj), f"write {name} alone")

    def _process_args_for_args(self, state: Any) -> None:
        missing = sum(one.obj.required for one in self._args) - len(state.largs + state.rargs)
        state.largs += self._skipped[: max(0, missing)]
        super()._process_args_for_args(state)

    def _lacks_value(self, state: Any) -> bool:
        """Return whether nothing follows, or an option; in a line with mistakes that may be a mistyped one."""
        word = state.rargs[0].partition("=")[0] if state.rargs else "--"
        is_mistyped = self._mistakes is not None and word.startswith("--") and " " not in word
        return word == "--" or word in self._long_opt or word in self._short_opt or is_mistyped

    def _read_unknown(self, name: str, value: str | None, state: Any) -> None:
        """Add the mistake, and read the option as the argument of its name or as the nearest option."""
        path, commands = self._context.command_path, getattr(self._context.command, "commands", {})
        near = self._long_opt.get(find_nearest(name, self._long_opt) or "")
        follows = [] if value is not None or self._lacks_value(state) or state.rargs[0].startswith("-") else state.rargs[:1]
        fix = _propose(name, self._long_opt, f"leave it out, or find the option with {path} --help", 0)
        if commands:
            following = next((one for one in state.rargs[:2] if one in commands), "COMMAND")
            follows = follows if state.rargs[1:2] == [following] else []
            self._skipped += [] if near else [name if value is None else f"{name}={value}"]
            fix = fix if near else f"write it after the command: {path} {following} {name}"
        elif name.lstrip("-").replace("-", "_") in {one.dest for one in self._args}:
            words = follows if value is None else [value]
            fix = f"it is an argument: write {path} {shlex.join(words) or name.lstrip('-').upper()}"
            near, follows, state.rargs[:0] = None, [], words if value else []
        self._add(name, f"is not an option of `{path}`", _WHY, fix)
        del state.rargs[: len(follows)]
        if near is None or not near.takes_value:
            self._skipped += follows
        elif value is None and not follows:
            self._without_value.add(near.dest)
        elif near.dest not in state.opts:
            near.process(follows[0] if value is None else value, state)
            self._read_as[near.dest] = name


def _explain_value(error: Any, raw: Any, mistyped: str | None) -> tuple[str, str, str, str]:
    """Return where a parameter is missing or refused, what is wrong, why it matters, and the fix.

    Args:
        error: Typer's error.
        raw: the value as it was typed; None for a missing one.
        mistyped: the unknown option that the value is taken from.
    """
    from pydantic import BaseModel

    from containment.fixes.model_findings import describe_finding, quote_value
    from containment.fixes.unfit_value import NO_VALUE

    parameter, example = error.param, f"as in: {error.ctx.command_path} {_get_example(error.ctx)}"
    name = max(parameter.opts, key=len) if parameter.param_type_name == "option" else parameter.display_name_raw.upper()
    choices = _list_choices(parameter)
    known = ", ".join(choices)
    if raw is None:
        return name, "is missing", _explain(parameter), f"add it, {f'one of {known}, ' if choices else ''}{example}"
    where = f"{mistyped} (read as {name})" if mistyped else name
    if choices:
        fix = _propose(raw, choices, "see --help", len(choices))
        return where, f"is none of {known} ({quote_value(raw)})", _explain(parameter), fix
    said = describe_finding(error.__cause__.errors(include_url=False)[0], BaseModel)
    sample = _find_sample(parameter, error.ctx)
    fix = (said.fix or "write another value") + ((f", such as {sample}" if sample else f", {example}") if said.value is NO_VALUE else "")
    return where, f"{said.what} ({quote_value(raw)})", _explain(parameter), fix


def _explain(parameter: Any) -> str:
    return f"it is: {parameter.help}"


def _list_choices(parameter: Any) -> list[str]:
    return [str(one.value) for one in parameter.type_descriptor.choices or ()]


def _find_sample(parameter: Any, context: Any) -> str | None:
    """Return a value of an option: that of the command's example, the first choice or the default."""
    words = pairwise(shlex.split(_get_example(context)))
    found = [value for name, value in words if name in parameter.opts] + _list_choices(parameter)
    return next(iter(found), None if parameter.default in (None, "") else str(parameter.default))


def _get_example(context: Any) -> str:
    """Return the arguments of a command's example; empty for a group, which has none."""
    return HELP_ENDS.get(_get_words(context), ("", ()))[0]


def _get_words(context: Any) -> str:
    """Return the words of a command without the program's name."""
    return f"{_get_words(context.parent)} {context.info_name}".strip() if context.parent else ""


def _propose(word: str, known: Collection[str], otherwise: str, most: int = SHORT) -> str:
    near = find_nearest(word, known)
    return f"did you mean {near}? write {near}" if near else make_proposal("", known, otherwise, most=most)


def _escape(text: str) -> str:
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def _make_error(context: Any) -> UsageError:
    # a word can contain what controls a terminal
    mistakes = [Problem(_escape(one.where), _escape(one.what), _escape(one.why), _escape(one.fix)) for one in context.meta[_MISTAKES]]
    return UsageError(f"the command line is wrong (see {context.command_path} --help)", mistakes)
