"""A child of a fleet is interrupted in order, also when the fleet's own process is killed (-9)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from containment.fleet.backend import Children
from containment.programs import find_program
from tests.support.child import REPOSITORY

WORK = """
import pathlib, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background of a script inherits that it is ignored
try:
    pathlib.Path(sys.argv[1]).write_text("running")
    time.sleep(120)
except KeyboardInterrupt:
    pathlib.Path(sys.argv[1]).write_text("recorded")
"""
PARENT = f"""
import os, pathlib, sys
from containment.fleet.backend import Children
with Children().start([sys.executable, "-c", {WORK!r}, sys.argv[1]], pathlib.Path(), os.environ) as process:
    process.wait()
"""
SECONDS = 60


def await_text(path: Path, text: str) -> None:
    over = time.monotonic() + SECONDS
    while not path.exists() or path.read_text() != text:
        assert time.monotonic() < over, f"{path.name} is not {text!r}"
        time.sleep(0.02)


@pytest.mark.skipif(find_program("setpriv") is None, reason="setpriv (util-linux) is not installed")
def test_a_killed_fleet_takes_its_engine_along_which_records_what_is_under_way(tmp_path: Path) -> None:
    state = tmp_path / "state"
    fleet = subprocess.Popen([sys.executable, "-c", PARENT, str(state)], cwd=REPOSITORY)
    await_text(state, "running")
    fleet.kill()
    fleet.wait()
    await_text(state, "recorded")


@pytest.mark.parametrize(("kill", "text", "code"), [(False, "recorded", 0), (True, "running", -9)])
def test_an_interrupted_child_records_and_a_killed_one_ends_at_once(tmp_path: Path, kill: bool, text: str, code: int) -> None:
    children, state, codes = Children(), tmp_path / "state", list[int]()

    def work() -> None:
        with children.start([sys.executable, "-c", WORK, str(state)], tmp_path, os.environ) as process:
            codes.append(process.wait())

    worker = threading.Thread(target=work)
    worker.start()
    await_text(state, "running")
    children.interrupt(kill=kill)
    worker.join(SECONDS)
    assert codes == [code]
    assert state.read_text() == text


def test_a_child_that_starts_after_the_signal_is_ended_as_well(tmp_path: Path) -> None:
    children = Children()
    children.interrupt(kill=True)
    with children.start([sys.executable, "-c", WORK, str(tmp_path / "state")], tmp_path, os.environ) as process:
        assert process.wait(SECONDS) == -9
