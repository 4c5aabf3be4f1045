"""The command tree. Verbs that need Pulumi's libraries are loaded only when they are called."""

from __future__ import annotations

import sys

import typer

from containment.cli import doctor, plan

app = typer.Typer(
    name="containment",
    help="A contained place for an AI agent, and proof of what it can reach.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)
app.command("plan")(plan.plan)
app.command("doctor")(doctor.doctor)

if len(sys.argv) < 2 or sys.argv[1] in ("lab", "--help", "--install-completion", "--show-completion"):
    from containment.cli import lab, lab_home

    lab.app.command("status")(lab_home.status)
    lab.app.command("stacks")(lab_home.stacks)
    app.add_typer(lab.app, name="lab")
