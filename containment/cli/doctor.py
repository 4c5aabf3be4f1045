"""`containment doctor`: can this machine and this checkout deploy, and what would hang or fail if not?"""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.markup import escape

from containment.cli.common import Exit, console
from containment.verify.doctor import Status, examine


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Check tools, versions, known hang traps and credentials; each line PASS, WARN, FAIL or SKIPPED, with the fix."""
    findings = examine()
    if as_json:
        lines = [{"check": f.check, "status": f.status.value, "detail": f.detail, "fix": f.fix} for f in findings]
        typer.echo(json.dumps({"schema": "containment-doctor/v1", "findings": lines}, indent=2))
    else:
        out = console()
        colours = {Status.PASS: "green", Status.WARN: "yellow", Status.FAIL: "red", Status.SKIPPED: "dim"}
        for f in findings:
            out.print(f"[{colours[f.status]}]{f.status.value:<8}[/] {escape(f'{f.check}: {f.detail}')}")
            if f.fix and f.status is not Status.PASS:
                out.print(f"         fix: {escape(f.fix)}")
        count = {status: sum(f.status is status for f in findings) for status in Status}
        out.print(", ".join(f"{number} {status.value}" for status, number in count.items()))
    raise typer.Exit(Exit.FAILED if any(f.status is Status.FAIL for f in findings) else Exit.OK)
