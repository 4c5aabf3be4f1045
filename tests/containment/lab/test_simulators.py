"""The simulators start once, answer, are found again, come back after a crash, and leave no process behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from containment.lab import simulators
from containment.lab.cloud.clients import client
from containment.lab.home import LabHome

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path: Path) -> Iterator[LabHome]:
    home = LabHome(tmp_path / "lab")
    home.root.mkdir()
    yield home
    if home.root.exists():
        simulators.down(home)


def pids(home: LabHome) -> dict[str, int]:
    return {each.name: each.pid for each in simulators.status(home) if each.pid}


def mentions(home: LabHome) -> list[int]:
    """Return every living process whose command line names the home."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if str(home.root).encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def wait_until(what: str, holds: object, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_overlay_starts_nothing_and_says_the_same_twice(home: LabHome) -> None:
    first = simulators.overlay(home, frozenset({"agents:awsAccessAccount"}), "agents")
    assert first == simulators.overlay(home, frozenset({"awsAccessAccount"}), "agents")
    assert first["agents:awsAccessAccount"] == "lab"
    assert first["aviatrix:controllerIp"] == f"127.0.0.1:{home.ports().controller}"
    assert first["aviatrix:verifySslCertificate"] == "true"
    assert "agents:awsAccessAccount" not in simulators.overlay(home, frozenset(), "agents")
    assert json.loads((home.root / "controller.json").read_text())["password"] == first["aviatrix:password"]
    assert pids(home) == {}


def test_a_package_that_nobody_simulates_starts_nothing(home: LabHome) -> None:
    assert simulators.attach(home, "kit") is None
    assert pids(home) == {}


def test_attach_starts_what_is_needed_and_down_leaves_no_process(home: LabHome) -> None:
    assert simulators.attach(home, "aws") == home.ports().aws_provider
    assert set(pids(home)) == {"cloud", "providers"}
    assert client(home, "sts").get_caller_identity()["Account"] == "123456789012"
    first = pids(home)
    started = time.perf_counter()
    assert simulators.attach(home, "aws") == home.ports().aws_provider
    assert time.perf_counter() - started < 0.05, "a warm attach is quick"
    assert pids(home) == first
    assert simulators.down(home) == ["cloud", "providers"]
    assert mentions(home) == []
    assert simulators.down(home) == []


def test_attach_to_aviatrix_starts_the_controller_too(home: LabHome) -> None:
    assert simulators.attach(home, "aviatrix") == home.ports().aviatrix_provider
    assert set(pids(home)) == {"cloud", "controller", "providers"}
    assert home.controller_ca.exists()
    assert simulators.down(home) == ["cloud", "controller", "providers"]
    assert mentions(home) == []


def test_two_starters_at_once_start_one_set(home: LabHome) -> None:
    code = "from containment.lab.home import LabHome; from containment.lab import simulators; from pathlib import Path; import sys; "
    code += "print(simulators.attach(LabHome(Path(sys.argv[1])), 'aws'))"
    starters = [subprocess.Popen([sys.executable, "-c", code, str(home.root)], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = {starter.communicate(timeout=60)[0].strip() for starter in starters}
    assert said == {str(home.ports().aws_provider)}
    assert sorted(mentions(home)) == sorted(pids(home).values())
    assert len(pids(home)) == 2


def test_what_was_killed_is_started_again_and_nothing_else(home: LabHome) -> None:
    simulators.attach(home, "aws")
    before = pids(home)
    client(home, "ec2").create_key_pair(KeyName="lost")
    os.kill(before["cloud"], signal.SIGKILL)
    wait_until("the cloud is dead", lambda: "cloud" not in pids(home))
    simulators.attach(home, "aws")
    after = pids(home)
    assert after["providers"] == before["providers"]
    assert after["cloud"] != before["cloud"]
    assert client(home, "ec2").describe_key_pairs()["KeyPairs"] == [], "a new cloud is empty"


def test_simulators_end_when_their_home_is_deleted(home: LabHome) -> None:
    simulators.attach(home, "aws")
    mine = list(pids(home).values())
    assert len(mine) == 2
    shutil.rmtree(home.root)
    wait_until("no process survives its home", lambda: not mentions(home), seconds=15)


def test_down_ends_only_what_it_started(home: LabHome) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        record = {"cloud": {"pid": bystander.pid, "started": 1}}  # a reused pid: same number, another process
        (home.root / "simulators.json").write_text(json.dumps(record))
        assert simulators.down(home) == []
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_simulator_that_cannot_start_is_one_clear_error_with_its_log(home: LabHome) -> None:
    ports = home.ports()
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports.aws))
        with pytest.raises(simulators.SimulatorError, match=r"cloud ended while it started: .*cloud\.log"):
            simulators.attach(home, "aws")
