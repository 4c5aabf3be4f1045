"""The record of a stop or a return: one entry of the log of decisions, which needs no approval and is not signed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from containment.emergency_stop.hosts import Target
from containment.emergency_stop.steps import Outcome, Step, StepError, StepName, StepResult
from containment.errors import InputError
from containment.record.log import append_stop


def make_record_step(target: Target, results: Sequence[StepResult], *, action: str, by: str, reason: str, folder: Path) -> Step:
    """Return the step that appends the entry.

    Args:
        target: the hosts.
        results: the results of the steps before.
        action: `stop` or `return`.
        by: the name of the person.
        reason: why, in words.
        folder: the folder with `decisions/`.
    """
    body = {
        "action": action,
        "stack": target.stack,
        "agent": target.agent,
        "hosts": sorted(host.instance for host in target.hosts),
        "requester": by,
        "reason": reason,
        "failed": [f"{one.step.value} {one.target}: {one.detail}" for one in results if one.outcome is Outcome.FAILED],
    }

    def work() -> tuple[Outcome, str]:
        try:
            entry = append_stop(body, folder=folder)
        except InputError as error:
            raise StepError(str(error)) from None
        return Outcome.DONE, f"entry {entry.sequence} of the log of decisions"

    return Step(StepName.RECORD, target.stack, work)
