"""The steps of a stop, and the result of one step on one target."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from botocore.exceptions import BotoCoreError, ClientError


class StepName(StrEnum):
    """The steps, in the order in which they are started."""

    INSTANCE = "instance"
    SESSIONS = "sessions"
    QUARANTINE = "quarantine"
    BORDERS = "borders"
    ROUTES = "routes"
    DATA_PLANE = "data-plane"
    RECORD = "record"


class Outcome(StrEnum):
    """The result of a step: DONE changed something, ALREADY found it done, SKIPPED did not apply, FAILED is an error."""

    DONE = "done"
    ALREADY = "already"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StepResult:
    """The result of one step on one target, with the seconds from the start of the command to its end."""

    step: StepName
    target: str
    outcome: Outcome
    detail: str
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON has it."""
        return {**asdict(self), "step": self.step.value, "outcome": self.outcome.value, "seconds": round(self.seconds, 2)}


class StepError(Exception):
    """A step that cannot be done; the text has the reason and what to do by hand."""


Work: TypeAlias = Callable[[], tuple[Outcome, str]]
"""Does one step, and returns its outcome and what it found or changed."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step on one target."""

    name: StepName
    target: str
    work: Work

    def run(self, started: float) -> StepResult:
        """Do the step and return its result; an error is a result, so that it keeps no other step from being done.

        Args:
            started: the start of the command, on the monotonic clock.
        """
        try:
            outcome, detail = self.work()
        except ClientError as error:
            said = error.response.get("Error", {})
            outcome, detail = Outcome.FAILED, f"{error.operation_name}: {said.get('Code', '')}: {said.get('Message', '')}"
        except (BotoCoreError, StepError, OSError, KeyError) as error:
            outcome, detail = Outcome.FAILED, f"{type(error).__name__}: {error}" if isinstance(error, KeyError) else str(error)
        return StepResult(self.name, self.target, outcome, detail, time.monotonic() - started)
