"""One waiting action as rows of text, the same for the terminal, the page and JSON: everything that is decided, in full."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from containment.human_gate.action_request import parse_action
from containment.human_gate.exact_text import describe_length, find_warnings, list_values, show_text
from containment.record.action_history import ActionCase
from containment.times import format_time

_RULER = "\u2502 "
_TYPES = {str: "text", bool: "true or false", int: "number", float: "number", type(None): "null", dict: "empty object", list: "empty list"}


@dataclass(frozen=True, slots=True)
class Row:
    """One value: its label, the text as it is, whether an agent chose either of them, and remarks about the text."""

    label: str
    text: str
    is_foreign: bool = False
    remarks: tuple[str, ...] = ()


def describe_case(case: ActionCase, now: datetime) -> list[Row]:
    """Return what a request is about: the action first, then who decides until when, and what the decision is bound to."""
    request, action = case.request, case.request.action
    parse_action(action)
    left = len(case.approvals)
    approved = f"; approved by {', '.join(_list_reviewers(case))}" if left else ""
    return [
        Row("action", action["kind"]),
        _build_row("tool", action["tool"]),
        _build_row("target", action["target"]),
        *_describe_arguments(action["arguments"]),
        _build_row("task", action["task"]),
        _build_row("requested by", action["requestedBy"]),
        Row("risk", request.risk),
        Row("stack", request.stack),
        Row("class", request.agent_class),
        Row("needs", f"{request.persons} {'person' if request.persons == 1 else 'different persons'}{approved}"),
        Row("state", case.describe_state(now)),
        Row("requested at", format_time(request.created)),
        Row("denied from", format_time(request.deadline)),
        Row("policy", action["policyDigest"]),
        Row("digest", request.action_digest),
        Row("request", request.request),
    ]


def render_rows(rows: Iterable[Row]) -> str:
    """Return rows for a terminal: each line of a value starts with a ruler that the value cannot imitate, and nothing is wrapped or cut."""
    lines = []
    for row in rows:
        lines.append(f"{show_text(row.label)}{''.join(f' [{remark}]' for remark in row.remarks)}:")
        lines += [f"  {_RULER}{line}" for line in show_text(row.text, keeps_lines=True).split("\n")]
    return "\n".join(lines)


def build_data(case: ActionCase, now: datetime) -> dict[str, Any]:
    """Return a request for JSON output, with the action exactly as it is recorded."""
    request = case.request
    return {
        "request": request.request,
        "state": case.describe_state(now),
        "stack": request.stack,
        "class": request.agent_class,
        "action": request.action,
        "actionDigest": request.action_digest,
        "risk": request.risk,
        "persons": request.persons,
        "approvedBy": _list_reviewers(case),
        "created": format_time(request.created),
        "deadline": format_time(request.deadline),
    }


def _list_reviewers(case: ActionCase) -> Sequence[str]:
    return [str(entry.envelope.decision.subject["reviewer"]) for entry in case.approvals.values()]


def _describe_arguments(arguments: dict[str, Any]) -> Iterable[Row]:
    for path, value in list_values(arguments):
        label = f"argument {path} ({_TYPES[type(value)]})" if arguments else "arguments"
        yield _build_row(label, _show_value(value))


def _show_value(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return {"{}": "none: {}", "[]": "none: []"}.get(str(value), str(value))


def _build_row(label: str, text: str) -> Row:
    length = describe_length(text)
    remarks = (
        *([length] if length else []),
        *(["empty text"] if not text else []),
        *dict.fromkeys([*find_warnings(label), *find_warnings(text)]),
    )
    return Row(label, text, is_foreign=True, remarks=remarks)
