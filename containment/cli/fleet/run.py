"""The parts that the `containment fleet` commands share: reading the fleet, choosing stacks, and running tasks until a signal ends them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from containment.cli.common import print_and_exit
from containment.cli.signals import handle_signals
from containment.errors import Problem, UsageError
from containment.fleet.backend import Backend, BackendName, Task, Verb
from containment.queries.renderers import Format

if TYPE_CHECKING:
    from containment.fleet.checks import FleetFacts
    from containment.fleet.members import Member
    from containment.queries.results import Answer


def build_plan_answer(engine: Backend, facts: FleetFacts, members: Sequence[Member]) -> Answer:
    """Return the plan of the chosen members, with every problem of the fleet's files."""
    from datetime import UTC, datetime

    from containment.fleet.answers import build_plan

    today = datetime.now(UTC).date()
    return build_plan(members, facts.agents, engine.list_deployments(), facts.problems, facts.file.exclude, engine.name, today)


def run_stacks(
    verb: Verb, engine: Backend, facts: FleetFacts, members: Sequence[Member], answer: Answer, parallel: int, chosen: Format
) -> NoReturn:
    """Run a command on the members and their platforms; refuse it with every problem of the fleet's files."""
    from containment.fleet.answers import build_refusal
    from containment.fleet.runner import build_up_tasks

    if facts.problems:
        print_and_exit(build_refusal(verb, answer), chosen)
    tasks = build_up_tasks(verb, members, facts.members, facts.folder, one_controller=engine.one_controller)
    run_tasks(verb, engine, tasks, parallel, chosen)


def run_tasks(verb: Verb, engine: Backend, tasks: Sequence[Task], parallel: int, chosen: Format) -> NoReturn:
    """Run tasks with their progress on stderr, print the answer, and exit with its code."""
    from containment.cli.fleet.screen import make_screen
    from containment.fleet.answers import build_run_answer
    from containment.fleet.runner import FleetRun

    with make_screen(tasks, f"fleet {verb}") as screen:
        run = FleetRun(engine, tasks, parallel, screen.take)
        with handle_signals(run.stop):  # a second signal kills what still runs
            ended = run.run()
    print_and_exit(build_run_answer(verb, ended, engine.name), chosen)


def read_fleet(folder: Path, backend: BackendName | None) -> tuple[Backend, FleetFacts]:
    """Return the engine, and what the files of the fleet define."""
    from containment.fleet.backend import choose_backend
    from containment.fleet.checks import FleetFacts

    engine = choose_backend(backend, folder)
    return engine, FleetFacts(folder, one_controller=engine.one_controller)


def select_members(facts: FleetFacts, stacks: list[str] | None, sites: list[str] | None) -> list[Member]:
    """Return the chosen members; raise UsageError with every name that is none."""
    from containment.fixes.nearest_word import make_proposal

    known = [member.stack for member in facts.members]
    problems, why = list[Problem](), "only stacks and sites of the fleet are selected"
    for name in stacks or []:
        if name in facts.file.exclude:
            what = f"is left out of the fleet ({facts.file.exclude[name]})"
            problems.append(Problem(name, what, why, "remove it from exclude in fleet.yaml"))
        elif name not in known:
            fix = make_proposal(name, known, "list them with `containment fleet plan`", verb="use")
            problems.append(Problem(name, "no such stack here", why, fix))
    there = sorted({member.site_name for member in facts.members if member.site_name} | set(facts.file.sites))
    for name in sites or []:
        if name not in there:
            fix = make_proposal(name, there, "name it in fleet.yaml", verb="use")
            problems.append(Problem(f"--site {name}", "no such site", why, fix))
    if problems:
        raise UsageError("stacks cannot be selected", problems)
    return [one for one in facts.members if (not stacks or one.stack in stacks) and (not sites or one.site_name in sites)]
