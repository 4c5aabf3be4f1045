"""Standard streams: a full disk behind stdout, a closed stream and a reader that has enough are no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "help": [sys.executable, "-m", "containment", "--help"],
    "answer": [sys.executable, "-m", "containment", "vend", "list", "-C", "{folder}"],
    "launcher": [sys.executable, "-m", "containment.launcher", "network", "--unit"],
    "updater": [sys.executable, "-m", "containment.bundle_update", "--stack", "dev", "--bundles", "{folder}/none", "--status"],
}


def run(name: str, redirection: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = [word.format(folder=folder) for word in COMMANDS[name]]
    return subprocess.run(["sh", "-c", f'exec "$@" {redirection}', "sh", *words], cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_behind_stdout_is_one_error(name: str, tmp_path: Path) -> None:
    done = run(name, ">/dev/full", tmp_path)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1, done.stderr
    assert "the answer cannot be written: no space left on device; write it to another place" in last
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.long
@pytest.mark.parametrize("name", ["help", "answer"])
def test_a_closed_stdout_ends_as_an_open_one_does(name: str, tmp_path: Path) -> None:
    closed, opened = run(name, ">&-", tmp_path), run(name, "", tmp_path)
    assert (closed.returncode, closed.stderr) == (opened.returncode, opened.stderr)


def test_an_error_without_a_stream_for_it_keeps_its_exit_code(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "containment", "plan", "--stack", "nowhere", "-C", str(tmp_path)]
    done = subprocess.run(["sh", "-c", 'exec "$@" 0<&- 2>&-', "sh", *words], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (2, "")


def test_a_folder_that_is_a_link_to_itself_is_one_error(tmp_path: Path) -> None:
    link = tmp_path / "loop"
    link.symlink_to(link)
    words = [sys.executable, "-m", "containment", "lab", "preview", "--stack", "dev", "-C", str(link)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "is a symbolic link that leads back to itself" in done.stderr
    assert "Traceback" not in done.stderr
