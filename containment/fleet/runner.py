"""Run the tasks of a fleet with bounded concurrency: a failing stack stops no other, and a signal ends the run cleanly.

Platforms are first on the way up and last on the way down, after the names of all were typed. A run keeps no state: an engine records what
it did in its own backend, so the same command goes on where a killed run stopped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

from containment.errors import ContainmentError
from containment.exit_code import Exit
from containment.fleet.backend import Backend, Deployment, Ended, Outcome, Result, Task, Verb, make_ended
from containment.fleet.checks import PLATFORM_FOLDER, PLATFORM_PROJECT, read_extra_stacks
from containment.fleet.loader import PLATFORM
from containment.fleet.members import CONTROLLER, Member

_PAUSE: Final = 0.2
"""Seconds between looks at signals and at tasks that may start."""


class Moment(Enum):
    """What happened to a task."""

    STARTED = auto()
    LINE = auto()
    ENDED = auto()


@dataclass(frozen=True, kw_only=True)
class Event:
    """A moment of a task: `text` is a line of the engine, `ended` the end."""

    moment: Moment
    task: Task
    text: str = ""
    ended: Ended | None = None


class FleetRun:
    """One run over several stacks.

    Args:
        backend: the engine.
        tasks: the tasks; a task starts after the platform that it needs.
        parallel: the largest number of tasks at once.
        take: receives every event, also from other threads.
    """

    def __init__(self, backend: Backend, tasks: Sequence[Task], parallel: int, take: Callable[[Event], None]) -> None:
        assert parallel > 0, "at least one task runs at a time"
        self._backend, self._parallel, self._take = backend, parallel, take
        self._waiting = list(tasks)
        self._running: dict[Future[Outcome], tuple[Task, float]] = {}
        self._ended: dict[int, Ended] = {}
        self._order = {id(task): place for place, task in enumerate(tasks)}
        self._signal = ""

    def run(self) -> list[Ended]:
        """Run every task to its end, and return the ends in the order of the tasks."""
        with ThreadPoolExecutor(self._parallel, thread_name_prefix="fleet") as workers:
            while self._waiting or self._running:
                self._start_ready(workers)
                if self._running:
                    done, _ = wait(self._running, timeout=_PAUSE, return_when=FIRST_COMPLETED)
                    for future in done:
                        self._finish(future)
        return [self._ended[place] for place in sorted(self._ended)]

    def stop(self, name: str) -> None:
        """Start no further task, and interrupt the running ones; the second time, kill them.

        Args:
            name: the name of the signal, for the report.
        """
        again, self._signal = bool(self._signal), self._signal or name
        self._backend.interrupt(kill=again)

    def _start_ready(self, workers: ThreadPoolExecutor) -> None:
        for task in list(self._waiting):
            if self._signal:
                self._skip(task, Exit.INTERRUPTED, f"{self._signal} came before it began")
            elif blocker := self._find_failed_need(task):
                what = f"the platform {blocker.task.stack} is not up ({blocker.result})"
                self._skip(task, blocker.outcome.exit, what)
            elif len(self._running) < self._parallel and not self._is_blocked(task):
                self._waiting.remove(task)
                self._take(Event(moment=Moment.STARTED, task=task))
                self._running[workers.submit(self._backend.run, task, self._make_reporter(task))] = task, time.monotonic()

    def _find_failed_need(self, task: Task) -> Ended | None:
        ends = (ended for ended in self._ended.values() if ended.task.is_platform and ended.task.stack == task.needs)
        return next((ended for ended in ends if ended.result is not Result.SUCCEEDED), None)

    def _is_blocked(self, task: Task) -> bool:
        """Return whether a task waits: for its platform, or as a platform that is destroyed, for every stack."""
        others = [*self._waiting, *(one for one, _ in self._running.values())]
        if task.needs and any(one.is_platform and one.stack == task.needs for one in others):
            return True
        return task.is_last and any(not one.is_last for one in others)

    def _make_reporter(self, task: Task) -> Callable[[str], None]:
        return lambda text: self._take(Event(moment=Moment.LINE, task=task, text=text))

    def _finish(self, future: Future[Outcome]) -> None:
        task, began = self._running.pop(future)
        error = future.exception()
        if error is None:
            outcome = future.result()
        elif isinstance(error, ContainmentError):
            outcome = Outcome(exit=Exit.ERROR, reason=str(error).partition("\n")[0], fix="correct it, then run the same command again")
        else:  # a defect of one engine command; the other stacks go on, and the defect is in the report
            reason = f"defect in the fleet's code: {type(error).__name__}: {error}"
            outcome = Outcome(exit=Exit.ERROR, reason=reason, fix="report it, with the command")
        self._record(make_ended(task, outcome, time.monotonic() - began))

    def _skip(self, task: Task, code: Exit, reason: str) -> None:
        self._waiting.remove(task)
        outcome = Outcome(exit=code, reason=reason, fix="run the same command again")
        self._record(Ended(task=task, outcome=outcome, result=Result.NOT_STARTED))

    def _record(self, ended: Ended) -> None:
        self._ended[self._order[id(ended.task)]] = ended
        self._take(Event(moment=Moment.ENDED, task=ended.task, ended=ended))


def build_up_tasks(verb: Verb, members: Sequence[Member], everyone: Sequence[Member], folder: Path, *, one_controller: bool) -> list[Task]:
    """Return the tasks of `up` or `preview`: every platform that a member needs, then the members.

    Args:
        verb: the command.
        members: the chosen stacks.
        everyone: all stacks of the fleet, which a shared platform serves.
        folder: the project's folder.
        one_controller: whether one platform serves every site, as in the lab.
    """
    tasks = list[Task]()
    for platform, config in _find_platforms(members, everyone, folder, one_controller=one_controller).items():
        tasks.append(Task(verb=verb, stack=platform, folder=folder / PLATFORM_FOLDER, config=config, is_platform=True))
    for member in members:
        needs = "" if verb is Verb.PREVIEW or not member.needs_platform else PLATFORM if one_controller else member.platform
        tasks.append(Task(verb=verb, stack=member.stack, folder=folder, config=member.site_values, needs=needs))
    return tasks


def build_destroy_tasks(stacks: Sequence[str], platforms: Sequence[str], folder: Path) -> list[Task]:
    """Return the tasks of `destroy`: the stacks, then the platforms."""
    return [
        *(Task(verb=Verb.DESTROY, stack=stack, folder=folder) for stack in stacks),
        *(
            Task(verb=Verb.DESTROY, stack=platform, folder=folder / PLATFORM_FOLDER, is_platform=True, is_last=True)
            for platform in platforms
        ),
    ]


def _find_platforms(
    members: Sequence[Member], everyone: Sequence[Member], folder: Path, *, one_controller: bool
) -> dict[str, dict[str, str]]:
    """Return the platforms that members need, each with the configuration that its file lacks."""
    needed = [member for member in members if member.needs_platform]
    if not one_controller:
        return {one.platform: {CONTROLLER: one.site.controller} if one.site else {} for one in needed}
    if not needed:
        return {}
    names = {member.platform for member in everyone if member.needs_platform} - {PLATFORM}
    extra = {stack for name in names | {PLATFORM} for stack in read_extra_stacks(folder, name)} if names else set[str]()
    return {PLATFORM: {f"{PLATFORM_PROJECT}:extraStacks": json.dumps(sorted(extra))} if extra else {}}


def list_deletions(stacks: Iterable[str], deployments: Mapping[str, Deployment]) -> list[Deployment]:
    """Return the stacks that are deployed, in the order of their names."""
    return [deployments[stack] for stack in sorted(stacks) if stack in deployments]


def find_mistyped(typed: str, names: Sequence[str]) -> str | None:
    """Return how the typed names differ from those of the stacks, None when they are the same in any order."""
    words = typed.replace(",", " ").split()
    if unknown := [word for word in words if word not in names]:
        return f"{', '.join(unknown)}: not one of these stacks"
    missing = [name for name in names if name not in words]
    return f"{', '.join(missing)}: not typed" if missing else None
