"""The outcome of a command of the Pulumi CLI that failed: violation, interruption, error, and a lock with the command that mends it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from containment.errors import InputError
from containment.exit_code import Exit
from containment.fleet import pulumi_backend
from containment.fleet.backend import Task, Verb
from containment.fleet.pulumi_backend import PulumiBackend

TASK = Task(verb=Verb.UP, stack="coding-eu", folder=Path("project"))
LOCK = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with "
    "`pulumi cancel`.\n  file:///x.json: created by platform-team@runner (pid {pid}) at 2026-11-29T10:00:00Z"
)


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ("error: update failed\n    error: no quota", Exit.ERROR, "update failed"),
        ("Policies:\n      - [mandatory]  agent-host-has-no-public-ip  (aws:ec2:Instance: i)\nerror: x", Exit.VIOLATION, "agent-host"),
        ("error: update canceled", Exit.INTERRUPTED, "canceled"),
        ("last words", Exit.ERROR, "last words"),
        ("", Exit.ERROR, "no message"),
    ],
)
def test_a_failure_differs_from_a_refusal_and_an_interruption(text: str, code: Exit, reason: str) -> None:
    found = pulumi_backend._build_failure(TASK, text)
    assert found.exit is code
    assert reason in found.reason
    assert "--stack coding-eu" in found.fix


def test_a_lock_of_a_process_that_ended_is_stale_and_one_that_runs_is_not() -> None:
    stale = pulumi_backend._explain_lock(TASK, LOCK.format(pid=2**22 + 1))
    living = pulumi_backend._explain_lock(TASK, LOCK.format(pid=os.getpid()))
    assert (stale.exit, living.exit) == (Exit.LOCKED, Exit.LOCKED)
    assert "stale" in stale.reason
    assert "may still run" in living.reason
    for one in (stale, living):
        assert "pulumi cancel --yes --stack coding-eu" in one.fix


def test_a_sites_values_are_in_a_copy_and_the_stack_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.coding-eu.yaml"
    text = "encryptionsalt: v1:x\nconfig:\n  agent-containment:vpcCidr: 10.80.0.0/16\n  aviatrix:password:\n    secure: v1:y\n"
    path.write_text(text)
    task = Task(verb=Verb.UP, stack="coding-eu", folder=tmp_path, config={"agent-containment:awsRegion": "eu-central-1"})
    with pulumi_backend._write_config(task) as copy:
        assert copy is not None
        found = yaml.safe_load(Path(copy).read_text())
    assert not Path(copy).exists()
    before = yaml.safe_load(text)
    assert found == {**before, "config": {**before["config"], "agent-containment:awsRegion": "eu-central-1"}}
    assert path.read_text() == text


def test_a_cli_that_cannot_be_used_is_a_problem_with_a_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "pulumi"
    fake.write_text("#!/bin/sh\necho v0.1.0\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(InputError) as raised:
        PulumiBackend(tmp_path)
    assert "--backend lab" in raised.value.problems[0].fix
