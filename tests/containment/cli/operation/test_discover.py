"""The command `discover`: options that contradict each other are refused, and units run the same command line again."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from unittest import mock

import pytest

from containment.discovery.repetition import SETTINGS
from containment.exit_code import Exit
from tests.containment.cli.conftest import Run


def test_options_that_cannot_be_used_are_refused(run: Run, tmp_path: Path) -> None:
    for words, text in (
        (["--config", "a=b"], "give --stack STACK too"),
        (["--write-declared", str(tmp_path / "x")], "give --stack STACK too"),
        (["--ocsf", "-"], "give --out FILE for the answer"),
        (["--every", "5m", "--json"], "leave out --json"),
    ):
        result = run("discover", *words)
        assert result.exit_code == Exit.USAGE
        assert text in result.output
    for words, text in (
        (["--every", "5"], "--every 5m"),
        (["--project", str(tmp_path / "none")], "is not a folder"),
        (["--declared", str(tmp_path / "none")], "the declaration cannot be used"),
        (["--resolver-log", str(tmp_path / "none")], "does not exist"),
        (["--endpoint", "a b"], "is no domain"),
    ):
        result = run("discover", *words)
        assert result.exit_code == Exit.ERROR
        assert text in result.output


def test_a_stack_is_written_for_machines_without_the_project(run: Run, stacks: Path) -> None:
    result = run("discover", "--stack", "coding-enforce", "--write-declared", "declared.json")
    assert result.exit_code == Exit.OK
    assert json.loads((stacks / "declared.json").read_text())["agentClass"] == "coding"


def test_units_run_the_same_command_line(run: Run, tmp_path: Path) -> None:
    words = ["discover", "--declared", "/etc/containment/declared.json", "--unit", str(tmp_path), "--every", "5m"]
    with mock.patch("sys.argv", ["containment", *words]):
        result = run(*words)
    assert result.exit_code == Exit.OK, result.output
    service, timer = ((tmp_path / f"containment-discover.{kind}").read_text() for kind in ("service", "timer"))
    assert "discover --declared /etc/containment/declared.json --json --out" in service
    assert "--unit" not in service
    assert all(f"{name}={value}" in service.splitlines() for name, value in SETTINGS)
    assert "PrivateTmp=yes" not in service, "configurations in /tmp are read too"
    assert ("OnActiveSec=0" in timer, "OnUnitActiveSec=5min" in timer) == (True, True)


def test_folders_of_own_files_can_be_written(run: Run, tmp_path: Path) -> None:
    words = ["discover", "--unit", str(tmp_path), f"--out={tmp_path}/a/latest.json", "--ocsf", f"{tmp_path}/b/events"]
    with mock.patch("sys.argv", ["containment", *words]):
        assert run(*words).exit_code == Exit.OK
    service = (tmp_path / "containment-discover.service").read_text()
    assert f"ReadWritePaths={tmp_path}/a" in service
    assert f"ReadWritePaths={tmp_path}/b" in service


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_accepts_the_units(run: Run, tmp_path: Path) -> None:
    assert run("discover", "--unit", str(tmp_path)).exit_code == Exit.OK
    paths = [str(tmp_path / f"containment-discover.{kind}") for kind in ("service", "timer")]
    done = subprocess.run(["systemd-analyze", "verify", "--recursive-errors=no", *paths], capture_output=True, text=True, timeout=60)
    assert not [line for line in done.stderr.splitlines() if "containment-discover" in line], done.stderr
