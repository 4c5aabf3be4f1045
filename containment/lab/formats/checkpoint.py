"""A stack's checkpoint file: what `pulumi stack export` prints, deployment version 3, with the passphrase secrets provider."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from containment.lab.errors import EngineError
from containment.lab.formats.crypt import Crypter
from containment.lab.formats.state import State, from_json, now, to_json
from containment.lab.home import write_whole

Operation = tuple[State, str]
"""A state and what is being done to it: creating, updating, deleting, reading, importing."""


def read_deployment(path: Path) -> dict[str, Any]:
    """Return the deployment in a checkpoint file; empty when there is no file yet."""
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text())
        if found["version"] != 3:
            raise EngineError(f"{path}: deployment version {found['version']} is not supported (only 3)")
        return dict(found["deployment"])
    except (ValueError, KeyError, TypeError) as cause:
        raise EngineError(f"{path} is not a Pulumi deployment: {cause!r}; restore it, or move it away to begin anew") from cause


def states_in(deployment: dict[str, Any], crypter: Crypter) -> tuple[list[State], list[Operation]]:
    """Return a deployment's resources and pending operations, secrets decrypted (wrapped)."""
    pending = deployment.get("pending_operations") or []
    operations = [(from_json(each["resource"], crypter.unseal), str(each["type"])) for each in pending]
    return [from_json(each, crypter.unseal) for each in deployment.get("resources") or []], operations


def write_deployment(path: Path, states: list[State], pending: Iterable[Operation], crypter: Crypter, metadata: dict[str, Any]) -> None:
    """Write a checkpoint, whole or not at all, secrets encrypted."""
    engine = f"v{version('pulumi')}"
    operations = [{"resource": to_json(state, crypter.seal), "type": kind} for state, kind in pending]
    deployment = {
        "manifest": {"time": now(), "magic": hashlib.sha256(engine.encode()).hexdigest(), "version": engine},
        "secrets_providers": {"type": "passphrase", "state": {"salt": crypter.salt}},
        "resources": [to_json(each, crypter.seal) for each in states],
        **({"pending_operations": operations} if operations else {}),
        "metadata": metadata,
    }
    write_whole(path, f'{{"version": 3, "deployment": {{\n{_lines(deployment)}\n}}}}\n', mode=0o600)


def _lines(deployment: dict[str, Any]) -> str:
    """Return a deployment's members as JSON, a resource a line: it is written at every step, and json indents in Python."""
    return ",\n".join(
        f"{json.dumps(key)}: " + ("[\n" + ",\n".join(map(json.dumps, value)) + "\n]" if isinstance(value, list) else json.dumps(value))
        for key, value in deployment.items()
    )
