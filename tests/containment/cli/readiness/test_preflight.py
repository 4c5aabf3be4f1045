"""`containment preflight` asks the lab that runs, says so, changes nothing, and fails when a check has failed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from containment_lab import simulators
from containment_lab.cloud.clients import get_client
from containment_lab.home import ENV, LabHome
from tests.containment.cli.conftest import Run
from tests.support.cloud_inventory import read_inventory

REPOSITORY = Path(__file__).parents[4]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabHome]:
    home = LabHome(tmp_path_factory.mktemp("lab"))
    simulators.attach(home, "aviatrix")
    yield home
    simulators.stop_simulators(home)


_FROM_FILES = ("approvers", "agents", "attestation", "credential-gateway")
"""Checks that read files of the checkout, and neither account nor Controller."""


def statuses(run: Run, *arguments: str) -> tuple[int, dict[str, Any]]:
    result = run("preflight", "--json", *arguments)
    return result.exit_code, json.loads(result.stdout)


def test_the_lab_is_read_while_it_is_up_and_nothing_there_changes(
    run: Run, stacks: Path, home: LabHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENV, str(home.root))
    before = read_inventory(home)
    code, found = statuses(run)
    assert read_inventory(home) == before
    assert [*found] == ["schema", "stack", "asked", "lab", "findings"]
    assert (found["schema"], found["lab"]) == ("containment-preflight/v1", True)
    assert str(home.root) in found["asked"]
    by_check = {each["check"]: each["status"] for each in found["findings"]}
    assert by_check["aws-identity"] == by_check["access-account"] == by_check["controller-version"] == "PASS"
    assert by_check["firewall-on"] == by_check["policy-ownership"] == "FAIL", "no platform stands on this Controller yet"
    assert code == 10


def test_an_open_serial_console_and_another_account_name_fail(
    run: Run, stacks: Path, home: LabHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENV, str(home.root))
    get_client(home, "ec2").enable_serial_console_access()
    result = run("preflight", "-c", "awsAccessAccount=other")
    get_client(home, "ec2").disable_serial_console_access()
    assert result.exit_code == 10
    assert "FAIL     serial-console" in result.stdout
    assert "FAIL     access-account: 'other' is not an access account of the Controller" in result.stdout
    assert "fix: `aws ec2 disable-serial-console-access`" in result.stdout
    assert result.stdout.splitlines()[0].startswith("coding-monitor, reading the lab in ")


def test_with_the_platform_up_the_controller_is_ready_for_this_stack(
    run: Run, stacks: Path, home: LabHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENV, str(home.root))
    platform = [sys.executable, "-m", "containment", "lab", "up", "-C", str(REPOSITORY / "platform"), "--stack", "platform", "--json"]
    subprocess.run(platform, check=True, timeout=120, capture_output=True, cwd=REPOSITORY)
    _, found = statuses(run)
    failed = {each["check"]: each["detail"] for each in found["findings"] if each["status"] == "FAIL"}
    assert failed == {}
    said = {each["check"]: each["detail"] for each in found["findings"]}
    assert said["policy-ownership"] == "agents-coding-monitor is free"


def test_without_lab_and_credentials_everything_is_skipped_and_nothing_fails(
    run: Run, stacks: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv(ENV, str(tmp_path / "none"))
    code, found = statuses(run)
    assert {each["status"] for each in found["findings"] if each["check"] not in _FROM_FILES} == {"SKIPPED"}
    assert (code, found["lab"]) == (0, False)
    code, found = statuses(run, "--real")
    assert code == 10, "the real one was asked for, and did not answer"


def test_the_real_account_can_be_read_though_a_lab_is_up(
    run: Run, stacks: Path, home: LabHome, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(ENV, str(home.root))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    _, found = statuses(run, "--real")
    assert found["lab"] is False
    assert "no credentials" in found["asked"]


def test_a_broken_configuration_is_reported_as_by_every_verb(
    run: Run, stacks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENV, str(tmp_path / "none"))
    said = run("preflight", "-c", "agentClass=nonesuch")
    assert (said.exit_code, said.stdout) == (1, "")
    assert "agentClass" in said.stderr
