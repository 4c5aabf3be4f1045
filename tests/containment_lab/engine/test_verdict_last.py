"""What a person sees: the verdict is last, nothing is printed twice, a pipe gets one line per resource and a terminal one region."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import struct
import subprocess
import time
from fcntl import ioctl
from termios import TIOCSWINSZ

import pytest
from kit import Bench

from containment_lab.errors import Exit
from tests.support.warm import interpreter


def run_in_pipe(bench: Bench, verb: str, program: str, *more: str) -> tuple[int, list[str]]:
    """Run the command line with stdout and stderr in one pipe; return exit code and lines."""
    with bench.start(verb, program, *more, python=interpreter(), merged=True) as engine:
        out, _ = engine.communicate(timeout=60)
        return engine.returncode, out.splitlines()


def run_on_terminal(bench: Bench, columns: int, verb: str, program: str, *more: str, **settings: str) -> tuple[int, str]:
    """Run the command line on a terminal of a width; return exit code and what it was sent."""
    ours, theirs = pty.openpty()
    ioctl(theirs, TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [
        str(interpreter()),
        "-m",
        "containment.cli.lab.deployment",
        verb,
        "-C",
        str(bench.root / "programs"),
        "--stack",
        "dev",
        *more,
    ]
    env = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS", "LINES")}
    env |= {**bench.env(program), "TERM": "xterm-256color", **settings}
    engine = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    sent = b""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                sent += os.read(ours, 1 << 16)
            except OSError:  # the other end is closed
                break
    os.close(ours)
    return engine.wait(10), sent.decode()


def shown_lines(sent: str) -> list[str]:
    """Return the lines that stay on a terminal after what it was sent: erased ones are gone."""
    lines, row = [""], 0
    for part in re.findall(r"\x1b\[\??[\d;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", sent):
        if part == "\n":
            row += 1
            lines.extend([""] * (row + 1 - len(lines)))
        elif part.endswith("A") and part.startswith("\x1b"):
            row = max(0, row - int(part[2:-1] or 1))
        elif part.endswith("K") and part.startswith("\x1b"):
            lines[row] = ""
        elif part != "\r" and not part.startswith("\x1b"):
            lines[row] += part
    return [line for line in lines if line.strip()]


def test_a_refused_preview_ends_with_the_refusal_after_the_plan(judged: Bench) -> None:
    code, lines = run_in_pipe(judged, "preview", "red", "--policy-pack", str(judged.root / "pack"))
    assert code == Exit.VIOLATION
    plan = next(index for index, line in enumerate(lines) if "kit:index:Thing b (create)" in line)
    block = next(index for index, line in enumerate(lines) if line == "REFUSED: preview of dev")
    assert plan < block
    assert lines[-1] == "exit 3: a mandatory policy is violated; nothing was created or changed"
    assert "\n".join(lines).count("red is not allowed") == 1
    assert lines[block + 1 : block + 4] == ["  rule no-red", "    on kit:index:Thing b", *lines[block + 3 : block + 4]]


def test_an_up_that_its_preview_refuses_shows_the_plan_and_the_refusal_once(judged: Bench) -> None:
    code, lines = run_in_pipe(judged, "up", "red", "--policy-pack", str(judged.root / "pack"))
    assert code == Exit.VIOLATION
    assert "\n".join(lines).count("red is not allowed") == 1
    assert sum("kit:index:Thing a" in line for line in lines) == 1
    assert lines[-1].startswith("exit 3: ")
    assert not judged.calls() or all(call.get("preview", True) for call in judged.calls() if call["call"] == "Create")


def test_a_violation_in_an_update_names_what_exists(judged: Bench) -> None:
    code, lines = run_in_pipe(judged, "up", "red", "--skip-preview", "--policy-pack", str(judged.root / "pack"))
    assert code == Exit.VIOLATION
    assert re.fullmatch(r"exit 3: a mandatory policy is violated; \d+ created before it stopped, and kept in the stack's state", lines[-1])


def test_a_success_in_a_pipe_is_a_line_per_resource_and_a_verdict(bench: Bench) -> None:
    code, lines = run_in_pipe(bench, "up", "six")
    assert code == Exit.OK
    things = [line for line in lines if "kit:index:Thing" in line]
    assert len(things) == 6, lines
    assert all(re.fullmatch(r" \+  kit:index:Thing \w+ created \(\d+\.\d s\)", line) for line in things), things
    assert re.fullmatch(r"dev is up: \d+ created in \d+ s", lines[-1])
    assert len(lines) == len(set(lines))
    code, lines = run_in_pipe(bench, "preview", "six")
    assert re.fullmatch(r"dev: nothing to change \(\d+ unchanged\)", lines[-1])
    code, lines = run_in_pipe(bench, "destroy", "six")
    assert re.fullmatch(r"dev is destroyed: \d+ deleted in \d+ s", lines[-1])


def test_a_failure_ends_with_its_error_and_what_exists(judged: Bench) -> None:
    code, lines = run_in_pipe(judged, "up", "failing", "--skip-preview")
    assert code == Exit.ERROR
    block = lines.index("FAILED: up of dev")
    failed = [line for line in lines if "FAILED (" in line]
    assert len(failed) == 1
    errors = [line for line in lines if line.startswith("  error: ")]
    assert errors
    assert len(errors) == len(set(errors))
    assert all(lines.index(line) > block for line in errors)
    assert lines[-2] == "next: correct what the error names, then run the same command again (it resumes)"
    assert re.match(r"exit 1: .* failed; \d+ created before it stopped, and kept in the stack's state", lines[-1])


@pytest.mark.long
@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_with_what_is_pending(bench: Bench, name: signal.Signals) -> None:
    with bench.start("up", "sleeps", "--skip-preview", merged=True) as engine:
        end = time.monotonic() + 30
        while not any(call["call"] == "Create" for call in bench.calls()):
            assert time.monotonic() < end
            time.sleep(0.01)
        engine.send_signal(name)
        lines = engine.communicate(timeout=20)[0].splitlines()
    assert engine.returncode == Exit.INTERRUPTED
    assert "INTERRUPTED: up of dev" in lines
    assert any(f"interrupted by {name.name}" in line for line in lines)
    assert lines[-1].startswith("exit 5: interrupted; ")
    assert lines[-1].endswith("under way, recorded as pending: kit:index:Thing a")


def test_json_leaves_stdout_alone_and_the_verdict_is_on_stderr(judged: Bench) -> None:
    with judged.start("preview", "red", "--json", "--policy-pack", str(judged.root / "pack"), python=interpreter()) as engine:
        out, err = engine.communicate(timeout=60)
    assert out.count("\n") == 1
    assert err.splitlines()[-1].startswith("exit 3: ")


def test_a_terminal_has_one_region_that_leaves_nothing_behind(bench: Bench) -> None:
    code, sent = run_on_terminal(bench, 60, "up", "six")
    assert code == Exit.OK
    assert "under way" in sent
    lines = shown_lines(sent)
    assert not any("under way" in line for line in lines), lines
    assert sum("kit:index:Thing" in line for line in lines) == 6, lines
    assert re.fullmatch(r"dev is up: \d+ created in \d+ s", lines[-1]), lines


def test_a_region_never_wraps_on_a_narrow_terminal(bench: Bench) -> None:
    _, sent = run_on_terminal(bench, 30, "up", "six", NO_COLOR="1")
    region = [line for line in re.split(r"[\r\n]+", re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", sent)) if "done," in line]
    assert region
    assert max(map(len, region)) <= 30
    assert "\x1b[3" not in sent, "NO_COLOR leaves no color"


def test_a_dumb_terminal_gets_lines(bench: Bench) -> None:
    _, sent = run_on_terminal(bench, 80, "up", "six", TERM="dumb")
    assert "\x1b" not in sent
    assert sent.count("kit:index:Thing") == 6


def test_what_a_signal_does_between_two_phases_is_as_before_the_first(bench: Bench) -> None:
    def stop(*_: object) -> None: ...

    kept = signal.signal(signal.SIGTERM, stop)
    try:
        assert bench.step("preview", "nothing").exit == Exit.OK
        assert signal.getsignal(signal.SIGTERM) is stop
    finally:
        signal.signal(signal.SIGTERM, kept)
