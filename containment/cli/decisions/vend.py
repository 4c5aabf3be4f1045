"""`containment vend`: an agent by request, as a reviewed file with owners and an end, and the pull request for it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from containment.cli.help.default_command import make_group
from containment.cli.help.exit_codes import build_epilog
from containment.cli.options import DryRun, Folder, LastDay, PrText, StackOrNone, TableIn, Today, print_answer
from containment.cli.time_options import parse_today
from containment.errors import InputError, Problem
from containment.input_reader import InputReader
from containment.queries.results import Answer
from containment.vending.agent import DataClassification, ForbiddenAction, Size, build_marker, make_marker_name

if TYPE_CHECKING:
    from containment.config.spec import ContainmentSpec
    from containment.vending.agent import Agent
    from containment.vending.loader import AgentFiles

_NEW = "new"

app = typer.Typer(cls=make_group(_NEW), help="Agents by request: files in agents/, one host each.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The agent's name, which is the name of its file.")]


@app.command(_NEW, epilog=build_epilog("vend new"))
@print_answer(TableIn)
def new(
    name: Name,
    stack: StackOrNone = None,
    new_stack: Annotated[bool, typer.Option("--new-stack", help="Also write the stack's file, with a free network.")] = False,
    business: Annotated[str | None, typer.Option("--owner-business", help="Owner of the agent's work.")] = None,
    approver: Annotated[str | None, typer.Option("--owner-security-approver", help="Approver of the agent's access.")] = None,
    steward: Annotated[str | None, typer.Option("--owner-data-steward", help="Owner of the agent's data.")] = None,
    purpose: Annotated[str | None, typer.Option("--purpose", help="The agent's purpose, in one line.")] = None,
    classification: Annotated[
        DataClassification | None, typer.Option("--data-classification", help="The most sensitive data of the agent.")
    ] = None,
    until: LastDay = None,
    harness: Annotated[str | None, typer.Option("--harness", help="The agent software; the stack's by default.")] = None,
    size: Annotated[Size | None, typer.Option("--size", help="The host's size; the stack's by default.")] = None,
    forbid: Annotated[
        list[str] | None, typer.Option("--forbid", metavar="ACTION", help="An action the agent must not take; repeatable.")
    ] = None,
    deadline: Annotated[
        str | None, typer.Option("--deadline", metavar="TIME", help="For one task: when the host is terminated, in UTC.")
    ] = None,
    dry_run: DryRun = False,
    pr_text: PrText = None,
    today: Today = None,
    folder: Folder = Path(),
) -> Answer:
    """Write an agent's file and the pull request for it.

    Values that no option gives are read from the terminal; without one, every missing option is listed. A file that exists is never
    overwritten. Class, mode and site follow from the stack. A stack without a file is refused, with the next free network in the fix;
    --new-stack writes its file.
    """
    from containment.files.locks import lock_folder
    from containment.files.output_files import convert_write_errors, write_whole
    from containment.fleet.new_stack import find_stack, resolve_stack
    from containment.loaders.stack_file import find_stacks, read_stack
    from containment.vending.loader import read_agents
    from containment.vending.pull_request import describe_vended
    from containment.vending.request import check_request, complete_request, find_missing

    reader = InputReader("no agent file is written")
    day = reader.read(lambda: parse_today(today, "agents are active up to a day")).get_or(datetime.now(UTC).date())
    now = datetime.now(UTC) if today is None else datetime.combine(day, time(), UTC)
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
    if find_missing(values) and _is_terminal():
        reader.require()
        _prompt_for_missing(name, values, read_agents(folder), folder, may_be_new=new_stack)
    with contextlib.ExitStack() as held:
        if new_stack:  # no other process may choose a network until this one's file is written
            with convert_write_errors(folder):
                held.enter_context(lock_folder(folder))
        files, named = read_agents(folder), values["stack"] or ""
        made, problems = find_stack(named, folder, is_new=new_stack)
        checked = reader.read(lambda: check_request(name, values, files, problems, now))
        pending = None
        if made or named in find_stacks(folder):
            pending = reader.read(lambda: resolve_stack(made, folder) if made else read_stack(named, folder=folder))
            reader.read(lambda: files.find_agents(named))
        reader.require()
        assert pending is not None, "a stack without a file raises"
        agent, spec = checked.value, pending.value
        vended = complete_request(agent, spec, files, day, made.file if made else "")
        if not dry_run:
            if made:  # before it, the marker: a run that is cut off leaves a stack without a host
                _write_marker(folder, agent.stack)
                _write_new(folder / made.file, made.text)
            _write_new(folder / agent.file, vended.text)
            _write_marker(folder, agent.stack)
    answer = describe_vended(vended, spec, dry_run=dry_run)
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
    from containment.loaders.stack_file import find_stacks
    from containment.vending.listing import describe_agents
    from containment.vending.loader import read_agents

    reader = InputReader("agents cannot be listed")
    pending = reader.read(lambda: parse_today(today, "agents are active up to a day"))
    found = reader.read(lambda: read_agents(folder).require_all())
    reader.require()
    day, agents = pending.value, [agent for agent in found.value if stack in (None, agent.stack)]
    known = sorted({agent.stack for agent in agents} & set(find_stacks(folder)))
    specs = _read_specs(known, folder)
    return describe_agents(agents, specs, day, unusable=set(known) - specs.keys())


@app.command("show", epilog=build_epilog("vend show"))
@print_answer(TableIn)
def show_agent(name: Name, today: Today = None, folder: Folder = Path()) -> Answer:
    """Show an agent: its file, its stack and its host."""
    from containment.loaders.presets import find_class_names
    from containment.loaders.stack_file import read_stack
    from containment.vending.listing import describe_agent
    from containment.vending.loader import read_agents

    reader = InputReader("the agent cannot be shown")
    day = reader.read(lambda: parse_today(today, "agents are active up to a day"))
    files = read_agents(folder)
    pending = reader.read(lambda: _find_agent(name, files))
    spec = reader.read(lambda: read_stack(pending.value.stack, folder=folder)) if pending.is_read else None
    others = reader.read(lambda: files.find_agents(pending.value.stack)) if pending.is_read else None
    reader.require()
    assert spec is not None, "an agent that is not found raises"
    assert others is not None, "an agent that is not found raises"
    return describe_agent(pending.value, spec.value, others.value, day.value, sorted(find_class_names()))


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


def _find_agent(name: str, files: AgentFiles) -> Agent:
    """Return an agent by name; raise InputError with the problems of its file, or if there is none."""
    from containment.vending.listing import make_not_found_error

    found = next((agent for agent in files.agents if agent.name == name), None)
    if found is None:
        own = [problem for _, problem in files.problems if _is_about(problem, name)]
        raise InputError(f"agents/{name}.yaml cannot be used", own) if own else make_not_found_error(name, sorted(files.names))
    return found


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _write_new(path: Path, text: str) -> None:
    """Write a file that must not exist, whole; end the command if another process was faster."""
    from containment.files.output_files import write_once

    write_once(path, text)
    if path.read_text(encoding="utf-8") != text:
        fix = "choose another name, or edit the file"
        problem = Problem(str(path), "exists already", "a reviewed file is never overwritten", fix)
        raise InputError("no agent file is written", [problem])


def _write_marker(folder: Path, stack: str) -> None:
    """Write the file that keeps the stack's hosts by request, if it has none yet."""
    from containment.files.output_files import write_once

    write_once(folder / make_marker_name(stack), build_marker(stack))


def _is_about(problem: Problem, name: str) -> bool:
    return problem.where.partition(":")[0] == f"agents/{name}.yaml"


def _prompt_for_missing(name: str, values: dict[str, Any], files: AgentFiles, folder: Path, *, may_be_new: bool) -> None:
    """Read the missing values from the terminal, each until it is valid; the mistakes of the options come first."""
    from containment.loaders.stack_file import find_stacks
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
        values[key] = _prompt(words[key], key, None if may_be_new else stacks)
    if not values["forbiddenActions"]:
        values["forbiddenActions"] = _prompt(
            f"forbidden actions, with commas, or none ({', '.join(ForbiddenAction)})", "forbiddenActions", stacks
        )


def _prompt(words: str, key: str, stacks: Sequence[str] | None) -> Any:
    """Return the value of a key from the terminal, read again after each mistake; without `stacks`, the stack may be a new one."""
    from containment.vending.request import find_value_problems

    while True:
        is_list = key == "forbiddenActions"
        text = str(typer.prompt(words, default="" if is_list else None, show_default=False, err=True)).strip()
        given = [part.strip() for part in text.split(",") if part.strip()] if is_list else text
        problems = [f"{one.what}; {one.fix}" for one in find_value_problems({key: given})]
        if key == "stack" and not problems and stacks is not None and given not in stacks:
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
