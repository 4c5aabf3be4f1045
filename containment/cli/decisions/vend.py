"""`containment vend`: an agent by request, as a reviewed file with owners and an end, and the pull request for it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from containment.cli.common import refuse_usage
from containment.cli.help.default_command import make_group
from containment.cli.help.exit_codes import build_epilog
from containment.cli.options import DryRun, Folder, LastDay, PrText, StackOrNone, TableIn, Today, print_answer
from containment.errors import InputError, Problem
from containment.fixes.unfit_value import UnfitError
from containment.queries.results import Answer
from containment.vending.agent import DataClassification, ForbiddenAction, Size, build_marker, make_marker_name, parse_day

if TYPE_CHECKING:
    from containment.config.spec import ContainmentSpec
    from containment.vending.loader import AgentFiles

_NEW = "new"

app = typer.Typer(cls=make_group(_NEW), help="Agents by request: files in agents/, one host each.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The agent's name, which is the name of its file.")]


@app.command(_NEW, epilog=build_epilog("vend new"))
@print_answer(TableIn)
def new(
    name: Name,
    stack: StackOrNone = None,
    business: Annotated[str | None, typer.Option("--owner-business", help="Owner of its work.")] = None,
    approver: Annotated[str | None, typer.Option("--owner-security-approver", help="Approver of its access.")] = None,
    steward: Annotated[str | None, typer.Option("--owner-data-steward", help="Owner of its data.")] = None,
    purpose: Annotated[str | None, typer.Option("--purpose", help="Its purpose, in one line.")] = None,
    classification: Annotated[DataClassification | None, typer.Option("--data-classification", help="Its most sensitive data.")] = None,
    until: LastDay = None,
    harness: Annotated[str | None, typer.Option("--harness", help="The agent software; the stack's by default.")] = None,
    size: Annotated[Size | None, typer.Option("--size", help="The host's size; the stack's by default.")] = None,
    forbid: Annotated[list[str] | None, typer.Option("--forbid", metavar="ACTION", help="An action it must not take; repeatable.")] = None,
    deadline: Annotated[str | None, typer.Option("--deadline", metavar="TIME", help="For one task: when the host ends, in UTC.")] = None,
    dry_run: DryRun = False,
    pr_text: PrText = None,
    today: Today = None,
    folder: Folder = Path(),
) -> Answer:
    """Write an agent's file and the pull request for it.

    Values that no option gives are read from the terminal; without one, every missing option is listed. A file that exists is never
    overwritten. Class, mode and site follow from the stack.
    """
    from containment.files.output_files import write_whole
    from containment.loaders.stack_file import read_stack
    from containment.vending.loader import find_stacks, read_agents
    from containment.vending.pull_request import describe_vended
    from containment.vending.request import check_request, complete_request, find_missing

    day = _parse_day(today)
    values: dict[str, Any] = {
        "stack": stack,
        "owner.business": business,
        "owner.securityApprover": approver,
        "owner.dataSteward": steward,
        "purpose": purpose,
        "dataClassification": classification.value if classification else None,
        "until": until,
        "harness": harness,
        "size": size.value if size else None,
        "forbiddenActions": list(forbid or ()),
        "ephemeral": True if deadline else None,
        "deadline": deadline,
    }
    files = read_agents(folder)
    if find_missing(values) and _is_terminal():
        _prompt_for_missing(name, values, files, folder)
    agent = check_request(name, values, files, find_stacks(folder), day)
    spec = read_stack(agent.stack, folder=folder)
    vended = complete_request(agent, spec, files, day)
    answer = describe_vended(vended, spec, dry_run=dry_run)
    if not dry_run:
        _write_new(folder / agent.file, vended.text)
        _write_marker(folder, agent.stack)
    if pr_text is not None:
        assert answer.document
        write_whole(pr_text, answer.document["pullRequest"])
    return answer


@app.command("list", epilog=build_epilog("vend list"))
@print_answer(TableIn)
def list_agents(
    stack: StackOrNone = None,
    today: Today = None,
    folder: Folder = Path(),
) -> Answer:
    """List the agents with their owners, ends and days left."""
    from containment.vending.listing import describe_agents
    from containment.vending.loader import find_stacks, read_agents

    day = _parse_day(today)
    agents = [agent for agent in read_agents(folder).require_all() if stack in (None, agent.stack)]
    known = sorted({agent.stack for agent in agents} & set(find_stacks(folder)))
    specs = _read_specs(known, folder)
    return describe_agents(agents, specs, day, unusable=set(known) - specs.keys())


@app.command("show", epilog=build_epilog("vend show"))
@print_answer(TableIn)
def show_agent(name: Name, today: Today = None, folder: Folder = Path()) -> Answer:
    """Show an agent: its file, its stack and its host."""
    from containment.loaders.presets import find_class_names
    from containment.loaders.stack_file import read_stack
    from containment.vending.listing import describe_agent, make_not_found_error
    from containment.vending.loader import read_agents

    day = _parse_day(today)
    files = read_agents(folder)
    found = next((agent for agent in files.agents if agent.name == name), None)
    if found is None:
        own = [problem for _, problem in files.problems if _is_about(problem, name)]
        raise InputError(f"agents/{name}.yaml cannot be used", own) if own else make_not_found_error(name, sorted(files.names))
    spec = read_stack(found.stack, folder=folder)
    return describe_agent(found, spec, files.find_agents(found.stack), day, sorted(find_class_names()))


@app.command("remove", epilog=build_epilog("vend remove"))
@print_answer(TableIn)
def remove(
    name: Name,
    reason: Annotated[str, typer.Option("--reason", help="Why it is removed, for the pull request.")] = "",
    dry_run: DryRun = False,
    pr_text: PrText = None,
    folder: Folder = Path(),
) -> Answer:
    """Remove an agent's file, and write the pull request for it.

    The hosts of other agents do not change.
    """
    from containment.files.output_files import convert_write_errors, write_whole
    from containment.vending.listing import make_not_found_error
    from containment.vending.loader import read_agents
    from containment.vending.pull_request import describe_removed

    files = read_agents(folder)
    if name not in files.names:
        raise make_not_found_error(name, sorted(files.names))
    agent = next((one for one in files.agents if one.name == name), None)
    others = [one.name for one in files.agents if agent and one.stack == agent.stack and one.name != name]
    stack = agent.stack if agent else next((one for one, problem in files.problems if _is_about(problem, name)), "")
    marker = "" if not stack or stack in files.by_request else make_marker_name(stack)
    answer = describe_removed(name, agent, others, dry_run=dry_run, reason=reason, marker=marker)
    assert answer.document
    if pr_text is not None:
        write_whole(pr_text, answer.document["pullRequest"])
    if not dry_run:
        path = folder / "agents" / f"{name}.yaml"
        if marker:
            _write_marker(folder, stack)  # first: a run that is cut off leaves the agent, and no host without one
        with convert_write_errors(path, "the agent keeps its host"):
            path.unlink()
    return answer


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _write_new(path: Path, text: str) -> None:
    """Write a file that must not exist, whole; end the command if another process was faster."""
    from containment.files.output_files import write_once

    write_once(path, text)
    if path.read_text(encoding="utf-8") != text:
        fix = "choose another name, or edit the file"
        problem = Problem(str(path), "exists already", "a reviewed agent file is never overwritten", fix)
        raise InputError("no agent file is written", [problem])


def _write_marker(folder: Path, stack: str) -> None:
    """Write the file that keeps the stack's hosts by request, if it has none yet."""
    from containment.files.output_files import write_once

    write_once(folder / make_marker_name(stack), build_marker(stack))


def _is_about(problem: Problem, name: str) -> bool:
    return problem.where.partition(":")[0] == f"agents/{name}.yaml"


def _prompt_for_missing(name: str, values: dict[str, Any], files: AgentFiles, folder: Path) -> None:
    """Read the missing values from the terminal, each until it is valid; the mistakes of the options come first."""
    from containment.vending.loader import find_stacks
    from containment.vending.request import find_missing, find_name_problems, find_value_problems

    if wrong := [*find_name_problems(name, files), *find_value_problems(values)]:
        raise InputError("the agent's request cannot be used", wrong)
    stacks = find_stacks(folder)
    words = {
        "stack": f"stack ({', '.join(stacks)})",
        "owner.business": "business owner (a person or a team)",
        "owner.securityApprover": "security approver (a person or a team)",
        "owner.dataSteward": "data steward (a person or a team)",
        "purpose": "purpose (one line)",
        "dataClassification": f"data classification ({', '.join(DataClassification)})",
        "until": "last day (YYYY-MM-DD)",
    }
    for key in find_missing(values):
        values[key] = _prompt(words[key], key, stacks)
    if not values["forbiddenActions"]:
        values["forbiddenActions"] = _prompt(
            f"forbidden actions, with commas, or none ({', '.join(ForbiddenAction)})", "forbiddenActions", stacks
        )


def _prompt(words: str, key: str, stacks: Sequence[str]) -> Any:
    """Return the value of a key from the terminal, read again after each mistake."""
    from containment.vending.request import find_value_problems

    while True:
        is_list = key == "forbiddenActions"
        text = str(typer.prompt(words, default="" if is_list else None, show_default=False, err=True)).strip()
        given = [part.strip() for part in text.split(",") if part.strip()] if is_list else text
        problems = [f"{one.what}; {one.fix}" for one in find_value_problems({key: given})]
        if key == "stack" and not problems and given not in stacks:
            problems = [f"has no file Pulumi.{given}.yaml"]
        if not problems:
            return given
        typer.echo(f"{text!r} {problems[0]}", err=True)


def _read_specs(stacks: Sequence[str], folder: Path) -> dict[str, ContainmentSpec]:
    """Return the stacks that can be used; `containment plan` prints the problems of the others."""
    from containment.loaders.stack_file import read_stack

    found = {}
    for stack in stacks:
        with contextlib.suppress(InputError):
            found[stack] = read_stack(stack, folder=folder)
    return found


def _parse_day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return parse_day(text)
    except UnfitError as error:
        refuse_usage("--today", f"{error.what} ({text!r})", "agents are active up to a day", error.fix or "write YYYY-MM-DD")
