"""`containment doctor`: checks whether this machine and this checkout can deploy."""

from __future__ import annotations

from pathlib import Path

from containment.cli.findings import print_findings
from containment.cli.options import Folder, Json, TableIn, choose_format
from containment.preflight.doctor import examine


def doctor(folder: Folder = Path(), format_: TableIn = None, as_json: Json = False) -> None:
    """Check tools, versions, known traps and credentials.

    Each line is PASS, WARN, FAIL or SKIPPED, with the fix.
    """
    chosen = choose_format(format_, as_json)
    print_findings("doctor", examine(folder), chosen)
