"""A stop of hosts or their return: every step is tried, whatever becomes of the others, and each can be repeated.

A stop starts its steps together, so that a slow call delays no other one. Once the instances have stopped, the sessions are revoked
again: an instance gets new credentials while it is stopping. A return goes the other way, step by step, the instance last. After either,
the network of a running lab is brought up to date.

The record is one entry of the log of decisions, which needs no approval and is not signed. The answer lists every step with its outcome,
the failed ones first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

from containment.emergency_stop.hosts import LiveHost, Target, await_stopped, start_instance, stop_instance
from containment.emergency_stop.network import close_borders, open_borders, quarantine_host, release_host, remove_routes, restore_routes
from containment.emergency_stop.sessions import retire_revocation, revoke_sessions
from containment.emergency_stop.steps import Outcome, Step, StepError, StepName, StepResult
from containment.errors import InputError
from containment.exit_code import Exit
from containment.preflight.finding import Status
from containment.queries.results import Answer, Case, Section
from containment.record.log import append_stop
from containment_lab.home import LabHome

Clients: TypeAlias = Callable[[str], Any]


def stop_hosts(clients: Clients, target: Target, *, started: float, wait: float, cut: Step | None = None) -> tuple[StepResult, ...]:
    """Stop the hosts of a target and return the result of every step.

    Args:
        clients: clients of the account by service.
        target: the hosts.
        started: the start of the command, on the monotonic clock.
        wait: seconds to wait until the instances have stopped.
        cut: a step that makes the lab's data plane follow, None on AWS.
    """
    ec2, iam = clients("ec2"), clients("iam")
    steps = list(_list_stop_steps(ec2, iam, target))
    with ThreadPoolExecutor(max_workers=max(1, len(steps))) as workers:
        results = list(workers.map(lambda step: step.run(started), steps))
    if cut is not None:
        results.append(cut.run(started))
    stopped = [_make_final_step(ec2, iam, host, wait) for host in target.hosts]
    with ThreadPoolExecutor(max_workers=max(1, len(stopped))) as workers:
        results += workers.map(lambda step: step.run(started), stopped)
    return tuple(results)


def return_hosts(clients: Clients, target: Target, *, started: float, follow: Step | None = None) -> tuple[StepResult, ...]:
    """Undo a stop; a failing step ends it, so that no host starts in a network that is half restored."""
    ec2, iam = clients("ec2"), clients("iam")
    results: list[StepResult] = []
    for step in _list_return_steps(ec2, iam, target):
        results.append(step.run(started))
        if results[-1].outcome is Outcome.FAILED:
            return tuple(results)
    if follow is not None:
        results.append(follow.run(started))
    return tuple(results)


def _list_stop_steps(ec2: Any, iam: Any, target: Target) -> Iterator[Step]:
    now = datetime.now(UTC)
    yield from _list_host_steps(StepName.INSTANCE, target, partial(stop_instance, ec2))
    yield from _list_host_steps(StepName.SESSIONS, target, lambda host: revoke_sessions(iam, host, now))
    yield from _list_host_steps(StepName.QUARANTINE, target, partial(quarantine_host, ec2))
    yield Step(StepName.BORDERS, target.stack, partial(close_borders, ec2, target))
    yield Step(StepName.ROUTES, target.stack, partial(remove_routes, ec2, target))


def _list_return_steps(ec2: Any, iam: Any, target: Target) -> Iterator[Step]:
    yield Step(StepName.ROUTES, target.stack, partial(restore_routes, ec2, target))
    yield Step(StepName.BORDERS, target.stack, partial(open_borders, ec2, target))
    yield from _list_host_steps(StepName.QUARANTINE, target, partial(release_host, ec2))
    yield from _list_host_steps(StepName.SESSIONS, target, lambda host: retire_revocation(iam, host, datetime.now(UTC)))
    yield from _list_host_steps(StepName.INSTANCE, target, partial(start_instance, ec2))


def _list_host_steps(name: StepName, target: Target, work: Callable[[LiveHost], tuple[Outcome, str]]) -> Iterator[Step]:
    yield from (Step(name, host.label, partial(work, host)) for host in target.hosts)


def _make_final_step(ec2: Any, iam: Any, host: LiveHost, wait: float) -> Step:
    def work() -> tuple[Outcome, str]:
        state = await_stopped(ec2, host, wait)
        outcome, detail = revoke_sessions(iam, host, datetime.now(UTC))
        return outcome, f"the instance is {state}; {detail}"

    return Step(StepName.SESSIONS, host.label, work)


def make_record_step(target: Target, results: Sequence[StepResult], *, action: str, by: str, reason: str, folder: Path) -> Step:
    """Return the step that appends the entry.

    Args:
        target: the hosts.
        results: the results of the steps before.
        action: `stop` or `return`.
        by: the name of the person.
        reason: why, in words.
        folder: the folder with `decisions/`.
    """
    body = {
        "action": action,
        "stack": target.stack,
        "agent": target.agent,
        "hosts": sorted(host.instance for host in target.hosts),
        "requester": by,
        "reason": reason,
        "failed": [f"{one.step.value} {one.target}: {one.detail}" for one in results if one.outcome is Outcome.FAILED],
    }

    def work() -> tuple[Outcome, str]:
        try:
            entry = append_stop(body, folder=folder)
        except InputError as error:
            raise StepError(str(error)) from None
        return Outcome.DONE, f"entry {entry.sequence} of the log of decisions"

    return Step(StepName.RECORD, target.stack, work)


def make_lab_step(home: LabHome, stack: str) -> Step:
    """Return the step that makes the lab's network of a stack follow the account."""
    return Step(StepName.DATA_PLANE, stack, partial(_follow, home, stack))


def _follow(home: LabHome, stack: str) -> tuple[Outcome, str]:
    from containment_lab.errors import LabNetworkError
    from containment_lab.network.control import LabNetwork

    network = LabNetwork(home, stack)
    if not network.is_running():
        return Outcome.SKIPPED, "the lab's network of this stack is not running: no packet can be sent"
    try:
        status = network.send_command("sync")
    except LabNetworkError as error:
        raise StepError(error.what) from None
    machines = ", ".join(sorted(each["instance"] for each in status["machines"].values()))
    return Outcome.DONE, f"the lab's network has the machines {machines or '(none)'}"


_STATUS: Final = {
    Outcome.DONE: Status.PASS,
    Outcome.ALREADY: Status.PASS,
    Outcome.SKIPPED: Status.SKIPPED,
    Outcome.FAILED: Status.FAIL,
}
_CUTS: Final = (StepName.QUARANTINE, StepName.BORDERS, StepName.ROUTES, StepName.DATA_PLANE)


def build_answer(target: Target, results: Sequence[StepResult], *, is_undo: bool, place: str, seconds: float) -> Answer:
    """Return the answer of a stop or a return.

    Args:
        target: the hosts.
        results: the results of all steps.
        is_undo: whether the hosts return.
        place: the account, for people.
        seconds: the duration of the command.
    """
    failed = [one for one in results if one.outcome is Outcome.FAILED]
    what = f"{target.stack} {target.agent}".strip()
    word = "returned" if is_undo else "stopped"
    count = f"{len(target.hosts)} host{'s' if len(target.hosts) != 1 else ''}"
    cut = max((one.seconds for one in results if one.step in _CUTS), default=0.0)
    if failed:
        head = f"NOT {word.upper()}: {what}: {len(failed)} of {len(results)} steps failed; run the command again"
    else:
        head = f"{word.upper()}: {what}: {count} in {seconds:.1f} s" + ("" if is_undo else f", cut off after {cut:.1f} s")
    ordered = sorted(results, key=lambda one: one.outcome is not Outcome.FAILED)
    rows = tuple((one.step.value, one.target, one.outcome.value.upper(), one.detail, f"{one.seconds:.1f}") for one in ordered)
    document: dict[str, Any] = {
        "schema": "containment-stop/v1",
        "action": "return" if is_undo else "stop",
        "stack": target.stack,
        "agent": target.agent,
        "place": place,
        "complete": not failed,
        "hosts": [{"instance": host.instance, "agent": host.agent, "was": host.state} for host in target.hosts],
        "cutOffSeconds": None if is_undo else round(cut, 2),
        "seconds": round(seconds, 2),
        "steps": [one.to_dict() for one in results],
    }
    return Answer(
        "stop",
        head,
        Exit.ERROR if failed else Exit.OK,
        (Section("Steps", ("step", "target", "outcome", "what", "seconds"), rows, drop_first=("seconds",)),),
        tuple(Case(one.step.value, one.detail, _STATUS[one.outcome], one.target) for one in ordered),
        (f"done in {place}",),
        sections_tell=True,
        document=document,
    )
