"""The answer of a fleet run: what was done on each stack, what was not and why, and the next step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from containment.exit_code import Exit
from containment.fleet.names import BackendName, Verb
from containment.fleet.result import Ended, Result, choose_worst
from containment.preflight.finding import Status
from containment.queries.results import Answer, Case, Section

_COLUMNS: Final = ("stack", "result", "exit", "changes", "seconds")
_PAST: Final = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
    "same": "unchanged",
    "read": "read",
    "import": "imported",
    "discard": "discarded",
}
_STATUSES: Final = {Result.SUCCEEDED: Status.PASS, Result.NOT_STARTED: Status.SKIPPED}


def build_run_answer(verb: Verb, ended: Sequence[Ended], backend: BackendName) -> Answer:
    """Return the answer of a run; its exit code is the worst of all stacks."""
    counts = Counter(one.result for one in ended)
    words = ", ".join(f"{counts[result]} {result}" for result in Result if counts[result])
    code = choose_worst(one.outcome.exit for one in ended)
    rows = tuple(
        (
            one.task.label,
            one.result.value,
            str(int(one.outcome.exit)),
            format_changes(one.outcome.changes, planned=verb is Verb.PREVIEW) or "-",
            f"{one.seconds:.0f}" if one.seconds else "-",
        )
        for one in ended
    )
    sections = [Section("Stacks", _COLUMNS, rows, ("seconds", "changes"))]
    if open_ := [one for one in ended if one.result is not Result.SUCCEEDED]:
        lines = tuple((one.task.label, one.outcome.reason, one.outcome.fix) for one in open_)
        sections.append(Section("Not done", ("stack", "why", "next"), lines))
    return Answer(
        verb=f"fleet-{verb}",
        headline=f"fleet {verb} ({backend.value}): {words or 'no stacks'}; exit code {int(code)}: {code.meaning}",
        exit=code,
        sections=tuple(sections),
        cases=tuple(_build_case(one) for one in ended),
        sections_tell=True,
        data={"backend": backend.value, "stacks": [_describe(one) for one in ended]},
    )


def format_changes(changes: Mapping[str, int], *, planned: bool = False) -> str:
    """Return counts of changes in words, `79 created` or, for a preview, `79 to create`."""
    return ", ".join(
        f"{count} to {kind}" if planned and kind != "same" else f"{count} {_PAST.get(kind, kind)}"
        for kind, count in changes.items()
        if count
    )


def format_end(ended: Ended) -> str:
    """Return the line of a stack that ended or was not started."""
    if ended.result is Result.SUCCEEDED:
        changes = format_changes(ended.outcome.changes, planned=ended.task.verb is Verb.PREVIEW)
        return f"{ended.task.label}: succeeded: {changes or 'no changes'} ({ended.seconds:.0f} s)"
    return f"{ended.task.label}: {ended.result}: {ended.outcome.reason}"


def _build_case(one: Ended) -> Case:
    title = format_end(one).partition(": ")[2]
    return Case("fleet", title, _STATUSES.get(one.result, Status.FAIL), one.task.label, one.outcome.fix)


def _describe(one: Ended) -> dict[str, Any]:
    return {
        "stack": one.task.label,
        "result": one.result.value,
        "exitCode": int(one.outcome.exit),
        "changes": dict(one.outcome.changes),
        "seconds": round(one.seconds, 1),
        "reason": one.outcome.reason,
        "next": one.outcome.fix,
    }


def build_refusal(verb: Verb, answer: Answer) -> Answer:
    """Return the plan's answer as that of a run that was refused: nothing was started."""
    return Answer(
        verb=f"fleet-{verb}",
        headline=f"REFUSED: {len(answer.cases)} problem{'s' if len(answer.cases) > 1 else ''}; nothing was started",
        exit=Exit.NO,
        cases=answer.cases,
        data={"backend": answer.data["backend"], "stacks": [], "problems": answer.data["problems"]},
    )
