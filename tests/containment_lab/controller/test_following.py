"""A question for the Controller's next version waits for a change, and keeps a Controller that is told to end from nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from containment_lab.home import LabHome
from containment_lab.network.deployed_host import call_controller
from containment_lab.network.deployment_state import fetch_controller_version
from containment_lab.readiness import Readiness

pytestmark = pytest.mark.slow
LONG = 50.0


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[tuple[LabHome, subprocess.Popen[bytes]]]:
    home = LabHome(tmp_path)
    home.get_ports()
    home.get_log_file("controller").parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "containment_lab.controller", "--home", str(tmp_path), "--no-cloud"]
    with home.get_log_file("controller").open("wb") as log:
        process = subprocess.Popen(command, stderr=log)

    def answers() -> bool:
        return home.controller_ca.exists() and bool(fetch_controller_version(home, "", 0))

    try:
        Readiness(
            what="the Controller", log=home.get_log_file("controller"), is_ready=answers, is_alive=lambda: process.poll() is None
        ).wait()
        yield home, process
    finally:
        process.kill()
        process.wait()


def test_a_change_and_the_end_both_answer_a_waiting_question(controller: tuple[LabHome, subprocess.Popen[bytes]]) -> None:
    home, process = controller
    first = fetch_controller_version(home, "", 0)
    assert fetch_controller_version(home, first, 0.05) == first
    with ThreadPoolExecutor(1) as asking:
        waiting = asking.submit(fetch_controller_version, home, first, LONG)
        call_controller(home, "settings", "PATCH", b'{"inventory_seconds": 0}')
        second = waiting.result(timeout=LONG / 2)
        assert second != first
        waiting = asking.submit(fetch_controller_version, home, second, LONG)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=1)
        process.send_signal(signal.SIGTERM)
        assert waiting.result(timeout=LONG / 2) == second
        process.wait(timeout=LONG / 2)
