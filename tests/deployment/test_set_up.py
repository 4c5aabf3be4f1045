"""Set-up prints few lines, names what it downloads, and ends a failure in one line with the fix."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
INSTALLER = REPOSITORY / ".ci" / "pip_install.py"
SETUP = REPOSITORY / ".ci" / "setup"


def run_with_pip(tmp_path: Path, printed: str, code: int, total: int = 4) -> subprocess.CompletedProcess[str]:
    """Run the installer with an interpreter whose pip prints a text and ends with a code."""
    (tmp_path / "printed").write_text(printed)
    python = script(tmp_path / "python", f"cat {tmp_path}/printed; exit {code}")
    command = [sys.executable, str(INSTALLER), str(python), str(total), "-r", "requirements.txt"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, "TMPDIR": str(tmp_path)})


def script(path: Path, body: str) -> Path:
    """Write a shell script."""
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_pipe_gets_a_few_lines_with_counts_and_sizes(tmp_path: Path) -> None:
    lines = ["Collecting a==1"]
    lines += [f"  Downloading package_{each}-1.0-py3-none-any.whl (2.5 MB)" for each in range(100)]
    lines += ["Installing collected packages: a", "Successfully installed a-1"]
    done = run_with_pip(tmp_path, "\n".join(lines) + "\n", 0, total=100)
    assert done.returncode == 0
    assert not done.stdout
    said = done.stderr.splitlines()
    assert len(said) <= 6
    assert said[0].startswith("set-up: 25 of 100 packages, 62 MB, ")
    assert said[0].endswith("package_24 (2.5 MB)")
    assert said[-1].startswith("set-up: 100 packages installed, 250 MB, ")


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (
            (
                "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError': /simple/boto3/\n"
                "ERROR: Could not find a version that satisfies the requirement boto3==1.44 (from versions: none)\n"
            ),
            "the package index does not answer; check the network",
        ),
        (
            "  Downloading boto3-1.44-py3-none-any.whl (139 kB)\nERROR: Could not install: [Errno 28] No space left on device\n",
            "the disk is full; free",
        ),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n", "not the pinned one"),
        ("Collecting x\nERROR: something else went wrong\n", "pip ended with: something else went wrong"),
        ("", "pip printed nothing"),
    ],
)
def test_a_failure_is_one_line_with_the_fix(tmp_path: Path, printed: str, expected: str) -> None:
    done = run_with_pip(tmp_path, printed, 2)
    assert done.returncode == 2
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert expected in errors[0]
    assert done.stderr.splitlines()[-1] == errors[0]


def test_without_the_venv_module_set_up_names_the_package(tmp_path: Path) -> None:
    done = run_set_up(tmp_path, "The virtual environment was not created successfully because ensurepip is not available.")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: set-up stopped:")
    assert "install your system's python3-venv package" in done.stderr


def test_on_a_full_disk_set_up_ends_in_one_line(tmp_path: Path) -> None:
    done = run_set_up(tmp_path, "Error: [Errno 28] No space left on device")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: set-up stopped: the disk is full")
    assert not (tmp_path / "checkout" / ".venv").exists()


def run_set_up(tmp_path: Path, complaint: str) -> subprocess.CompletedProcess[str]:
    """Run set-up as a plain user in a checkout of its own, with a Python whose `-m venv` fails with a complaint."""
    checkout, programs = tmp_path / "checkout", tmp_path / "bin"
    (checkout / ".ci").mkdir(parents=True)
    programs.mkdir()
    for each in (SETUP, INSTALLER):
        (checkout / ".ci" / each.name).write_text(each.read_text())
    (checkout / "requirements.txt").write_text("a==1\n")
    python = script(programs / "python", f'[ "$2" != venv ] || {{ echo "{complaint}"; exit 1; }}; exec {sys.executable} "$@"')
    script(programs / "id", "echo 1000")
    env = {**os.environ, "PATH": f"{programs}:/usr/bin:/bin", "PYTHON": str(python)}
    return subprocess.run(["sh", str(checkout / ".ci" / "setup")], capture_output=True, text=True, timeout=60, env=env)
