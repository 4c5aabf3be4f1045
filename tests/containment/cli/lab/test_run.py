"""`lab run` starts nothing that it cannot confine, checks its options first, and lists what the command reached."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from containment.cli.app import build
from containment.cli.lab import run as lab_run
from containment.confinement.errors import ConfinementError
from containment.confinement.launch import CommandResult
from containment_lab.agent import command
from containment_lab.network.control import LabNetwork


class Started:
    """What would have been started, and how it ends."""

    def __init__(self, ended: CommandResult | Exception) -> None:
        self.ended, self.calls = ended, []

    def __call__(self, world: LabNetwork, words: tuple[str, ...], **more: Any) -> CommandResult:
        self.calls.append((world.stack, words, more))
        if isinstance(self.ended, Exception):
            raise self.ended
        return self.ended


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("CONTAINMENT_LAB_HOME", str(tmp_path))
    monkeypatch.setattr(LabNetwork, "require_stack", lambda self: None)
    monkeypatch.setattr(LabNetwork, "ensure_current", lambda self: {"decisions": 3})
    monkeypatch.setattr(LabNetwork, "await_decisions", lambda self, after: [])
    return monkeypatch


def run(lab: pytest.MonkeyPatch, ended: CommandResult | Exception, *words: str) -> tuple[Any, Started]:
    started = Started(ended)
    lab.setattr(command, "run_as_agent", started)
    return CliRunner().invoke(build(["lab", "run"]), ["lab", "run", "-s", "dev", *words]), started


def test_it_ends_as_the_command_does(lab: pytest.MonkeyPatch) -> None:
    done, started = run(lab, CommandResult(7, False, 0), "--", "curl", "-s", "x")
    assert done.exit_code == 7
    assert started.calls == [("dev", ("curl", "-s", "x"), {"folder": None, "harness": None, "seconds": 0})]
    assert "no connection attempts observed" in done.output


def test_an_idle_command_is_not_waited_for(lab: pytest.MonkeyPatch) -> None:
    lab.setattr(LabNetwork, "await_decisions", lambda *_: pytest.fail("nothing was sent, so no log line can come"))
    assert run(lab, CommandResult(0, False, 0), "--", "id")[0].exit_code == 0


def test_one_that_is_stopped_after_its_time_has_not_failed(lab: pytest.MonkeyPatch) -> None:
    done, _ = run(lab, CommandResult(0, True, 0), "--seconds", "2", "--", "sleep", "9")
    assert done.exit_code == 0
    assert "stopped after 2 s (--seconds)" in done.output


def test_what_cannot_be_confined_is_one_line(lab: pytest.MonkeyPatch) -> None:
    done, _ = run(lab, ConfinementError("bwrap is not installed; install the package bubblewrap"), "--", "id")
    assert done.exit_code == 1
    assert done.output.strip() == "error: bwrap is not installed; install the package bubblewrap"


def test_a_harness_that_cannot_be_had_is_skipped_with_its_reason_and_nothing_is_started(lab: pytest.MonkeyPatch) -> None:
    done, started = run(lab, CommandResult(0, False, 0), "--with", "nemoclaw")
    assert done.exit_code == 1
    assert done.output.startswith("error: SKIPPED nemoclaw: ")
    assert [line.strip().partition(": ")[0] for line in done.output.splitlines()] == ["error", "why", "fix"]
    assert started.calls == []


@pytest.mark.parametrize(
    "words", [[], ["--config", "noSuchKey=1", "--", "id"], ["--config", "noequals", "--", "id"], ["--seconds", "-1", "--", "id"]]
)
def test_wrong_options_start_nothing(lab: pytest.MonkeyPatch, words: list[str]) -> None:
    done, started = run(lab, CommandResult(0, False, 0), "-s", "coding-enforce", *words)
    assert done.exit_code in (1, 2)
    assert "Traceback" not in done.output
    assert started.calls == []


def test_config_is_taken_as_by_the_other_verbs(lab: pytest.MonkeyPatch) -> None:
    done, started = run(lab, CommandResult(0, False, 0), "-s", "coding-enforce", "--config", "policyMode=enforce", "--", "id")
    assert done.exit_code == 0, done.output
    assert len(started.calls) == 1


def test_the_help_names_what_is_contained_and_what_is_not() -> None:
    text = " ".join(CliRunner().invoke(build(["lab", "run"]), ["lab", "run", "--help"]).output.split())
    for each in ("an unprivileged user id", "Not contained: vulnerabilities of the kernel", "it is not started", "--folder", "--config"):
        assert each in text


def test_its_start_loads_neither_the_engine_nor_the_cloud() -> None:
    text = "import sys; sys.argv = ['containment', 'lab', 'run']; import containment.cli.app; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert lab_run.__name__ in loaded
    assert not loaded & {"boto3", "moto", "pulumi", "containment.cli.lab.deployment", "containment_lab.engine.session"}
    assert not loaded & {
        "pydantic",
        "cryptography",
        "asyncio",
        "urllib.request",
        "importlib.metadata",
        "rich.console",
        "containment.config.spec",
    }
