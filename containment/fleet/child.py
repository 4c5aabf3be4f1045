"""Child processes of a fleet: each in a separate session, and ended with the fleet's process however that one ends.

A fleet that is killed (-9) takes its engines along: the kernel sends each the signal of Ctrl-C (`setpriv --pdeathsig`), so each records
what is under way and frees its lock.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from containment.programs import find_program


class Children:
    """The running child processes; safe to use from several threads."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._ending: signal.Signals | None = None

    @contextmanager
    def start(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
        """Start a process with pipes for its output; it has ended when the block ends."""
        guard = find_program("setpriv")
        leash = [guard, "--pdeathsig", "INT"] if guard else []
        process = subprocess.Popen(
            [*leash, *command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        with self._lock:
            self._running.add(process)
            ending = self._ending
        if ending is not None:
            _send(process, ending)
        try:
            yield process
        finally:
            process.wait()
            with self._lock:
                self._running.discard(process)

    def interrupt(self, *, kill: bool) -> None:
        """Send every child the signal of Ctrl-C, or kill its whole session; children that start later get the same."""
        with self._lock:
            self._ending = signal.SIGKILL if kill else signal.SIGINT
            running = list(self._running)
        for process in running:
            _send(process, self._ending)


def _send(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        if number is signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
