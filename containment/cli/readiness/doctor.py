"""`containment doctor`: checks whether this machine and this checkout can deploy."""

from __future__ import annotations

from pathlib import Path

from containment.cli.options import Folder, TableIn, take_format
from containment.cli.readiness.findings import print_findings
from containment.machine.doctor import examine
from containment.queries.renderers import Format


@take_format(TableIn)
def doctor(folder: Folder = Path(), *, chosen: Format) -> None:
    """Check tools, versions, known traps and credentials.

    Each line is PASS, WARN, FAIL or SKIPPED, with the fix.
    """
    print_findings("doctor", examine(folder), chosen)
