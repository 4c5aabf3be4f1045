"""Output of findings from `doctor` and `preflight`, in any format; the exit code is NO if a check failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import typer

from containment.cli import common
from containment.exit_code import Exit
from containment.preflight.finding import CHECK_STATUSES, Finding, Status
from containment.queries.renderers import Format
from containment.queries.renderers.table import format_status_lines, wrap_text
from containment.queries.results import Answer, Section

_INDENT = " " * 9


def print_findings(
    verb: str, findings: Sequence[Finding], chosen: Format, headline: str = "", facts: Mapping[str, Any] | None = None
) -> NoReturn:
    """Print findings and exit with their exit code.

    Args:
        verb: the command, for the JSON schema's name.
        findings: the results of the checks.
        chosen: output format.
        headline: first line; by default the counts.
        facts: keys of the JSON object in addition to the findings.
    """
    if chosen is Format.TABLE:
        typer.echo("\n".join(format_lines(findings, headline)))
        raise typer.Exit(choose_exit_code(findings))
    document = {"schema": f"containment-{verb}/v1", **(facts or {}), "findings": convert_to_data(findings)}
    rows = tuple((f.status.value, f.check, f.detail, f.fix) for f in findings)
    table = Section("Findings", ("status", "check", "detail", "fix"), rows)
    common.print_and_exit(
        Answer(
            verb=verb, headline=headline or _format_counts(findings), exit=choose_exit_code(findings), sections=(table,), document=document
        ),
        chosen,
    )


def format_lines(findings: Sequence[Finding], headline: str = "") -> list[str]:
    """Return one line per finding, with a fix unless it passed, and the counts; wrapped on a terminal."""
    width, colored = common.get_terminal_width(), common.is_colored()
    out = wrap_text(headline, width) if headline else []
    for f in findings:
        out += format_status_lines(f.status.value, f.status.color if colored else None, f"{f.check}: {f.detail}", width)
        if f.fix and f.status is not Status.PASS:
            out += wrap_text(f"fix: {f.fix}", width, _INDENT, f"{_INDENT}     ")
    return [*out, *wrap_text(_format_counts(findings), width)]


def _format_counts(findings: Sequence[Finding]) -> str:
    return ", ".join(f"{sum(f.status is status for f in findings)} {status.value}" for status in CHECK_STATUSES)


def convert_to_data(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """Return findings as JSON objects."""
    return [{"check": f.check, "status": f.status.value, "detail": f.detail, "fix": f.fix} for f in findings]


def choose_exit_code(findings: Sequence[Finding]) -> Exit:
    """Return NO if any check failed; warnings and skipped checks are no failure."""
    return Exit.NO if any(f.status is Status.FAIL for f in findings) else Exit.OK
