"""`containment doctor`: can this machine and this checkout deploy, and what would hang or fail if not?"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from containment.cli.findings import as_data, exit_code, show
from containment.verify.doctor import examine


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Check tools, versions, known hang traps and credentials; each line PASS, WARN, FAIL or SKIPPED, with the fix."""
    findings = examine()
    if as_json:
        typer.echo(json.dumps({"schema": "containment-doctor/v1", "findings": as_data(findings)}, indent=2))
    else:
        show(findings)
    raise typer.Exit(exit_code(findings))
