"""A repeated discovery runs at once and alone, writes only what is new, and ends on SIGTERM without a traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from containment.discovery.repetition import AlreadyRunningError, EventLog, find_lock_path, lock, parse_interval, repeat
from containment.errors import InputError
from containment.exit_code import Exit
from tests.support.child import REPOSITORY


@pytest.mark.parametrize(("text", "seconds"), [("5m", 300), ("30s", 30), ("1h", 3600)])
def test_an_interval_has_a_unit(text: str, seconds: int) -> None:
    assert parse_interval(text) == seconds


@pytest.mark.parametrize(
    ("text", "fix"),
    [("5", "--every 5m"), ("0m", "--every 5m"), ("1s", "--every 1m"), ("often", "--every 5m"), ("25h", "--every 25m"), ("", "--every 5m")],
)
def test_another_interval_is_refused_with_a_right_one(text: str, fix: str) -> None:
    with pytest.raises(InputError, match=fix):
        parse_interval(text)


def test_an_event_is_written_when_it_is_new_or_changed(tmp_path: Path) -> None:
    log = EventLog(path=tmp_path / "events.jsonl", write_line=print)
    one, two = {"time": 1, "message": "a"}, {"time": 1, "message": "b"}
    assert log.write_new([one, two]) == 2
    assert log.write_new([{**one, "time": 2}]) == 0
    assert log.write_new([{**one, "time": 3}, {**two, "time": 3}]) == 1, "it was gone"
    assert [json.loads(line)["time"] for line in (tmp_path / "events.jsonl").read_text().splitlines()] == [1, 1, 3]


def test_events_that_cannot_be_written_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        EventLog(path=tmp_path, write_line=print).write_new([{"message": "a"}])


def test_only_one_instance_has_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with lock(path):
        with pytest.raises(AlreadyRunningError) as error, lock(path):
            pass
        assert error.value.exit_code is Exit.LOCKED
    with lock(path):
        pass


def test_a_lock_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "other")
    with pytest.raises(InputError, match="cannot be opened"), lock(tmp_path / "lock"):
        pass
    assert not (tmp_path / "other").exists()


def test_an_error_of_one_run_does_not_end_the_next() -> None:
    lines, errors = list[str](), list[str]()
    runs = iter([AlreadyRunningError("first"), "second"])

    def run() -> str:
        one = next(runs)
        if isinstance(one, Exception):
            raise one
        os.kill(os.getpid(), signal.SIGTERM)
        return one

    repeat(run, 0.01, lines.append, errors.append)
    assert (lines, errors) == (["second"], ["first"])
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.fixture
def command(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    words = [
        sys.executable,
        "-m",
        "containment",
        "discover",
        "--every",
        "1h",
        "--out",
        str(tmp_path / "latest.json"),
        "--ocsf",
        str(tmp_path / "events"),
    ]
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    if os.geteuid() == 0:
        words = [
            "unshare",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount",
            "--mount-proc",
            "sh",
            "-c",
            'mount -t tmpfs none /run && exec "$@"',
            "sh",
            *words,
        ]
    running = subprocess.Popen(words, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    yield running
    running.kill()
    running.wait()


def test_the_command_runs_at_once_and_ends_on_sigterm(command: subprocess.Popen[str], tmp_path: Path) -> None:
    assert command.stdout is not None
    line = command.stdout.readline()
    if not line and command.stderr is not None and "unshare" in (text := command.stderr.read()):
        pytest.skip(f"no namespaces here: {text}")
    assert "found: " in line
    assert "new events" in line
    assert json.loads((tmp_path / "latest.json").read_text())["schema"] == "containment-discover/v1"
    for pid in find_children(command.pid) or [command.pid]:
        os.kill(pid, signal.SIGTERM)
    _, errors = command.communicate(timeout=60)
    assert command.returncode == Exit.INTERRUPTED
    assert "Traceback" not in errors


def find_children(pid: int) -> list[int]:
    """Return the children of a process, which in a new namespace is the command itself."""
    time.sleep(0.1)
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_the_lock_of_root_is_in_run() -> None:
    folder = find_lock_path().parent
    assert folder == Path("/run") if os.geteuid() == 0 else folder.is_dir()
