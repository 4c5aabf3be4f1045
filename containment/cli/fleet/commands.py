"""`containment fleet`: plan, deploy, compare and destroy every stack of the project together."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from containment.cli.common import print_and_exit, refuse_usage
from containment.cli.fleet.run import build_plan_answer, read_fleet, run_stacks, run_tasks, select_members
from containment.cli.help.completion import complete_stack_names
from containment.cli.help.exit_codes import build_epilog
from containment.cli.options import AttestedWithin, Folder, TableIn, print_answer, take_format
from containment.fleet.backend import Backend, BackendName, Verb
from containment.queries.renderers import Format
from containment.queries.results import Answer

if TYPE_CHECKING:
    from containment.fleet.checks import FleetFacts
    from containment.fleet.members import Member

app = typer.Typer(help="Plan, deploy and compare all stacks of a project.", no_args_is_help=True)

Stacks = Annotated[
    list[str] | None,
    typer.Argument(metavar="STACK", help="Only these stacks; by default all.", autocompletion=complete_stack_names, show_default=False),
]
Sites = Annotated[list[str] | None, typer.Option("--site", help="Only the stacks of this site; repeatable.")]
Engine = Annotated[
    BackendName | None, typer.Option("--backend", help="The engine; pulumi where it is on PATH, else lab.", show_default=False)
]
Parallel = Annotated[int, typer.Option("--parallel", help="Stacks at once, at most.", min=1, max=64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The options that select stacks of a project, and the engine."""

    stacks: Stacks = None
    site: Sites = None
    backend: Engine = None
    folder: Folder = Path()

    def read(self) -> tuple[Backend, FleetFacts, list[Member]]:
        """Return the engine, what the files of the fleet define, and the selected members."""
        engine, facts = read_fleet(self.folder, self.backend)
        return engine, facts, select_members(facts, self.stacks, self.site)


@app.command("plan", epilog=build_epilog("fleet plan"))
@take_format(TableIn)
def plan(
    selection: Selection,
    preview: Annotated[bool, typer.Option("--preview", help="Preview each stack with the engine and the pack.")] = False,
    parallel: Parallel = 2,
    *,
    chosen: Format,
) -> None:
    """List the stacks, and every problem of their files.

    Nothing is deployed. A problem of any file stops `fleet up`.
    """
    engine, facts, members = selection.read()
    answer = build_plan_answer(engine, facts, members)
    if preview:
        run_stacks(Verb.PREVIEW, engine, facts, members, answer, parallel, chosen)
    print_and_exit(answer, chosen)


@app.command("up", epilog=build_epilog("fleet up"))
@take_format(TableIn)
def up(
    selection: Selection,
    parallel: Parallel = 2,
    *,
    chosen: Format,
) -> None:
    """Deploy every stack, the platforms first.

    The policy pack is enforced in each. A stack that fails stops no other; the exit code is the worst of all. After an interruption,
    run the command again: it continues where it stopped.
    """
    engine, facts, members = selection.read()
    answer = build_plan_answer(engine, facts, members)
    run_stacks(Verb.UP, engine, facts, members, answer, parallel, chosen)


@app.command("destroy", epilog=build_epilog("fleet destroy"))
@take_format(TableIn)
def destroy(
    selection: Selection,
    platform: Annotated[bool, typer.Option("--platform", help="Destroy the platforms too, after the stacks.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Destroy without typing the names.")] = False,
    parallel: Parallel = 2,
    *,
    chosen: Format,
) -> None:
    """Destroy stacks after you type their names.

    Lists what would be deleted, and asks for the names of all these stacks. Without a terminal, --yes is required.
    """
    from containment.fleet.runner import build_destroy_tasks, find_mistyped, list_deletions

    engine, _, members = selection.read()
    deletions = list_deletions([one.stack for one in members], engine.list_deployments())
    platforms = sorted(engine.list_platforms()) if platform else []
    if platform and (staying := sorted(engine.list_deployments().keys() - {one.stack for one in deletions})):
        refuse_usage(
            "--platform",
            f"{', '.join(staying)} would stay",
            "their rules are attached to the platform",
            "name these stacks too, or leave out --platform",
        )
    tasks = build_destroy_tasks([one.stack for one in deletions], platforms, selection.folder)
    typer.echo("This would be deleted:" if tasks else "nothing of these stacks is deployed", err=True)
    for one in deletions:
        typer.echo(f"  {one.describe()}", err=True)
    for name in platforms:
        typer.echo(f"  platform/{name}: attachment points of every stack; DCF and the default action stay", err=True)
    names = [task.label for task in tasks]
    if names and not yes:
        if not is_terminal():
            why = "a person types the names of what goes; nothing was destroyed"
            refuse_usage("--yes", "is not given, and this is no terminal", why, "run it in a terminal, or give --yes")
        typed = typer.prompt("Type the names, separated by spaces, to destroy them", default="", show_default=False, err=True)
        if wrong := find_mistyped(typed, names):
            refuse_usage("the typed names", wrong, "nothing was destroyed", f"type {' '.join(names)}")
    run_tasks(Verb.DESTROY, engine, tasks, parallel, chosen)


@app.command("reap", epilog=build_epilog("fleet reap"))
@print_answer(TableIn)
def reap(
    write: Annotated[bool, typer.Option("--write", help="Make the branch with the commit that removes the files.")] = False,
    backend: Engine = None,
    folder: Folder = Path(),
) -> Answer:
    """Propose the removal of ended agents as a pull request.

    Prints the text of the pull request. --write makes its branch; the checkout, its current branch and every host stay as they are.
    """

    from containment.fleet.reap import propose_removal

    engine, facts = read_fleet(folder, backend)
    return propose_removal(facts, engine.list_deployments(), datetime.now(UTC).date(), writes=write)


@app.command("status", epilog=build_epilog("fleet status"))
@print_answer(TableIn)
def status(
    selection: Selection,
    attested_within: AttestedWithin = 24,
) -> Answer:
    """Show per stack: deployed, drift, attestation, agents.

    A stale or failed attestation, an ended agent, and a deployed policy that is not the reviewed one are FAIL.
    """

    from containment.fleet.answers import build_status_answer
    from containment.fleet.status import Observed, build_status, find_unreviewed, list_problem_cases
    from containment.loaders.stack_file import find_stacks

    engine, facts, members = selection.read()
    age = timedelta(hours=attested_within)
    seen = Observed(
        folder=selection.folder, deployments=engine.list_deployments(), now=datetime.now(UTC), max_age=age, by_request=facts.by_request
    )
    found = [build_status(member, facts.agents, seen) for member in members]
    more = [*list_problem_cases(facts.problems)]
    if not selection.stacks and not selection.site:
        more += find_unreviewed(members, find_stacks(selection.folder), seen.deployments)
    return build_status_answer(found, more, engine.name)


def is_terminal() -> bool:
    """Return whether a person can type an answer."""
    return sys.stdin.isatty()
