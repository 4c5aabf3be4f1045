"""Programs of the lab: `--help` explains each and starts nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = ("attacks", "cloud", "controller", "network", "providers", "vm")


def run(name: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", f"containment_lab.{name}", *arguments]
    place = {**os.environ, "CONTAINMENT_VM_CACHE": str(folder / "vm")}
    return subprocess.run(words, cwd=folder, env=place, input="", capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("name", PROGRAMS)
def test_help_names_the_program_and_starts_nothing(name: str, tmp_path: Path) -> None:
    done = run(name, tmp_path, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: python -m containment_lab.{name} ")
    assert len(done.stdout.splitlines()) > 4
    assert [*tmp_path.iterdir()] == []


def test_attempts_without_a_list_are_one_error(tmp_path: Path) -> None:
    done = run("attacks", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: stdin is no JSON list of attempts")
