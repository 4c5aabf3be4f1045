"""The command tree, or as much of it as is asked for: a verb's libraries are loaded when it is named, all of them for `--help`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final

import typer

_VERBS: Final = {
    **{verb: verb for verb in ("plan", "doctor", "host", "preflight", "explain", "reach", "diff", "prove", "risk", "check")},
    "lab": "lab",
}
"""Verb -> the module here that has it, in the order of the help."""
_LAB_VERBS: Final = {
    **dict.fromkeys(("status", "stacks"), "lab_home"),
    **dict.fromkeys(("verify", "run", "watch"), "lab_world"),
    "report": "lab_report",
    "world": "lab_world",
}
"""Verb of `lab` -> the module that has it; those that run a program are in `lab` itself."""


def build(asked: Sequence[str] = ()) -> typer.Typer:
    """Return the command tree; with arguments as they are typed, only the part that they name."""
    tree = typer.Typer(
        name="containment",
        help="A contained place for an AI agent, and proof of what it can reach.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    tree.callback()(_nothing_in_common)
    for verb, found in _named(_VERBS, asked[:1]):
        if verb == "lab":
            tree.add_typer(_lab(found, asked[1:]), name=verb)
        else:
            tree.command(verb)(getattr(found, verb))
    return tree


def _lab(module: Any, asked: Sequence[str]) -> typer.Typer:
    app: typer.Typer = module.app
    here = {one.name or one.callback.__name__ for one in app.registered_commands if one.callback} | {
        one.name for one in app.registered_groups
    }
    if not asked or asked[0] not in here:
        for verb, found in _named({verb: name for verb, name in _LAB_VERBS.items() if verb not in here}, asked[:1]):
            if verb == "world":
                app.add_typer(found.world, name=verb)
            else:
                app.command(verb)(getattr(found, verb))
    return app


def _named(verbs: Mapping[str, str], asked: Sequence[str]) -> list[tuple[str, Any]]:
    """Return the verbs asked for, or all when none of them is, each with its module."""
    wanted = [verb for verb in verbs if verb in asked] or list(verbs)
    return [(verb, import_module(f"containment.cli.{verbs[verb]}")) for verb in wanted]


def _nothing_in_common() -> None:
    pass  # without a callback, a tree with one verb would take that verb for its own name


app = build(sys.argv[1:])
