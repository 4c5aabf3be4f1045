"""The command tree, restricted to the command on the command line, so that only its libraries are loaded (all for `--help`)."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.models import DefaultPlaceholder

from containment.cli.common import fail, get_exit_code
from containment.cli.help.exit_codes import build_epilog
from containment.cli.help.version import show_version
from containment.cli.help.wrong_usage import Command, Group
from containment.errors import ContainmentError
from containment.exit_code import Exit
from containment.extras import LAB

_VERBS: Final = {
    "plan": "policy.plan",
    "doctor": "readiness",
    "host": "policy.host",
    "preflight": "readiness",
    **dict.fromkeys(("explain", "reach", "diff", "prove", "risk"), "policy.questions"),
    "check": "policy.questions",
    "vend": "decisions.vend",
    "observe": "operation.observe",
    "baseline": "operation.baseline",
    "discover": "operation.discover",
    "promote": "decisions.promote",
    "render": "policy.render",
    "bundle": "policy.bundle",
    "tools": "operation.tools",
    "catalog": "policy.catalog",
    "request": "decisions.request",
    "approve": "decisions.approve",
    "audit": "records.audit",
    "fleet": "fleet.commands",
    "evidence": "records.evidence",
    **dict.fromkeys(("enforce", "rollback"), "operation.lifecycle"),
    "attest": "records.attest",
    "session": "operation.session",
    "stop": "operation.stop",
    "lab": "lab.deployment",
}
"""Command -> the module in this package that defines it, in the order of the help."""
_LAB_VERBS: Final = {
    **dict.fromkeys(("status", "stacks"), "lab.home"),
    **dict.fromkeys(("verify", "watch"), "lab.network"),
    "run": "lab.run",
    "report": "lab.report",
    "world": "lab.network",
}
"""Subcommand of `lab` -> its module; those that run a program are in `lab.deployment`."""


class _CommandTree(Group):
    """The whole tree: Ctrl-C ends a command with the exit code of an interruption, and commands read their files themselves."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        _leave_files_to_commands(self)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ContainmentError as error:  # of a command that has not caught it itself
            fail(str(error), get_exit_code(error))
        except KeyboardInterrupt:
            typer.echo("interrupted", err=True)
            raise typer.Exit(Exit.INTERRUPTED) from None


class _LabCommand(Command):
    """A command that needs the extra `lab`; its help does not."""

    def invoke(self, ctx: Any) -> Any:
        LAB.require()
        return super().invoke(ctx)


def _leave_files_to_commands(group: TyperGroup) -> None:
    """Switch off Typer's own check of a path, which ends with wrong usage and without a fix; the command's reader explains the file."""
    for command in group.commands.values():
        for parameter in command.params:
            if hasattr(parameter, "type_descriptor"):
                parameter.type_descriptor.parameter_info.readable = False
        if isinstance(command, TyperGroup):
            _leave_files_to_commands(command)


def build(typed: Sequence[str] = ()) -> typer.Typer:
    """Return the command tree, or for typed arguments only the part that they name."""
    tree = typer.Typer(
        name="containment",
        cls=_CommandTree,
        help="Contain an AI agent, and prove what it can reach.",
        epilog="Exit codes are the same for every command; the help of each command lists its own.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    tree.callback()(_declare_options)
    if typed[:1] == ["lab"] and len(typed) > 1 and typed[1] in _LAB_VERBS:  # a command that runs no program needs no engine
        tree.add_typer(_add_verbs(typer.Typer(), typed[1:]), name="lab")
        return _set_classes(tree)
    for verb, found in _import_modules(_VERBS, typed[:1]):
        if verb == "lab":
            tree.add_typer(_build_lab(found, typed[1:]), name=verb)
        elif hasattr(found, "app"):
            tree.add_typer(found.app, name=verb)
        else:
            tree.command(verb, epilog=build_epilog(verb))(getattr(found, verb))
    return _set_classes(tree)


def find_typed_words(arguments: Sequence[str], environment: Mapping[str, str]) -> Sequence[str]:
    """Return the words of the command line; during shell completion, the words in the shell's variables.

    The word under the cursor may be an incomplete command, which `build` does not find; it then loads every command.
    """
    text = environment.get("_TYPER_COMPLETE_ARGS") or environment.get("COMP_WORDS")
    if text is None or "_CONTAINMENT_COMPLETE" not in environment:
        return arguments
    try:
        return shlex.split(text)[1:]
    except ValueError:  # unbalanced quotes
        return text.split()[1:]


def _build_lab(module: Any, typed: Sequence[str]) -> typer.Typer:
    app: typer.Typer = module.app
    here = {one.name or one.callback.__name__ for one in app.registered_commands if one.callback} | {
        one.name for one in app.registered_groups
    }
    return app if typed and typed[0] in here else _add_verbs(app, typed, here)


def _add_verbs(app: typer.Typer, typed: Sequence[str], here: Collection[str | None] = ()) -> typer.Typer:
    """Add the subcommands of `lab` that its module lacks, or only the one that was typed."""
    for verb, found in _import_modules({verb: name for verb, name in _LAB_VERBS.items() if verb not in here}, typed[:1]):
        if verb == "world":
            app.add_typer(found.world, name=verb)
        else:
            app.command(verb, epilog=build_epilog(f"lab {verb}"))(getattr(found, verb))
    return app


def _set_classes(app: typer.Typer, command_class: type[Command] = Command) -> typer.Typer:
    """Let each command and group name all mistakes of its words at once, and each command of `lab` need the extra `lab`."""
    for command in app.registered_commands:
        command.cls = command_class
    for group in app.registered_groups:
        assert group.typer_instance is not None, "a group that has commands is an application"
        declared: Any = group.typer_instance.info.cls
        if isinstance(declared, DefaultPlaceholder):
            group.cls = Group
        _set_classes(group.typer_instance, _LabCommand if group.name == "lab" else command_class)
    return app


def _import_modules(verbs: Mapping[str, str], typed: Sequence[str]) -> list[tuple[str, Any]]:
    """Return the typed commands, or all if none was typed, each with its module."""
    wanted = [verb for verb in verbs if verb in typed] or list(verbs)
    return [(verb, import_module(f"containment.cli.{verbs[verb]}")) for verb in wanted]


def _declare_options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version, the commit and the Python version.", callback=show_version, is_eager=True)
    ] = False,
) -> None:
    pass  # without a callback, typer would drop the name of a tree's only command


app = build(find_typed_words(sys.argv[1:], os.environ))
