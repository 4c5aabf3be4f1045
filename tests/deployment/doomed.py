"""`python doomed.py ARGUMENTS`: the command line, which ends itself (-9) at chosen writes of the checkpoint.

`DOOM` names a JSON file: `answered` and `written` are lists of URNs. The process dies just before the write that says one of the
`answered` is settled (an `up` has made it, a `destroy` deleted it), or right after the one that says so of one of the `written`. What it
died of stands in the file's `.log` as JSON: [URN, moment].
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

from containment.cli import main
from containment_lab.engine import journal
from containment_lab.formats.state import State

DOOM = Path(os.environ["DOOM"])
doom: dict[str, list[str]] = json.loads(DOOM.read_text())
write = journal.write_deployment


def die_if(moment: str, settled: set[str]) -> None:
    for urn in settled.intersection(doom[moment]):
        DOOM.with_suffix(".log").write_text(json.dumps([urn, moment]))
        os.kill(os.getpid(), signal.SIGKILL)


def writing(path: Path, states: list[State], *more: Any) -> None:
    """Write the checkpoint, or die before or after it."""
    before = {each["urn"] for each in json.loads(path.read_text())["deployment"]["resources"]} if path.exists() else set()
    settled = before ^ {each.urn for each in states}
    die_if("answered", settled)
    write(path, states, *more)
    die_if("written", settled)


journal.write_deployment = writing
main()
