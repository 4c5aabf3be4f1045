"""A checkpoint file as it is on disk, secrets encrypted: reading it needs no cryptography, which takes long to load."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from containment_lab.errors import LabError
from containment_lab.storage import convert_file_errors

_WHY = "the state of the stack is in it"


@dataclass(frozen=True)
class Checkpoint:
    """The content of a checkpoint file: the deployment, and the lab's own record; both empty without a file."""

    deployment: dict[str, Any] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)


def read_checkpoint(path: Path) -> Checkpoint:
    """Return the content of a checkpoint file; raise EngineError for one that is no deployment of version 3."""
    try:
        with convert_file_errors(path):
            if not path.exists():
                return Checkpoint()
            found = json.loads(path.read_text())
        if found["version"] != 3:
            what = f"{path}: deployment version {found['version']} is not supported"
            fix = "restore a checkpoint of version 3, or move it away"
            raise LabError(what, why=_WHY, fix=fix)
        return Checkpoint(dict(found["deployment"]), dict(found.get("lab") or {}))
    except (ValueError, KeyError, TypeError) as cause:
        what = f"{path} is not a Pulumi deployment: {cause!r}"
        raise LabError(what, why=_WHY, fix="restore it, or move it away to start again") from cause


def read_deployment(path: Path) -> dict[str, Any]:
    """Return the deployment in a checkpoint file; empty without a file."""
    return read_checkpoint(path).deployment


def read_record(path: Path) -> dict[str, Any]:
    """Return the lab's own record in a checkpoint file; empty without one."""
    return read_checkpoint(path).record
