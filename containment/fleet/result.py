"""The end of each task of a fleet run, and the exit code of the whole run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from containment.exit_code import Exit
from containment.fleet.backend import Outcome, Task

_WORST_FIRST: Final = (Exit.ERROR, Exit.USAGE, Exit.VIOLATION, Exit.NO, Exit.LOCKED, Exit.INTERRUPTED, Exit.INCONCLUSIVE)
"""Exit codes from the worst to the least; every other one is worse than success only."""


class Result(StrEnum):
    """How a task ended."""

    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    """A mandatory policy is violated; nothing was changed."""
    FAILED = "failed"
    LOCKED = "locked"
    INTERRUPTED = "interrupted"
    """It had begun; the next run goes on where it stopped."""
    NOT_STARTED = "not started"


_RESULTS: Final = {
    Exit.OK: Result.SUCCEEDED,
    Exit.VIOLATION: Result.REFUSED,
    Exit.LOCKED: Result.LOCKED,
    Exit.INTERRUPTED: Result.INTERRUPTED,
}


@dataclass(frozen=True, kw_only=True)
class Ended:
    """One task that ended or was not started, with its outcome and duration in seconds."""

    task: Task
    outcome: Outcome
    result: Result
    seconds: float = 0.0


def make_ended(task: Task, outcome: Outcome, seconds: float) -> Ended:
    """Return the end of a task that ran."""
    return Ended(task=task, outcome=outcome, result=_RESULTS.get(outcome.exit, Result.FAILED), seconds=seconds)


def choose_worst(codes: Iterable[Exit]) -> Exit:
    """Return the worst of several exit codes; NOTHING for none."""
    found = set(codes)
    if not found:
        return Exit.NOTHING
    known = next((code for code in _WORST_FIRST if code in found), None)
    return known or max(found)
