"""The answer of `containment stop`: every step with its outcome, the failed ones first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from containment.emergency_stop.hosts import Target
from containment.emergency_stop.steps import Outcome, StepName, StepResult
from containment.exit_code import Exit
from containment.preflight.finding import Status
from containment.queries.results import Answer, Case, Section

_STATUS: Final = {
    Outcome.DONE: Status.PASS,
    Outcome.ALREADY: Status.PASS,
    Outcome.SKIPPED: Status.SKIPPED,
    Outcome.FAILED: Status.FAIL,
}
_CUTS: Final = (StepName.QUARANTINE, StepName.BORDERS, StepName.ROUTES, StepName.DATA_PLANE)


def build_answer(target: Target, results: Sequence[StepResult], *, is_undo: bool, place: str, seconds: float) -> Answer:
    """Return the answer of a stop or a return.

    Args:
        target: the hosts.
        results: the results of all steps.
        is_undo: whether the hosts return.
        place: the account, for people.
        seconds: the duration of the command.
    """
    failed = [one for one in results if one.outcome is Outcome.FAILED]
    what = f"{target.stack} {target.agent}".strip()
    word = "returned" if is_undo else "stopped"
    count = f"{len(target.hosts)} host{'s' if len(target.hosts) != 1 else ''}"
    cut = max((one.seconds for one in results if one.step in _CUTS), default=0.0)
    if failed:
        head = f"NOT {word.upper()}: {what}: {len(failed)} of {len(results)} steps failed; run the command again"
    else:
        head = f"{word.upper()}: {what}: {count} in {seconds:.1f} s" + ("" if is_undo else f", cut off after {cut:.1f} s")
    ordered = sorted(results, key=lambda one: one.outcome is not Outcome.FAILED)
    rows = tuple((one.step.value, one.target, one.outcome.value.upper(), one.detail, f"{one.seconds:.1f}") for one in ordered)
    document: dict[str, Any] = {
        "schema": "containment-stop/v1",
        "action": "return" if is_undo else "stop",
        "stack": target.stack,
        "agent": target.agent,
        "place": place,
        "complete": not failed,
        "hosts": [{"instance": host.instance, "agent": host.agent, "was": host.state} for host in target.hosts],
        "cutOffSeconds": None if is_undo else round(cut, 2),
        "seconds": round(seconds, 2),
        "steps": [one.to_dict() for one in results],
    }
    return Answer(
        "stop",
        head,
        Exit.ERROR if failed else Exit.OK,
        (Section("Steps", ("step", "target", "outcome", "what", "seconds"), rows, drop_first=("seconds",)),),
        tuple(Case(one.step.value, one.detail, _STATUS[one.outcome], one.target) for one in ordered),
        (f"done in {place}",),
        sections_tell=True,
        document=document,
    )
