"""The command tree. Verbs that need Pulumi's libraries are loaded only when they are called."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from containment.cli import check, diff, doctor, explain, host, plan, preflight, prove, reach, risk

_QUESTIONS: tuple[Callable[..., None], ...] = (explain.explain, reach.reach, diff.diff, prove.prove, risk.risk, check.check)


def build(*, everything: bool) -> typer.Typer:
    """Return the command tree; without `everything`, only what loads quickly."""
    tree = typer.Typer(
        name="containment",
        help="A contained place for an AI agent, and proof of what it can reach.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    tree.command("plan")(plan.plan)
    tree.command("doctor")(doctor.doctor)
    tree.command("host")(host.host)
    tree.command("preflight")(preflight.preflight)
    for question in _QUESTIONS:
        tree.command(question.__name__)(question)
    if everything:
        from containment.cli import lab, lab_home, lab_report, lab_world

        if not any(command.name == "status" for command in lab.app.registered_commands):
            lab.app.command("status")(lab_home.status)
            lab.app.command("stacks")(lab_home.stacks)
            for verb in (lab_world.verify, lab_world.run, lab_world.watch, lab_report.report):
                lab.app.command(verb.__name__)(verb)
            lab.app.add_typer(lab_world.world, name="world")
        tree.add_typer(lab.app, name="lab")
    return tree


app = build(everything=len(sys.argv) < 2 or sys.argv[1] not in ("plan", "doctor", "host", *(one.__name__ for one in _QUESTIONS)))
