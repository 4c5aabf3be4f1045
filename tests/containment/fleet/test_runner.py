"""A run over several stacks: bounded, no failure stops another stack, signals end it cleanly, and the worst exit code counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from containment.exit_code import Exit
from containment.fleet.answers import build_run_answer
from containment.fleet.backend import BackendName, Deployment, Ended, Outcome, Result, Task, Verb, choose_worst
from containment.fleet.runner import Event, FleetRun, Moment
from containment_lab.errors import EngineError

Work = Callable[[Task], Outcome]


class FakeEngine:
    """An engine whose commands are Python functions; `interrupted` is set by the first signal, `killed` by the second."""

    name = BackendName.LAB
    one_controller = True

    def __init__(self, work: Work) -> None:
        self._work = work
        self.interrupted, self.killed = threading.Event(), threading.Event()
        self.order: list[str] = []
        self.at_once = self.most = 0
        self._lock = threading.Lock()

    def list_deployments(self) -> dict[str, Deployment]:
        return {}

    def list_platforms(self) -> set[str]:
        return set()

    def run(self, task: Task, report: Callable[[str], None]) -> Outcome:
        with self._lock:
            self.order.append(task.label)
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        try:
            report(f"{task.label} works")
            return self._work(task)
        finally:
            with self._lock:
                self.at_once -= 1

    def interrupt(self, *, kill: bool) -> None:
        (self.killed if kill else self.interrupted).set()


def task(stack: str, *, needs: str = "", platform: bool = False, last: bool = False) -> Task:
    return Task(verb=Verb.UP, stack=stack, folder=Path(), needs=needs, is_platform=platform, is_last=last)


def run(engine: FakeEngine, tasks: list[Task], parallel: int = 2, take: Callable[[Event], None] = lambda _: None) -> list[Ended]:
    return FleetRun(engine, tasks, parallel, take).run()


def succeed(_: Task) -> Outcome:
    return Outcome(exit=Exit.OK, changes={"create": 1})


@pytest.mark.parametrize("parallel", [1, 3])
def test_at_most_so_many_run_at_once_and_all_places_are_used(parallel: int) -> None:
    meeting = threading.Barrier(parallel, timeout=10)

    def meet(_: Task) -> Outcome:
        meeting.wait()
        return Outcome(exit=Exit.OK)

    engine = FakeEngine(meet)
    ended = run(engine, [task(f"s{number}") for number in range(6)], parallel)
    assert [one.task.stack for one in ended] == [f"s{number}" for number in range(6)]
    assert engine.most == parallel


@pytest.mark.parametrize(
    ("raised", "result"),
    [
        (Outcome(exit=Exit.ERROR, reason="the program failed"), Result.FAILED),
        (Outcome(exit=Exit.VIOLATION, reason="rule x"), Result.REFUSED),
        (Outcome(exit=Exit.LOCKED, reason="locked"), Result.LOCKED),
        (EngineError("the lab home is full"), Result.FAILED),
        (ZeroDivisionError("a defect"), Result.FAILED),
    ],
)
def test_a_stack_that_fails_stops_no_other_and_its_code_is_the_runs(raised: Outcome | Exception, result: Result) -> None:
    def work(one: Task) -> Outcome:
        if one.stack != "bad":
            return succeed(one)
        if isinstance(raised, Exception):
            raise raised
        return raised

    ended = run(FakeEngine(work), [task("a"), task("bad"), task("b"), task("c")], parallel=1)
    assert [one.result for one in ended] == [Result.SUCCEEDED, result, Result.SUCCEEDED, Result.SUCCEEDED]
    answer = build_run_answer(Verb.UP, ended, BackendName.LAB)
    assert answer.exit is (raised.exit if isinstance(raised, Outcome) else Exit.ERROR)
    assert answer.exit is not Exit.OK


def test_a_stack_waits_for_its_platform_and_is_not_started_if_that_fails() -> None:
    def work(one: Task) -> Outcome:
        return Outcome(exit=Exit.VIOLATION, reason="no") if one.stack == "platform-eu" else succeed(one)

    engine = FakeEngine(work)
    tasks = [
        task("a-eu", needs="platform-eu"),
        task("a-us", needs="platform"),
        task("platform", platform=True),
        task("platform-eu", platform=True),
        task("alone"),
    ]
    ended = {one.task.label: one for one in run(engine, tasks)}
    assert ended["a-eu"].result is Result.NOT_STARTED
    assert "platform-eu is not up" in ended["a-eu"].outcome.reason
    assert {ended[name].result for name in ("a-us", "alone", "platform/platform")} == {Result.SUCCEEDED}
    assert engine.order.index("platform/platform") < engine.order.index("a-us")
    assert build_run_answer(Verb.UP, list(ended.values()), BackendName.LAB).exit is Exit.VIOLATION


def test_a_platform_is_destroyed_after_every_stack() -> None:
    engine = FakeEngine(succeed)
    run(engine, [task("platform", platform=True, last=True), *(task(f"s{number}") for number in range(4))], parallel=4)
    assert engine.order[-1] == "platform/platform"


def test_a_signal_interrupts_what_runs_starts_nothing_more_and_the_report_names_both() -> None:
    engine = FakeEngine(lambda _: Outcome(exit=Exit.OK))

    def work(one: Task) -> Outcome:
        if one.stack == "done":
            return succeed(one)
        assert engine.interrupted.wait(10)
        return Outcome(exit=Exit.INTERRUPTED, reason="interrupted by SIGINT")

    engine._work = work
    fleet: FleetRun

    def take(event: Event) -> None:
        if event.moment is Moment.STARTED and event.task.stack == "under-way":
            fleet.stop("SIGINT")

    fleet = FleetRun(engine, [task("done"), task("under-way"), task("never")], 1, take)
    ended = fleet.run()
    assert [one.result for one in ended] == [Result.SUCCEEDED, Result.INTERRUPTED, Result.NOT_STARTED]
    assert "SIGINT" in ended[2].outcome.reason
    assert build_run_answer(Verb.UP, ended, BackendName.LAB).exit is Exit.INTERRUPTED
    assert not engine.killed.is_set()


def test_the_second_signal_kills() -> None:
    engine = FakeEngine(succeed)
    fleet = FleetRun(engine, [], 1, lambda _: None)
    fleet.stop("SIGINT")
    assert not engine.killed.is_set()
    fleet.stop("SIGTERM")
    assert engine.killed.is_set()


def test_no_code_is_worse_than_an_error_and_none_better_than_success() -> None:
    for code in Exit:
        assert choose_worst([code, Exit.ERROR, Exit.OK]) is Exit.ERROR
        assert choose_worst([Exit.OK, code]) is code
    assert choose_worst([]) is Exit.NOTHING
    assert choose_worst([Exit.LOCKED, Exit.VIOLATION, Exit.INTERRUPTED]) is Exit.VIOLATION
