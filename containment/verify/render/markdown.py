"""Markdown for a pull-request comment: the headline first, long tables folded away."""

from __future__ import annotations

from containment.verify.answers import Answer, Section, Status

_MARK = {Status.PASSED: "✅", Status.FAILED: "❌", Status.INCONCLUSIVE: "❓", Status.SKIPPED: "⏭️"}
_LONG = 25


def render(answer: Answer) -> str:
    """Return the answer as Markdown."""
    lines = [f"**{_cell(answer.headline)}**"]
    if answer.cases and not answer.sections_tell:
        lines += ["", "| | check | where | |", "|---|---|---|---|"]
        lines += [
            f"| {_MARK[case.status]} | `{_cell(case.id)}` | {_cell(case.where)} | {_cell(case.title)}"
            + (f"<br>{_cell(case.text)}" if case.text else "")
            + " |"
            for case in answer.cases
        ]
    for section in answer.sections:
        lines += ["", *_table(section)]
    if answer.assumptions:
        lines += ["", "Assumed:", "", *(f"- {_cell(text)}" for text in answer.assumptions)]
    return "\n".join(lines)


def _table(section: Section) -> list[str]:
    head = ["| " + " | ".join(map(_cell, section.columns)) + " |", "|" + "---|" * len(section.columns)]
    body = ["| " + " | ".join(map(_cell, row)) + " |" for row in section.rows]
    if len(body) <= _LONG:
        return [f"### {_cell(section.title)}", "", *head, *body]
    return [f"<details><summary>{_cell(section.title)} ({len(body)})</summary>", "", *head, *body, "", "</details>"]


def _cell(text: str) -> str:
    """Return text that cannot break out of a table cell or turn into markup of its own."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("|", "\\|").replace("*", "\\*").replace("`", "'").replace("@", "&#64;").replace("\n", "<br>")
