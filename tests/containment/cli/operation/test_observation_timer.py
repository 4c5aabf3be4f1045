"""The timer's units run the command that was given, and systemd reads them as they were meant."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from containment.cli.app import build
from containment.exit_code import Exit
from tests.support.child import REPOSITORY


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "a project 100% $HOME"
    folder.mkdir()
    for name in ("Pulumi.yaml", "Pulumi.coding-monitor.yaml"):
        shutil.copy(REPOSITORY / name, folder)
    return folder


def run_command(project: Path, *words: str) -> Result:
    every = ["observe", *words, "--cwd", str(project)]
    return CliRunner().invoke(build(every), every)


def read_command(text: str) -> list[str]:
    """Return the words of ExecStart as systemd reads them."""
    line = re.search(r"^ExecStart=(.*)$", text, re.MULTILINE)
    assert line
    return [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(line[1])]


def test_the_units_observe_the_stacks_groups_and_what_else_is_given(project: Path, tmp_path: Path) -> None:
    units = tmp_path / "units"
    words = ["logs:/aviatrix/gateway", "--stack", "coding-monitor", "--write-timer", str(units), "--every", "6", "--results", "observed"]
    done = run_command(project, *words, "--json")
    assert done.exit_code == Exit.OK, done.output
    document = json.loads(done.stdout)
    assert {Path(one).name for one in document["units"]} == {one.name for one in units.iterdir()}
    service, timer = ((units / f"containment-observe-coding-monitor.{kind}").read_text() for kind in ("service", "timer"))
    assert read_command(service) == document["command"]
    sources = [f"logs:/containment/coding-monitor/{kind}" for kind in ("flow-logs", "dns-queries")]
    expected = [sys.executable, "-m", "containment", "observe", *sources, "logs:/aviatrix/gateway", "--stack", "coding-monitor"]
    assert document["command"] == [*expected, "--since", "14d", "--results", str(project / "observed")]
    assert "OnUnitActiveSec=6h" in timer
    assert f"SuccessExitStatus={int(Exit.NO)} {int(Exit.INCONCLUSIVE)}" in service
    assert (project / "observed" / "coding-monitor").is_dir(), "systemd needs the folder before it can be written"


def test_results_that_nobody_would_check_are_refused_or_named(project: Path, tmp_path: Path) -> None:
    words = ["--stack", "coding-monitor", "--write-timer", str(tmp_path / "units")]
    assert run_command(project, *words).exit_code == Exit.USAGE
    assert not (tmp_path / "units").exists()
    named = run_command(project, *words, "--results", "observed")
    assert "preflight does not check these results" in named.output
    assert "NOT TESTED" in named.output, "no source of the gateway's decisions is given"
    with (project / "Pulumi.coding-monitor.yaml").open("a") as file:
        file.write("  agent-containment:observeResults: observed\n")
    assert "preflight does not check" not in run_command(project, *words).output


@pytest.mark.parametrize("since", ["14", "d", "1w", "-3d", "123456d"])
def test_an_age_that_is_none_writes_no_unit(project: Path, tmp_path: Path, since: str) -> None:
    words = ["--stack", "coding-monitor", "--write-timer", str(tmp_path / "units"), "--results", "observed", f"--since={since}"]
    assert run_command(project, *words).exit_code == Exit.USAGE
    assert not (tmp_path / "units").exists()
