"""`containment stop`: the kill switch of an agent or of a stack, and the way back."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from containment.cli.common import get_user_name, refuse_usage
from containment.cli.options import Folder, Real, Reason, StackOrNone, TableIn, print_answer
from containment.errors import InputError, Problem
from containment.exit_code import Exit
from containment.input_reader import InputReader
from containment.queries.results import Answer

if TYPE_CHECKING:
    from containment.preflight.access import LiveSystems


@print_answer(TableIn)
def stop(
    agent: Annotated[str | None, typer.Argument(help="An agent of agents/; without it, every host of the stack.")] = None,
    stack: StackOrNone = None,
    reason: Reason = "",
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Operator; by default the user's name.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Restore the network and start the hosts.")] = False,
    wait: Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait until the instances have stopped.")] = 120,
    region: Annotated[str | None, typer.Option("--region", help="AWS region, if the stack's file cannot be read.")] = None,
    real: Real = False,
    folder: Folder = Path(),
) -> Answer:
    """Stop an agent at once: host, sessions, network and routes.

    Stops the instance, revokes the sessions of its role, moves it to a security group without rules, denies it in the network ACLs, and
    removes the routes of its subnets. Every step is tried, and the command can be repeated. No approval is needed: the stop and its
    reason are recorded. --undo restores the network and starts the host; revoked sessions stay revoked.
    """
    started = time.monotonic()
    from containment.emergency_stop.hosts import find_target
    from containment.emergency_stop.stop import build_answer, make_lab_step, make_record_step, return_hosts, stop_hosts
    from containment.fixes.words import has_word
    from containment.machine import live_systems
    from containment.preflight.facts import UnreadFact

    def require_reason() -> None:
        if undo and not has_word(reason):
            refuse_usage(
                "--reason", "is not given", "--undo lets a stopped host run again, and is recorded", "give --reason TEXT, in words"
            )

    reader = InputReader("nothing is stopped")
    reader.read(require_reason)
    pending = reader.read(lambda: stack or _find_stack(agent, folder))
    found = reader.read(lambda: _find_place(pending.value, region, real=real, folder=folder)) if pending.is_read else None
    reader.require()
    assert found is not None, "a stack that is not found raises"
    named, place = pending.value, found.value
    home = None if real else live_systems.find_running_lab()
    if isinstance(place.clients, UnreadFact):
        fix = "set AWS credentials that may stop hosts, or start the lab that it runs in"
        problem = Problem("the account", place.clients.why, "nothing can be changed there from here", fix)
        raise InputError("nothing is stopped", [problem])
    target = find_target(place.clients("ec2"), named, agent or "")
    if not target.hosts:
        return _build_nothing(named, agent or "", [host.label for host in (*target.others, *target.stopped)], place.said)
    lab_step = None if home is None else make_lab_step(home, named)
    if undo:
        results = return_hosts(place.clients, target, started=started, follow=lab_step)
    else:
        results = stop_hosts(place.clients, target, started=started, wait=wait, cut=lab_step)
    record = make_record_step(
        target, results, action="return" if undo else "stop", by=by or get_user_name(), reason=reason or "none was given", folder=folder
    )
    results = (*results, record.run(started))
    return build_answer(target, results, is_undo=undo, place=place.said, seconds=time.monotonic() - started)


def _find_stack(agent: str | None, folder: Path) -> str:
    """Return the stack of an agent's file, or end the command."""
    from containment.fixes.nearest_word import make_proposal
    from containment.vending.loader import read_agents

    if agent is None:
        fix = "name an agent (see `containment vend list`), or give --stack STACK"
        refuse_usage("AGENT", "is not given, and no --stack", "there is nothing to stop", fix)
    files = read_agents(folder)
    for one in files.agents:
        if one.name == agent:
            return one.stack
    for stack, problem in files.problems:  # the file of an agent that is out of hand need not be perfect
        if stack and problem.where.partition(":")[0] == f"agents/{agent}.yaml":
            return stack
    known = [one.name for one in files.agents]
    fix = make_proposal(agent, known, "list agents with `containment vend list`", verb="use")
    fix = f"{fix}; or name the stack with --stack STACK"
    return refuse_usage(f"agents/{agent}.yaml", "names no stack", "a host is found by its stack", fix)


def _find_place(stack: str, region: str | None, *, real: bool, folder: Path) -> LiveSystems:
    from containment.machine import live_systems

    home = None if real else live_systems.find_running_lab()
    if home is not None:
        return live_systems.find_lab_systems(home)
    if region is None:
        from containment.loaders.stack_file import read_stack

        region = read_stack(stack, folder=folder).config.aws_region
    return live_systems.find_real_systems(stack, region, demanded=True, folder=folder)


def _build_nothing(stack: str, agent: str, others: list[str], place: str) -> Answer:
    wanted = f"agent {agent} of {stack}" if agent else stack
    known = f"; hosts of the stack: {', '.join(others)}" if others else ""
    document = {"schema": "containment-stop/v1", "action": "none", "stack": stack, "agent": agent, "place": place, "hosts": []}
    head = f"NOTHING STOPPED: no host of {wanted} exists{known}"
    return Answer("stop", head, Exit.NOTHING, assumptions=(f"looked in {place}",), document=document)
