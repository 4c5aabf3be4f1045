"""Run `pip install` with progress in few lines, and end in one line that names what went wrong and the fix.

    python .ci/pip_install.py PYTHON TOTAL ARGUMENT...

PYTHON is the interpreter whose pip runs, TOTAL the number of packages (0: unknown), the rest goes to `pip install`. Needs nothing but the
standard library: it runs before there is anything else.
"""

from __future__ import annotations

import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

_FILE = re.compile(r"^\s*(?:Downloading|Using cached) (?:\S*/)?([\w.]+?)-\d\S* \(([\d.]+) ([kMG]?B)\)")
_MEGABYTES = {"B": 1e-6, "kB": 1e-3, "MB": 1.0, "GB": 1e3}
_TICK = 0.5
"""Seconds between two drawings of the line on a terminal."""
_MARKS = 4
"""Lines that a pipe gets while packages arrive."""
_SILENCE = 30.0
"""Seconds after which a pipe gets a line in any case; twice as long from line to line."""
_FAULTS = (
    (r"No space left on device|Disk quota exceeded", "the disk is full", "free about 1.5 GB (packages and pip's cache)"),
    (
        r"connection broken by|Failed to establish a new connection|Temporary failure in name resolution|ProxyError|Network is unreachable",
        "the package index does not answer",
        "check the network, the proxy (HTTPS_PROXY) or the index (PIP_INDEX_URL)",
    ),
    (r"DO NOT MATCH THE HASHES", "a downloaded package is not the pinned one (its hash differs)", "clear the cache: pip cache purge"),
    (r"Permission denied", "a file cannot be written", "remove .venv if another user made it, or run as its owner"),
)
"""What pip's output shows, what it means, and the fix."""


class Progress:
    """Packages and megabytes that have arrived; drawn in place on a terminal, a few lines in a pipe."""

    def __init__(self, total: int) -> None:
        self._total, self._began = total, time.monotonic()
        self._count, self._megabytes, self._now, self._marks = 0, 0.0, "starting pip", 0
        self._is_terminal, self._silence = sys.stderr.isatty(), _SILENCE

    def take(self, line: str) -> None:
        """Take in a line of pip's."""
        if found := _FILE.match(line):
            size = float(found[2]) * _MEGABYTES[found[3]]
            self._count, self._megabytes = self._count + 1, self._megabytes + size
            self._now = f"{found[1]} ({size:.1f} MB)"
            if self._total and self._count * _MARKS // self._total > self._marks:
                self._marks = self._count * _MARKS // self._total
                self._mark()
        elif line.startswith("Installing collected packages"):
            self._now = "installing them"
            self._mark()
        elif "connection broken by" in line:
            self._now = "the package index does not answer, trying again"

    def draw(self) -> None:
        """Draw the line anew on a terminal; in a pipe print one after a long silence."""
        if self._is_terminal:
            print(f"\r\x1b[K{self._text()[:78]}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - self._began > self._silence:
            self._silence *= 2
            self._mark()

    def end(self, said: str) -> None:
        """Replace the line by the last one."""
        print(f"\r\x1b[K{said}" if self._is_terminal else said, file=sys.stderr, flush=True)

    def done(self) -> str:
        """Return the line of a success."""
        return f"set-up: {self._count} packages installed, {self._megabytes:.0f} MB, {self._seconds()} s"

    def _mark(self) -> None:
        if not self._is_terminal:
            print(self._text(), file=sys.stderr, flush=True)

    def _text(self) -> str:
        of = f" of {self._total}" if self._total else ""
        return f"set-up: {self._count}{of} packages, {self._megabytes:.0f} MB, {self._seconds()} s: {self._now}"

    def _seconds(self) -> int:
        return int(time.monotonic() - self._began)


def explain(output: str) -> str:
    """Return what pip's output means in one line, with the fix."""
    for pattern, what, fix in _FAULTS:
        if re.search(pattern, output):
            return f"{what}; {fix}"
    last = [line for line in output.splitlines() if line.startswith("ERROR:")] or output.strip().splitlines() or ["pip printed nothing"]
    return f"pip ended with: {last[-1].removeprefix('ERROR:').strip()}"


def install(command: list[str], total: int) -> int:
    """Run pip, show its progress, and return its exit code."""
    progress, lines = Progress(total), queue.SimpleQueue[str | None]()
    output: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as pip:
        threading.Thread(target=_pass_on, args=(pip, lines.put), daemon=True).start()
        while (line := _next(lines)) is not None:
            if line:
                output.append(line)
                progress.take(line)
            progress.draw()
        code = pip.wait()
    if code:
        said = explain("".join(output))
        progress.end(f"error: set-up stopped: {said}. Then run the same command again{_keep(output)}")
    else:
        progress.end(progress.done())
    return code


def _pass_on(pip: subprocess.Popen[str], put: Callable[[str | None], None]) -> None:
    for line in pip.stdout or ():
        put(line)
    put(None)


def _next(lines: queue.SimpleQueue[str | None]) -> str | None:
    """Return the next line, an empty one after a while without any, None at the end."""
    try:
        return lines.get(timeout=_TICK)
    except queue.Empty:
        return ""


def _keep(output: list[str]) -> str:
    """Keep pip's output in a file; return words that name it, none on a disk that has no room for it."""
    try:
        with tempfile.NamedTemporaryFile("w", prefix="containment-setup-", suffix=".log", delete=False) as log:
            log.writelines(output)
    except OSError:
        return ""
    return f" (pip's output: {Path(log.name)})"


if __name__ == "__main__":
    python, total, *arguments = sys.argv[1:]
    pip = [python, "-m", "pip", "install", "--progress-bar", "off", "--disable-pip-version-check", *arguments]
    try:
        sys.exit(install(pip, int(total)))
    except KeyboardInterrupt:
        print("\nset-up was interrupted; run the same command again, it goes on from pip's cache", file=sys.stderr)
        sys.exit(130)
