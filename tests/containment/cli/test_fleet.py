"""`containment fleet` on the command line, with an engine whose deployed stacks and commands are given."""

from __future__ import annotations

import io
import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from containment.cli.fleet.screen import LiveTable
from containment.exit_code import Exit
from containment.fleet import backend
from containment.fleet.backend import BackendName, Deployment, Outcome, Task, Verb, make_ended
from containment.fleet.runner import Event, Moment
from tests.containment.cli.conftest import Run


class Engine:
    """An engine that records its tasks; `failing` has the exit code of stacks that fail."""

    name = BackendName.LAB
    one_controller = True

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self.deployed: dict[str, Deployment] = {}
        self.failing: dict[str, Exit] = {}

    def list_deployments(self) -> dict[str, Deployment]:
        return self.deployed

    def list_platforms(self) -> set[str]:
        return {"platform"}

    def run(self, task: Task, report: Callable[[str], None]) -> Outcome:
        self.tasks.append(task)
        code = self.failing.get(task.stack, Exit.OK)
        return Outcome(exit=code, changes={"create": 7}, reason="" if code is Exit.OK else "made to fail")

    def interrupt(self, *, kill: bool) -> None:
        raise AssertionError("nothing interrupts these tests")


@pytest.fixture
def engine(stacks: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Return the engine of commands in the folder `stacks`, which gets a platform."""
    (stacks / "platform").mkdir()
    (stacks / "platform" / "Pulumi.platform.yaml").write_text("config: {}\n")
    made = Engine()
    monkeypatch.setattr(backend, "choose_backend", lambda *_: made)
    return made


def deployment(stack: str) -> Deployment:
    return Deployment(stack=stack, resources=70, hosts=1, networks=1, interrupted=0, policy_digest=None, unknown="not read")


def test_up_deploys_the_platform_then_every_stack_and_prints_lines_in_a_pipe(engine: Engine, run: Run) -> None:
    done = run("fleet", "up")
    assert done.exit_code == 0, done.output
    labels = [task.label for task in engine.tasks]
    assert labels[0] == "platform/platform"
    assert set(labels[1:]) == {f"{name}-{mode}" for name in ("coding", "locked-down") for mode in ("monitor", "enforce")}
    assert "coding-enforce: succeeded: 7 created" in done.stderr
    assert "\x1b" not in done.output


def test_a_stack_that_fails_gives_the_exit_code_and_the_others_are_deployed(engine: Engine, run: Run) -> None:
    engine.failing = {"coding-enforce": Exit.VIOLATION}
    done = run("fleet", "up", "--json")
    answer = json.loads(done.stdout)
    assert (done.exit_code, answer["exitCode"], answer["schema"]) == (Exit.VIOLATION, Exit.VIOLATION, "containment-fleet-up/v1")
    results = {one["stack"]: one["result"] for one in answer["stacks"]}
    assert results.pop("coding-enforce") == "refused"
    assert set(results.values()) == {"succeeded"}


def test_a_problem_of_any_file_stops_everything_before_anything_starts(engine: Engine, run: Run, stacks: Path) -> None:
    (stacks / "Pulumi.coding-mars.yaml").write_text("config:\n  agent-containment:vpcCidr: 10.42.0.0/16\n")
    done = run("fleet", "up", "locked-down-monitor", "--json")
    answer = json.loads(done.stdout)
    assert done.exit_code == Exit.NO
    assert engine.tasks == []
    wheres = {one["where"] for one in answer["problems"]}
    assert {"Pulumi.coding-mars.yaml", "Pulumi.coding-mars.yaml:vpcCidr", "Pulumi.coding-monitor.yaml:vpcCidr"} <= wheres
    assert all(one["fix"] and one["why"] for one in answer["problems"])


def test_plan_starts_nothing_and_preview_previews_each(engine: Engine, run: Run) -> None:
    assert run("fleet", "plan").exit_code == 0
    assert engine.tasks == []
    assert run("fleet", "plan", "--preview", "coding-monitor").exit_code == 0
    assert {(task.verb, task.label) for task in engine.tasks} == {(Verb.PREVIEW, "platform/platform"), (Verb.PREVIEW, "coding-monitor")}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("plan", "codign-monitor"), "use coding-monitor"),
        (("up", "--site", "mars"), "no such site"),
        (("up", "--parallel", "0"), "--parallel"),
        (("up", "--backend", "cloud"), "--backend"),
        (("destroy",), "--yes: is not given"),
        (("destroy", "--yes", "--platform", "coding-monitor"), "would stay"),
    ],
)
def test_wrong_usage_is_refused_and_nothing_runs(engine: Engine, run: Run, words: tuple[str, ...], text: str) -> None:
    engine.deployed = {"coding-monitor": deployment("coding-monitor"), "coding-enforce": deployment("coding-enforce")}
    done = run("fleet", *words)
    assert done.exit_code == Exit.USAGE
    assert text in done.output
    assert engine.tasks == []


@pytest.mark.parametrize(
    ("typed", "destroyed"),
    [
        ("coding-enforce coding-monitor", True),
        ("coding-monitor, coding-enforce", True),
        ("coding-monitor", False),
        ("coding-monitor coding-enforce locked-down-monitor", False),
        ("yes", False),
        ("", False),
    ],
)
def test_destroy_needs_every_name_typed(engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch, typed: str, destroyed: bool) -> None:
    engine.deployed = {"coding-monitor": deployment("coding-monitor"), "coding-enforce": deployment("coding-enforce")}
    monkeypatch.setattr("containment.cli.fleet.commands.is_terminal", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: typed)
    done = run("fleet", "destroy")
    assert "coding-enforce: 70 resources, 1 agent host, 1 VPC" in done.stderr
    assert [task.label for task in engine.tasks if task.verb is Verb.DESTROY] == (["coding-enforce", "coding-monitor"] if destroyed else [])
    assert done.exit_code == (Exit.OK if destroyed else Exit.USAGE)


def test_destroy_with_yes_deletes_what_is_deployed_and_the_platform_last(engine: Engine, run: Run) -> None:
    engine.deployed = {"coding-monitor": deployment("coding-monitor")}
    assert run("fleet", "destroy", "--yes", "--platform").exit_code == 0
    assert [task.label for task in engine.tasks] == ["coding-monitor", "platform/platform"]
    engine.deployed = {}
    assert run("fleet", "destroy", "--yes").exit_code == Exit.NOTHING


def test_status_of_a_stack_without_attestation_is_not_ok(engine: Engine, run: Run) -> None:
    engine.deployed = {"coding-monitor": deployment("coding-monitor"), "left-behind": deployment("left-behind")}
    done = run("fleet", "status", "coding-monitor", "--json")
    answer = json.loads(done.stdout)
    assert done.exit_code == Exit.INCONCLUSIVE
    assert {one["id"]: one["status"] for one in answer["cases"]} == {
        "deployed": "passed",
        "drift": "inconclusive",
        "attested": "not tested",
    }
    everything = run("fleet", "status", "--json")
    assert everything.exit_code == Exit.NO
    assert [one["where"] for one in json.loads(everything.stdout)["cases"] if one["id"] == "unreviewed"] == ["left-behind"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_with_what_was_done_and_what_was_not(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    interrupted = threading.Event()

    def work(task: Task, report: Callable[[str], None]) -> Outcome:
        if task.stack != "coding-monitor":
            return Outcome(exit=Exit.OK)
        os.kill(os.getpid(), number)
        assert interrupted.wait(30)
        return Outcome(exit=Exit.INTERRUPTED, reason=f"interrupted by {number.name}")

    monkeypatch.setattr(engine, "run", work)
    monkeypatch.setattr(engine, "interrupt", lambda *, kill: interrupted.set())
    before = signal.getsignal(number)
    done = run("fleet", "up", "--parallel", "1", "--json")
    results = {one["stack"]: one["result"] for one in json.loads(done.stdout)["stacks"]}
    assert done.exit_code == Exit.INTERRUPTED
    assert results == {
        "platform/platform": "succeeded",
        "coding-enforce": "succeeded",
        "coding-monitor": "interrupted",
        "locked-down-enforce": "not started",
        "locked-down-monitor": "not started",
    }
    assert signal.getsignal(number) is before


def test_pulumi_is_chosen_where_it_is_on_path_and_named_where_it_is_missing(
    stacks: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(stacks))
    monkeypatch.setattr("containment.programs.STANDARD_FOLDERS", ())
    done = run("fleet", "plan", "--backend", "pulumi")
    assert done.exit_code == Exit.ERROR
    assert "--backend lab" in done.stderr


def test_the_live_table_puts_running_stacks_first_and_counts_finished_steps() -> None:
    tasks = [Task(verb=Verb.UP, stack=name, folder=Path()) for name in ("a", "b", "c", "d")]
    out = io.StringIO()
    table = LiveTable(tasks, "fleet up", Console(file=out, width=100))
    for one in tasks[:3]:
        table.take(Event(moment=Moment.STARTED, task=one))
    table.take(Event(moment=Moment.ENDED, task=tasks[0], ended=make_ended(tasks[0], Outcome(exit=Exit.OK, changes={"create": 2}), 3)))
    table.take(Event(moment=Moment.ENDED, task=tasks[1], ended=make_ended(tasks[1], Outcome(exit=Exit.ERROR, reason="no quota"), 3)))
    for line in (" +  aws:ec2:Vpc v created (0.1 s)", " +  aws:ec2:Subnet s create FAILED (0.2 s)", "a remark"):
        table.take(Event(moment=Moment.LINE, task=tasks[2], text=line))
    Console(file=out, width=100).print(table.render())
    lines = [line.split() for line in out.getvalue().splitlines()[2:]]
    assert [(line[0], line[1]) for line in lines] == [("c", "running"), ("b", "failed"), ("d", "waiting"), ("a", "succeeded")]
    assert lines[0][2] == "1"
    assert "no quota" in out.getvalue()
