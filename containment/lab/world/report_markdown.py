"""The report as Markdown, for a pull request or a ticket: the same facts as the page, without the drawing."""

from __future__ import annotations

from collections.abc import Sequence

from containment.lab.world.report import Report
from containment.lab.world.report_rows import (
    COMPARED_HEADS,
    EVASION_HEADS,
    RULE_HEADS,
    TEST_HEADS,
    TESTS,
    THREAT_HEADS,
    compared_rows,
    evasion_rows,
    rule_rows,
    test_rows,
    threat_rows,
)


def markdown(report: Report) -> str:
    """Return the text."""
    out = [f"# Containment of {report.stack}", f"Observed {report.made:%Y-%m-%d %H:%M} UTC on one machine."]
    for section in report.sections:
        out += [f"## {TESTS}, {section.mode.value}", _table(TEST_HEADS, test_rows(section))]
    out += ["## Rules in force, in order", _table(RULE_HEADS, rule_rows(report))]
    if report.evasion:
        out += ["## Evasion", _table(EVASION_HEADS, evasion_rows(report))]
    if report.compared:
        out += ["## Predicted against observed", _table(COMPARED_HEADS, compared_rows(report))]
    out += ["## Threats, and what was sent of each", _table(THREAT_HEADS, threat_rows(report))]
    if report.left_out:
        out += ["## Not tried", _table(("what", "why"), report.left_out)]
    out += ["## Made with", _table(("what", "version"), list(report.versions.items()))]
    return "\n\n".join(out) + "\n"


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
