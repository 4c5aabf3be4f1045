"""Readiness of the lab's processes: one way to wait for them, and one error when they do not become ready.

A check that fails or times out means "not ready yet". Only the deadline, or the end of the process, ends the wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from containment_lab.errors import NotReadyError as NotReadyError

DEADLINE_SECONDS = 60.0
"""Longest start of a process on a busy machine."""
_INTERVAL_SECONDS = 0.02
_WHY = "what needs it would wait in vain"


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """A process that must become ready, and the check for it.

    Attributes:
        what: The name of the process for people.
        log: The log file of the process.
        is_ready: The check. Raising `OSError` means not yet; it must return within a few seconds.
        is_alive: Whether the process still runs.
        seconds: The deadline.
    """

    what: str
    log: Path
    is_ready: Callable[[], bool]
    is_alive: Callable[[], bool]
    seconds: float = DEADLINE_SECONDS
    _begun: float = field(default_factory=time.monotonic, init=False)

    def wait(self) -> None:
        """Wait until the process is ready; raise NotReadyError at the deadline or when the process has ended."""
        while not self._check():
            time.sleep(_INTERVAL_SECONDS)

    async def wait_async(self) -> None:
        """Wait as `wait` does, with the checks in a thread."""
        import asyncio  # a caller of this has loaded it already

        while not await asyncio.to_thread(self._check):
            await asyncio.sleep(_INTERVAL_SECONDS)

    def _check(self) -> bool:
        why = ""
        try:
            if self.is_ready():
                return True
        except _get_not_ready_errors() as error:
            why = f"last check: {str(error) or type(error).__name__}"
        if not self.is_alive():
            said = read_last_lines(self.log) or "its log is empty"
            fix = f"correct what the log says ({self.log}), then repeat the command"
            raise NotReadyError(f"{self.what} ended before it was ready: {said} (log: {self.log})", why=_WHY, fix=fix)
        if time.monotonic() - self._begun > self.seconds:
            details = "; ".join(each for each in (why, read_last_lines(self.log)) if each)
            what = f"{self.what} is not ready after {self.seconds:g} s{f': {details}' if details else ''} (log: {self.log})"
            raise NotReadyError(what, why=_WHY, fix=f"repeat the command when the machine is less busy; else read the log, {self.log}")
        return False


def _get_not_ready_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions of a check while nothing listens, or while the listener is too busy to answer; an `OSError` covers timeouts."""
    from http.client import HTTPException  # slow to load, and a check that raises it has loaded it

    return OSError, HTTPException


def read_last_lines(log: Path, count: int = 3) -> str:
    """Return the last lines of a log that are not empty, joined to one line."""
    try:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except FileNotFoundError:
        return ""
    return "; ".join(lines[-count:])
