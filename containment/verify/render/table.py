"""Plain text for a terminal or a log: the headline, tables in columns, and what is assumed. No colours: they say nothing here."""

from __future__ import annotations

from containment.verify.answers import Answer, Section, Status

_MARK = {Status.PASSED: "PASS", Status.FAILED: "FAIL", Status.INCONCLUSIVE: "UNSURE", Status.SKIPPED: "SKIPPED"}


def render(answer: Answer) -> str:
    """Return the answer as text."""
    lines = [answer.headline]
    for case in () if answer.sections_tell else answer.cases:
        where = f" [{case.where}]" if case.where else ""
        lines.append(f"{_MARK[case.status]:8}{case.id}{where}: {case.title}")
        lines += [f"        {line}" for line in case.text.splitlines()]
    for section in answer.sections:
        lines += ["", section.title, *_columns(section)]
    if answer.assumptions:
        lines += ["", "Assumed:", *(f"  - {text}" for text in answer.assumptions)]
    return "\n".join(lines)


def _columns(section: Section) -> list[str]:
    rows = [section.columns, *section.rows]
    widths = [max(len(row[place]) for row in rows) for place in range(len(section.columns))]
    return ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
