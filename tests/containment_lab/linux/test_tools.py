"""What the data plane needs of the system is asked for by name: by the set-up of a plain user, and by what cannot do without."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from containment import programs
from containment.cli.app import app
from containment.cli.lab import network
from containment_lab.linux import tools

REPOSITORY = Path(__file__).parents[3]
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
    assert dict(pair.split(":") for pair in listed.group(1).split()) == tools.PACKAGES | tools.CONFINEMENT_PACKAGES


def test_each_missing_package_is_reported_once_to_a_plain_user(tmp_path: Path) -> None:
    said = set_up(tmp_path, "no-such-program:first-package", "nor-this-one:first-package", "nor-that:second-package", "sh:dash").stderr
    assert re.search(r"needs these packages .*: (.*\s)?first-package second-package$", said.strip())
    assert "apt-get install" in said
    assert "dash" not in said


def test_every_program_that_is_not_there_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "STANDARD_FOLDERS", ())
    said = tools.list_missing()
    for program, package in tools.PACKAGES.items():
        assert f"{program}: install the package {package}" in said


def test_a_demonstration_without_them_lists_what_it_skipped_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "list_missing", lambda: ["nft: install the package nftables"])
    told = CliRunner().invoke(app, ["lab", "verify", "--stack", "dev", "--skip-if-impossible"])
    assert told.exit_code == 0
    assert told.output == "SKIPPED    the six validation tests of dev: nft: install the package nftables\n"
    assert CliRunner().invoke(app, ["lab", "verify", "--stack", "dev"]).exit_code != 0
