"""Findings of a look before a deployment, as lines for people or as data; the exit code is FAILED when one has failed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from containment.cli.common import Exit, console
from containment.verify.finding import Finding, Status

COLOURS = {Status.PASS: "green", Status.WARN: "yellow", Status.FAIL: "red", Status.SKIPPED: "dim"}


def show(findings: Sequence[Finding]) -> None:
    """Print a line a finding, with the fix of all but passes, and the count."""
    out = console()
    for f in findings:
        out.print(f"[{COLOURS[f.status]}]{f.status.value:<8}[/] {escape(f'{f.check}: {f.detail}')}")
        if f.fix and f.status is not Status.PASS:
            out.print(f"         fix: {escape(f.fix)}")
    count = {status: sum(f.status is status for f in findings) for status in Status}
    out.print(", ".join(f"{number} {status.value}" for status, number in count.items()))


def as_data(findings: Sequence[Finding]) -> list[dict[str, str]]:
    """Return findings as they stand in JSON."""
    return [{"check": f.check, "status": f.status.value, "detail": f.detail, "fix": f.fix} for f in findings]


def exit_code(findings: Sequence[Finding]) -> Exit:
    """Return FAILED when any check has failed; warnings and skips do not fail."""
    return Exit.FAILED if any(f.status is Status.FAIL for f in findings) else Exit.OK
