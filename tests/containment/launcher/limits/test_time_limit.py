"""The deadline of a command: a moment that cannot be known is refused, and at a known one the command ends with its output kept."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from containment.confinement.deadline import EXPIRED, Deadline, find_descendants, read_clock
from containment.confinement.errors import ConfinementError
from containment.confinement.filesystem.landlock import read_version
from containment.confinement.requirements import find_confinement_refusal
from containment.errors import InputError
from containment.launcher.limits.time_limit import TimeLimit, parse_time_limit
from tests.containment.launcher.profiles import PROGRAMS, write_profile

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
_LACKING = find_confinement_refusal() or ("" if read_version() else "this kernel has no Landlock")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("+90", 90.0), ("+0.5", 0.5), ("2026-12-01T12:01:00Z", 60.0), ("2026-12-01T14:00:30+02:00", 30.0)],
)
def test_a_moment_that_is_known_is_a_limit(text: str, seconds: float) -> None:
    assert parse_time_limit(text, 5, NOW) == TimeLimit(seconds, 5)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("soon", "is neither"),
        ("90", "is neither"),
        ("+nan", "is neither"),
        ("+inf", "is neither"),
        ("2026-12-01T13:00:00", "is neither"),
        ("+0", "has passed"),
        ("+-5", "has passed"),
        ("2026-12-01T11:59:59Z", "has passed"),
        ("+9999999", "is more than 30 days"),
    ],
)
def test_any_other_moment_is_refused_with_one_that_fits(text: str, what: str) -> None:
    with pytest.raises(InputError) as error:
        parse_time_limit(text, 5, NOW)
    (problem,) = error.value.problems
    assert what in problem.what
    assert "2026-12-01T13:00:00Z" in problem.fix


@pytest.mark.parametrize("grace", [-1.0, float("nan"), float("inf"), 3601.0])
def test_a_grace_that_is_no_duration_is_refused(grace: float) -> None:
    with pytest.raises(InputError, match="cannot be started"):
        parse_time_limit("+5", grace, NOW)


def test_what_began_before_the_command_gets_no_signal_and_the_rest_both() -> None:
    """The shell stands for the supervised child, its first process for what began before the command, its second one for the command."""
    notes: list[str] = []
    text = "sleep 60 & echo $!; read go; (trap '' TERM; echo $BASHPID; while :; do sleep 0.05; done) & wait"
    shell = subprocess.Popen(["bash", "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    init = subprocess.Popen(["sleep", "60"])
    try:
        assert shell.stdin is not None
        assert shell.stdout is not None
        before = int(shell.stdout.readline())
        deadline = Deadline(read_clock() - 1, 0.5, notes.append)
        deadline.begin(shell.pid, init.pid)
        shell.stdin.write("go\n")
        shell.stdin.flush()
        command = int(shell.stdout.readline())
        assert not deadline.has_passed
        deadline.enforce()
        assert deadline.has_passed
        assert init.wait(10) == -9
        assert len(notes) == 2
        assert deadline.compute_wait() is None
        assert Path(f"/proc/{before}").exists()
        assert Path(f"/proc/{command}").exists(), "it ignores SIGTERM, and dies with its namespace only"
    finally:
        for each in (*find_descendants(shell.pid), shell.pid, init.pid):
            subprocess.run(["kill", "-9", str(each)], check=False)
        shell.wait()
        init.wait()


def test_before_its_moment_a_deadline_does_nothing() -> None:
    deadline = Deadline.build_after(60, 1, lambda text: pytest.fail(text))
    deadline.enforce()
    assert not deadline.has_passed
    wait = deadline.compute_wait()
    assert wait is not None
    assert 0 < wait <= 60_001


def test_a_deadline_that_passes_before_the_start_refuses_it() -> None:
    deadline = Deadline(read_clock() - 10, 1, lambda text: None)
    with pytest.raises(ConfinementError, match="before the command began"):
        deadline.enforce()


def test_the_descendants_of_a_process_are_found() -> None:
    shell = subprocess.Popen(["sh", "-c", "sh -c 'sleep 60 & echo ready; wait'"], stdout=subprocess.PIPE)
    try:
        assert shell.stdout
        shell.stdout.readline()
        names = {Path(f"/proc/{each}/comm").read_text().strip() for each in find_descendants(shell.pid)}
        assert "sleep" in names
    finally:
        for each in [*find_descendants(shell.pid), shell.pid]:
            subprocess.run(["kill", "-9", str(each)], check=False)
        shell.wait()


@pytest.mark.skipif(bool(_LACKING), reason=_LACKING)
def test_at_the_deadline_the_task_ends_with_its_output_and_an_event(tmp_path: Path) -> None:
    """The task saves at SIGTERM, and a second one that ignores it is killed."""
    profile = write_profile(tmp_path, egress=[], programs=[*PROGRAMS, "/usr/bin/sleep"])
    for name, script, expected in (
        ("clean", "trap 'echo saved >saved; exit 0' TERM; echo begun >begun; while :; do sleep 0.1; done", {"begun", "saved"}),
        ("stubborn", "trap '' TERM; echo begun >begun; while :; do sleep 0.1; done", {"begun"}),
    ):
        folder, log = tmp_path / name, tmp_path / f"{name}.jsonl"
        folder.mkdir()
        words = ["--profile", str(profile), "--folder", str(folder), "--event-log", str(log), "--deadline", "+4", "--grace", "1", "--quiet"]
        command = [sys.executable, "-m", "containment.launcher", "run", *words, "--", "bash", "-c", f"cd; {script}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == EXPIRED, done.stderr
        assert {path.name for path in folder.iterdir()} == expected
        events = [json.loads(line) for line in log.read_text().splitlines()]
        ends = [one["message"] for one in events if one["message"].startswith("deadline")]
        assert ["SIGTERM" in one for one in ends] == [True, False][: len(ends)]
        assert len(ends) == (1 if name == "clean" else 2)


@pytest.mark.skipif(bool(_LACKING), reason=_LACKING)
def test_a_deadline_without_a_folder_for_the_output_is_refused(tmp_path: Path) -> None:
    profile = write_profile(tmp_path, egress=[])
    words = ["--profile", str(profile), "--event-log", str(tmp_path / "log.jsonl"), "--deadline", "+4"]
    done = subprocess.run(
        [sys.executable, "-m", "containment.launcher", "run", *words, "--", "bash"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "--deadline: is given without --folder" in done.stderr
