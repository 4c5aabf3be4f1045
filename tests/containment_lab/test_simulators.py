"""The simulators start once, answer, are found again, come back after a crash, and leave no process behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from containment_lab import simulators
from containment_lab.cloud.clients import get_client
from containment_lab.home import LabHome

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path: Path) -> Iterator[LabHome]:
    home = LabHome(tmp_path / "lab")
    home.root.mkdir()
    yield home
    if home.root.exists():
        simulators.stop_simulators(home)


def pids(home: LabHome) -> dict[str, int]:
    return {each.name: each.pid for each in simulators.read_status(home) if each.pid}


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


def test_overlay_starts_nothing_and_is_the_same_twice(home: LabHome) -> None:
    first = simulators.build_overlay(home, frozenset({"agents:awsAccessAccount"}), "agents")
    assert first == simulators.build_overlay(home, frozenset({"awsAccessAccount"}), "agents")
    assert first["agents:awsAccessAccount"] == "lab"
    assert first["aviatrix:controllerIp"] == f"127.0.0.1:{home.get_ports().controller}"
    assert first["aviatrix:verifySslCertificate"] == "true"
    assert "agents:awsAccessAccount" not in simulators.build_overlay(home, frozenset(), "agents")
    assert json.loads((home.root / "controller.json").read_text())["password"] == first["aviatrix:password"]
    assert pids(home) == {}


def test_a_package_that_nobody_simulates_starts_nothing(home: LabHome) -> None:
    assert simulators.attach(home, "kit") is None
    assert pids(home) == {}


def test_attach_starts_what_is_needed_and_down_leaves_no_process(home: LabHome) -> None:
    assert simulators.attach(home, "aws") == home.get_ports().aws_provider
    assert set(pids(home)) == {"cloud", "providers"}
    assert get_client(home, "sts").get_caller_identity()["Account"] == "123456789012"
    first = pids(home)
    assert simulators.attach(home, "aws") == home.get_ports().aws_provider
    assert pids(home) == first
    assert simulators.stop_simulators(home) == ["cloud", "providers"]
    assert mentions(home) == []
    assert simulators.stop_simulators(home) == []


def test_attach_to_aviatrix_starts_the_controller_too(home: LabHome) -> None:
    assert simulators.attach(home, "aviatrix") == home.get_ports().aviatrix_provider
    assert set(pids(home)) == {"cloud", "controller", "providers"}
    assert home.controller_ca.exists()
    assert simulators.stop_simulators(home) == ["cloud", "controller", "providers"]
    assert mentions(home) == []


def test_two_starters_at_once_start_one_set(home: LabHome) -> None:
    code = "from containment_lab.home import LabHome; from containment_lab import simulators; from pathlib import Path; import sys; "
    code += "print(simulators.attach(LabHome(Path(sys.argv[1])), 'aws'))"
    starters = [subprocess.Popen([sys.executable, "-c", code, str(home.root)], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = {starter.communicate(timeout=60)[0].strip() for starter in starters}
    assert said == {str(home.get_ports().aws_provider)}
    assert sorted(mentions(home)) == sorted(pids(home).values())
    assert len(pids(home)) == 2


@pytest.mark.long
def test_what_was_killed_is_started_again_and_nothing_else(home: LabHome) -> None:
    simulators.attach(home, "aws")
    before = pids(home)
    get_client(home, "ec2").create_key_pair(KeyName="lost")
    os.kill(before["cloud"], signal.SIGKILL)
    wait_until("the cloud is dead", lambda: "cloud" not in pids(home))
    simulators.attach(home, "aws")
    after = pids(home)
    assert after["providers"] == before["providers"]
    assert after["cloud"] != before["cloud"]
    assert get_client(home, "ec2").describe_key_pairs()["KeyPairs"] == [], "a new cloud is empty"


def test_simulators_end_when_their_home_is_deleted(home: LabHome) -> None:
    simulators.attach(home, "aws")
    mine = list(pids(home).values())
    assert len(mine) == 2
    shutil.rmtree(home.root)
    wait_until("no process survives its home", lambda: not mentions(home), seconds=15)


def test_simulators_end_when_another_home_is_made_in_place_of_theirs(home: LabHome) -> None:
    simulators.attach(home, "aws")
    simulators.attach(home, "aviatrix")
    shutil.rmtree(home.root)
    home.root.mkdir()
    wait_until("no process survives its home", lambda: not mentions(home), seconds=15)


def test_down_ends_only_what_it_started(home: LabHome) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        record = {"cloud": {"pid": bystander.pid, "started": 1}}  # a reused pid: same number, another process
        (home.root / "simulators.json").write_text(json.dumps(record))
        assert simulators.stop_simulators(home) == []
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "package", "port"), [("cloud", "aws", "aws"), ("controller", "aviatrix", "controller"), ("providers", "aws", "aws_provider")]
)
def test_another_program_on_the_port_is_one_clear_error_and_never_taken_for_the_simulator(
    home: LabHome, name: str, package: str, port: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", getattr(home.get_ports(), port)))
        taken.listen()
        with pytest.raises(simulators.SimulatorError, match=rf"{name} ended before it was ready: .*{name}\.log"):
            simulators.attach(home, package)
