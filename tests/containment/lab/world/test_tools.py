"""What the data plane needs of the system is asked for by name: by the set-up of a plain user, and by what cannot do without."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from containment.cli import lab_world
from containment.cli.app import app
from containment.lab.world import tools

REPOSITORY = Path(__file__).parents[4]
SCRIPT = REPOSITORY / ".ci" / "packages"


def set_up(tmp_path: Path, *pairs: str) -> subprocess.CompletedProcess[str]:
    """Run the script as a plain user."""
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    return subprocess.run(["sh", str(SCRIPT), *pairs], env=environment, capture_output=True, text=True, check=True)


def test_set_up_looks_for_the_programs_that_the_world_runs() -> None:
    listed = re.search(r"for pair in (.*?) \"\$@\"", SCRIPT.read_text())
    assert listed
    assert dict(pair.split(":") for pair in listed.group(1).split()) == tools.PACKAGES


def test_a_plain_user_is_told_each_missing_package_once(tmp_path: Path) -> None:
    said = set_up(tmp_path, "no-such-program:first-package", "nor-this-one:first-package", "nor-that:second-package", "sh:dash").stderr
    assert re.search(r"needs these packages .*: (.*\s)?first-package second-package$", said.strip())
    assert "apt-get install" in said
    assert "dash" not in said


def test_every_program_that_is_not_there_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools, "_PLACES", ())
    said = tools.missing()
    for program, package in tools.PACKAGES.items():
        assert f"{program}: install the package {package}" in said


def test_a_demonstration_without_them_says_what_it_skipped_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab_world, "missing", lambda: ["nft: install the package nftables"])
    told = CliRunner().invoke(app, ["lab", "verify", "--stack", "dev", "--skip-if-impossible"])
    assert told.exit_code == 0
    assert told.output.count("SKIPPED") == 6
    assert told.output.count("install the package nftables") == 6
    assert CliRunner().invoke(app, ["lab", "verify", "--stack", "dev"]).exit_code != 0
