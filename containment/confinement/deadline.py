"""The deadline of a session: the command gets SIGTERM, and what is left after the grace is killed.

The moment is kept on the clock that counts since the boot, and through sleep: a changed wall clock does not move it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path

from containment.confinement.errors import ConfinementError

EXPIRED = 124
"""The exit code of a command that was ended at its deadline, as of timeout(1)."""


def read_clock() -> float:
    """Return the seconds since the boot, with the time in which the machine slept."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class _Phase(Enum):
    RUNNING = auto()
    ENDING = auto()
    KILLED = auto()


class Deadline:
    """The moment at which a session ends."""

    def __init__(self, moment: float, grace: float, note: Callable[[str], None]) -> None:
        """Prepare for a session that has not begun.

        Args:
            moment: seconds since the boot.
            grace: seconds between SIGTERM and SIGKILL.
            note: called with one sentence at the deadline, and when the grace is over.
        """
        self.moment, self.grace, self.note = moment, grace, note
        self._phase = _Phase.RUNNING
        self._supervised = self._init = 0
        self._spared: frozenset[int] = frozenset()

    @classmethod
    def build_after(cls, seconds: float, grace: float, note: Callable[[str], None]) -> Deadline:
        """Return the deadline that is some seconds from now."""
        return cls(read_clock() + seconds, grace, note)

    @property
    def has_passed(self) -> bool:
        """Whether the command was ended."""
        return self._phase is not _Phase.RUNNING

    def compute_wait(self) -> float | None:
        """Return the milliseconds until the next call of `enforce`; None when nothing is left to do."""
        if self._phase is _Phase.KILLED:
            return None
        moment = self.moment + (self.grace if self._phase is _Phase.ENDING else 0)
        return max(0.0, moment - read_clock()) * 1000 + 1

    def begin(self, supervised: int, init: int) -> None:
        """Note the processes of the session before its command: they get no SIGTERM, because the command would end with them.

        Args:
            supervised: the child of this process whose descendants all processes of the session are.
            init: the init process of the session's namespaces, as this process sees it.
        """
        self._supervised, self._init = supervised, init
        self._spared = frozenset(find_descendants(supervised))

    def enforce(self) -> None:
        """End the session if its moment, or the end of the grace, has come; raise ConfinementError if it has not even begun."""
        now = read_clock()
        if self._phase is _Phase.RUNNING and now >= self.moment:
            self._phase = _Phase.ENDING
            self.note("the deadline has passed: the command gets SIGTERM")
            for process in find_descendants(self._supervised) if self._init else ():
                if process not in self._spared:
                    _send(process, signal.SIGTERM)
        if self._phase is _Phase.ENDING and now >= self.moment + self.grace:
            self._phase = _Phase.KILLED
            if not self._init:
                raise ConfinementError("the deadline passed before the command began, so it was not started")
            self.note(f"the command has not ended within {self.grace:g} s of its deadline: it is killed")
            _send(self._init, signal.SIGKILL)  # with it the kernel ends every process of the namespace


def find_descendants(process: int) -> list[int]:
    """Return the children of a process, their children and so on."""
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it has ended
                parent = int(Path(entry.path, "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, open_ = list[int](), [process]
    while open_:
        more = children.get(open_.pop(), [])
        found += more
        open_ += more
    return found


def _send(process: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)
