"""What stops a run, and the exit code each kind of end has."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of `containment lab`; the table in docs/lab-engine.md says the same."""

    OK = 0
    FAILED = 1
    USAGE = 2
    VIOLATION = 3
    LOCKED = 4
    INTERRUPTED = 5


class EngineError(Exception):
    """Something the user can act on: the message says what, where and how to fix it."""

    def __init__(self, message: str, urn: str = "", exit_code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.urn = urn
        self.exit_code = exit_code


class Aborted(Exception):  # noqa: N818 - not an error of its own: the reason has been reported
    """The run is stopping for a reason that has been reported; nothing new may start."""
