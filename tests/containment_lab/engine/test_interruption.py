"""A run that dies at any moment leaves a state the next run finishes from, no child behind it and no lock that holds.

Every fourth step is one to die at; `KILL_STRIDE=1` (`make soak`) takes each.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest
from kit import Bench

from containment.exit_code import Exit
from containment_lab.home import write_whole
from tests.support.recordings import EXTRA

STEPS = 9  # the stack, the default provider, a component and six things
THINGS = 6
STRIDE = int(os.environ.get("KILL_STRIDE", "4"))


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the checkpoint of a stack that is up (the kit's provider keeps nothing, so it can be put anywhere)."""
    with Bench.at(tmp_path_factory.mktemp("standing"), EXTRA) as bench:
        assert bench.step("up+skip-preview", "six").exit == Exit.OK
        return bench.state_file.read_text()


def wait_until(ready: Callable[[], bool], engine: subprocess.Popen[str], seconds: float = 30) -> bool:
    """Wait for a moment; False when the engine ended before it came."""
    end = time.monotonic() + seconds
    while engine.poll() is None:
        if ready():
            return True
        assert time.monotonic() < end, "the moment did not come"
        time.sleep(0.005)
    return False


def calls(bench: Bench, name: str) -> int:
    return sum(call["call"] == name and not call.get("preview") for call in bench.calls())


def settled(bench: Bench) -> int:
    return len(bench.state().get("resources", []))


def children_of(bench: Bench) -> list[str]:
    """Return what runs with the bench's folder in its command line or as its working directory, but for the kit's provider."""
    found = []
    for process in psutil.process_iter(["cmdline", "pid", "cwd"]):
        text = " ".join(process.info["cmdline"] or []) + (process.info["cwd"] or "")
        if str(bench.root) in text and process.info["pid"] != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
            found.append(text)
    return found


def left_running(bench: Bench) -> list[str]:
    """Wait for children to be gone; return those that are not."""
    end = time.monotonic() + 5
    while children_of(bench) and time.monotonic() < end:
        time.sleep(0.02)
    return children_of(bench)


def alive(bench: Bench) -> set[str]:
    """Return the URNs that the provider has created and not deleted."""
    there: set[str] = set()
    for call in bench.calls():
        if call["call"] == "Create" and not call["preview"]:
            there.add(call["urn"])
        elif call["call"] == "Delete":
            there.discard(call["urn"])
    return there


def kill_at(bench: Bench, verb: str, moment: Callable[[], bool], *more: str) -> bool:
    """Start a run and kill -9 it at a moment; False when it ended before."""
    with bench.start(verb, "six", *more) as engine:
        hit = wait_until(moment, engine)
        engine.kill()
        engine.wait()
        assert not left_running(bench)
        return hit


@pytest.mark.slow
@pytest.mark.parametrize("step", range(1, THINGS + 1, STRIDE))
@pytest.mark.parametrize("moment", ["during", "after"])
def test_up_killed_at_any_step_is_finished_by_the_next(bench: Bench, step: int, moment: str) -> None:
    def reached() -> bool:
        return calls(bench, "Create") >= step if moment == "during" else settled(bench) >= STEPS - THINGS + step

    hit = kill_at(bench, "up", reached, "--skip-preview")
    pending = [each["type"] for each in bench.state().get("pending_operations", [])]
    assert hit or step == THINGS
    if moment == "during":
        assert pending == ["creating"]
    after = bench.step("up+skip-preview", "six")
    assert after.exit == Exit.OK, bench.talk[-5:]
    assert settled(bench) == STEPS
    assert bench.step("preview", "six").json["changes"] == {"same": STEPS - 1}
    assert len(alive(bench)) == THINGS


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("step", range(1, STEPS + 1, STRIDE))
@pytest.mark.parametrize("moment", ["during", "after"])
def test_destroy_killed_at_any_step_is_finished_by_the_next(bench: Bench, standing: str, step: int, moment: str) -> None:
    write_whole(bench.state_file, standing)

    def reached() -> bool:
        return calls(bench, "Delete") >= min(step, THINGS) if moment == "during" else settled(bench) <= STEPS - step

    kill_at(bench, "destroy", reached)
    assert bench.step("destroy", "six").exit == Exit.OK
    assert settled(bench) == 0
    assert len({call["urn"] for call in bench.calls() if call["call"] == "Delete"}) == THINGS


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_what_is_pending_and_ends_the_children(bench: Bench, name: signal.Signals) -> None:
    with bench.start("up", "sleeps", "--skip-preview", "--json") as engine:
        assert wait_until(lambda: calls(bench, "Create") == 1, engine)
        engine.send_signal(name)
        began = time.monotonic()
        assert engine.wait(10) == Exit.INTERRUPTED
        assert time.monotonic() - began < 5
        assert not left_running(bench)
    assert [each["type"] for each in bench.state()["pending_operations"]] == ["creating"]
    assert bench.step("preview", "six").exit == Exit.OK


@pytest.mark.slow
def test_a_program_that_never_ends_is_ended_by_a_signal(bench: Bench) -> None:
    with bench.start("up", "sleeps_itself", "--skip-preview") as engine:
        assert wait_until(lambda: any("runner.py" in each for each in children_of(bench)), engine)
        engine.send_signal(signal.SIGINT)
        assert engine.wait(10) == Exit.INTERRUPTED
        assert not left_running(bench)


@pytest.mark.slow
def test_a_second_run_is_locked_out_and_a_dead_runs_lock_is_taken_over(bench: Bench) -> None:
    with bench.start("up", "sleeps", "--skip-preview") as engine:
        assert wait_until(lambda: calls(bench, "Create") == 1, engine)
        with bench.start("up", "six", "--json") as second:
            out, err = second.communicate()
            assert second.returncode == Exit.LOCKED
        assert f"pid {engine.pid}" in err
        assert '"result": "failed"' in out
        assert bench.step("preview", "six").exit == Exit.OK, "a preview needs no lock"
        engine.kill()
        engine.wait()
    assert bench.step("up", "six").exit == Exit.OK
    assert any("did not end cleanly" in each and str(engine.pid) in each for each in bench.talk)


@pytest.mark.slow
def test_pending_creates_are_reported_and_can_be_forgotten(bench: Bench) -> None:
    kill_at(bench, "up", lambda: calls(bench, "Create") == 1, "--skip-preview")
    told: dict[str, Any] = bench.step("up", "six").json
    assert any("interrupted while creating" in each["message"] for each in told["diagnostics"])
    with bench.start("refresh", "six", "--clear-pending-creates") as engine:
        assert engine.wait() == Exit.OK
    assert "pending_operations" not in bench.state()
