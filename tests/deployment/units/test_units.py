"""The product's units run under a systemd that is the first process of a place of its own: timers, updater, launcher, network service.

The place is an overlay of this machine's files in new namespaces (boot.sh), so nothing of the machine changes, and systemd knows no unit
but the product's, which its own commands write (prepare.sh). Cgroups of version 1 give the units no limits of memory and no firewall of
addresses here: NOT TESTED.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from containment.confinement.filesystem.landlock import read_version
from containment.confinement.requirements import find_confinement_refusal
from containment.exit_code import Exit
from tests.support.child import REPOSITORY

HERE = Path(__file__).parent
HIERARCHIES = (Path("/sys/fs/cgroup/systemd"), Path("/sys/fs/cgroup/unified"))
SECONDS = 240


def find_refusal() -> str:
    """Return why systemd cannot be started here, empty if it can."""
    if os.geteuid():
        return "mounts, cgroups and the first process of a place need root"
    if not Path("/lib/systemd/systemd").exists():
        return "systemd is not installed"
    if not all(one.is_dir() for one in HIERARCHIES):
        return "the cgroups of systemd (version 1, named systemd, beside version 2) are not mounted"
    if not Path("/usr/bin/python3.11").exists() or sysconfig.get_python_version() != "3.11":
        return "units hide home folders, so they need the packages' version of Python outside of them"
    return find_confinement_refusal() or ("" if read_version() else "this kernel has no Landlock")


_LACKING = find_refusal()
pytestmark = [
    pytest.mark.long,
    pytest.mark.slow,
    pytest.mark.namespaces,
    pytest.mark.timeout(SECONDS + 60),
    pytest.mark.skipif(bool(_LACKING), reason=f"NOT TESTED: {_LACKING}"),
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of what the units left, once all of them have run."""
    folder = tmp_path_factory.mktemp("units")
    groups = [one / f"containment-units-{os.getpid()}" for one in HIERARCHIES]
    for group in groups:
        group.mkdir()
    enter = "; ".join(f"echo $$ > {group}/cgroup.procs" for group in groups)
    boot = ["unshare", "-p", "-m", "-C", "-i", "-u", "-n", "-f", "--kill-child=KILL", "sh", str(HERE / "boot.sh")]
    words = [*boot, str(folder), str(REPOSITORY), sysconfig.get_paths()["purelib"]]
    with (folder / "boot.log").open("wb") as log:
        process = subprocess.Popen(["sh", "-c", f'{enter}; exec "$@"', "enter", *words], stdout=log, stderr=log)
    try:
        over = time.monotonic() + SECONDS
        while not (folder / "states").exists():
            told = "".join(one.read_text()[-3000:] for one in sorted(folder.glob("*.log")))
            assert process.poll() is None, told
            assert time.monotonic() < over, told
            time.sleep(0.5)
        yield folder
    finally:
        process.kill()
        process.wait()
        remove_groups(groups)
        shutil.rmtree(folder, ignore_errors=True)


def remove_groups(groups: list[Path]) -> None:
    """Remove control groups with those below them, once their killed processes are gone."""
    over = time.monotonic() + 20
    while any((one / "cgroup.procs").read_text() for group in groups for one in (group, *group.rglob("*")) if one.is_dir()):
        assert time.monotonic() < over, "processes of the place do not end"
        time.sleep(0.1)
    for group in groups:
        for one in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
            one.rmdir()
        group.rmdir()


@pytest.fixture(scope="module")
def states(shared: Path) -> dict[str, dict[str, str]]:
    """Return the properties of each unit by its name."""
    blocks = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in (shared / "states").read_text().split("\n\n")]
    return {block["Id"]: block for block in blocks if block.get("LoadState") == "loaded"}


def get_state(states: dict[str, dict[str, str]], unit: str) -> tuple[str, str, str]:
    return states[unit]["ActiveState"], states[unit]["SubState"], states[unit]["Result"]


@pytest.mark.parametrize("name", ["containment-bundle-update", "containment-discover", "containment-observe-coding-monitor"])
def test_a_service_ends_well_and_its_timer_waits_for_the_next_run(states: dict[str, dict[str, str]], name: str) -> None:
    assert get_state(states, f"{name}.service") == ("inactive", "dead", "success")
    assert int(states[f"{name}.service"]["ExecMainStatus"]) in (0, Exit.NO, Exit.INCONCLUSIVE)
    assert get_state(states, f"{name}.timer") == ("active", "waiting", "success")


def test_the_updater_activates_a_signed_bundle(shared: Path) -> None:
    found = json.loads((shared / "revision.json").read_text())
    assert (found["live"]["revision"], found["counter"]["revision"], found["lastRun"]["result"]) == ("1", "1", "activated")


def test_a_discovery_reads_processes_and_writes_both_files(shared: Path) -> None:
    found = json.loads((shared / "containment-discover" / "latest.json").read_text())
    assert found["schema"].startswith("containment-discover/")
    assert (shared / "containment-discover" / "events.jsonl").read_text().strip()


def test_an_observation_keeps_its_result(shared: Path) -> None:
    result = max((shared / "results" / "coding-monitor").glob("*.json"))
    assert json.loads(result.read_text())["wouldBeDenied"] == 1


def test_an_attestation_fails_for_want_of_a_deployed_stack_and_not_for_its_restrictions(
    shared: Path, states: dict[str, dict[str, str]]
) -> None:
    assert get_state(states, "containment-attest-coding-monitor.timer") == ("active", "waiting", "success")
    assert states["containment-attest-coding-monitor.service"]["ExecMainStatus"] == str(int(Exit.ERROR))
    assert "coding-monitor: has no state here" in (shared / "output.log").read_text()


def test_the_launcher_confines_its_command_and_the_network_service_stays(shared: Path, states: dict[str, dict[str, str]]) -> None:
    assert get_state(states, "agent.service") == ("inactive", "dead", "success")
    assert get_state(states, "agent-network.service") == ("active", "running", "success")
    assert states["agent-network.service"]["NRestarts"] == states["agent.service"]["NRestarts"] == "0"
    told = (shared / "output.log").read_text()
    assert "inside: 1000 1 2 3" in told
    assert "/usr/y: Read-only file system" in told
    events = [json.loads(line) for line in (shared / "agent-launcher" / "events.jsonl").read_text().splitlines()]
    assert events


def test_a_directive_that_prevents_the_launchers_work_fails_its_unit(shared: Path, states: dict[str, dict[str, str]]) -> None:
    assert get_state(states, "planted.service") == ("failed", "failed", "exit-code")
    assert "Can't set hostname" in (shared / "output.log").read_text()


def test_the_network_service_has_no_right(shared: Path) -> None:
    facts = dict(line.split(":", 1) for line in (shared / "network-process").read_text().splitlines())
    assert {int(facts[name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert (facts["NoNewPrivs"].strip(), facts["Seccomp"].strip()) == ("1", "2")
    assert "0" not in facts["Uid"].split()
