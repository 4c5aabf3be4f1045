"""Files of verified sessions: `<folder>/<stack>/<time>.json`, written whole or not at all, for the evidence bundle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from containment.attestation.statement import CheckedItem, decide_verdict
from containment.files.output_files import write_whole
from containment.session_check.opening import SessionTarget

FOLDER: Final = "sessions"
SCHEMA: Final = "containment-session/v1"
_NAME: Final = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSession:
    """The checks of one session: the stack, the session, where it was, whether that is the lab, and when."""

    stack: str
    target: SessionTarget
    place: str
    is_simulated: bool
    time: datetime
    checks: Sequence[CheckedItem]

    def to_dict(self) -> dict[str, Any]:
        """Return the document of the file and of the JSON answer."""
        return {
            "schema": SCHEMA,
            "stack": self.stack,
            "time": f"{self.time:%Y-%m-%dT%H:%M:%SZ}",
            "place": self.place,
            "simulated": self.is_simulated,
            "instance": self.target.instance,
            "document": self.target.document,
            "settings": json.loads(self.target.content),
            "logGroup": self.target.log_group,
            "verdict": decide_verdict(one.status for one in self.checks).value,
            "checks": [one.to_dict() for one in self.checks],
        }


def write_session(folder: Path, found: VerifiedSession) -> Path:
    """Write the checks of a session and return the file; raise InputError if the disk refuses it."""
    path = folder / found.stack / f"{found.time.strftime(_NAME)}.json"
    write_whole(path, json.dumps(found.to_dict(), indent=2, sort_keys=True) + "\n")
    return path
