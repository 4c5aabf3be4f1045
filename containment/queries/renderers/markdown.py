"""Markdown renderer for pull-request comments: headline first, long tables collapsed."""

from __future__ import annotations

from containment.preflight.finding import Status
from containment.queries.results import Answer, Section

_MARK = {Status.PASS: "✅", Status.FAIL: "❌", Status.INCONCLUSIVE: "❓", Status.SKIPPED: "⏭️"}
_LONG = 25


def render(answer: Answer) -> str:
    """Return the answer as Markdown."""
    lines = [f"**{_escape_cell(answer.headline)}**"]
    if answer.cases and not answer.sections_tell:
        lines += ["", "| | check | where | |", "|---|---|---|---|"]
        lines += [
            f"| {_MARK[case.status]} | `{_escape_cell(case.id)}` | {_escape_cell(case.where)} | {_escape_cell(case.title)}"
            + (f"<br>{_escape_cell(case.text)}" if case.text else "")
            + " |"
            for case in answer.cases
        ]
    for section in answer.sections:
        lines += ["", *_format_table(section)]
    if answer.assumptions:
        lines += ["", "Assumed:", "", *(f"- {_escape_cell(text)}" for text in answer.assumptions)]
    return "\n".join(lines)


def _format_table(section: Section) -> list[str]:
    head = ["| " + " | ".join(map(_escape_cell, section.columns)) + " |", "|" + "---|" * len(section.columns)]
    body = ["| " + " | ".join(map(_escape_cell, row)) + " |" for row in section.rows]
    if len(body) <= _LONG:
        return [f"### {_escape_cell(section.title)}", "", *head, *body]
    return [f"<details><summary>{_escape_cell(section.title)} ({len(body)})</summary>", "", *head, *body, "", "</details>"]


def _escape_cell(text: str) -> str:
    """Return text that cannot end a table cell or become markup."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("|", "\\|").replace("*", "\\*").replace("`", "'").replace("@", "&#64;").replace("\n", "<br>")
