"""A stack's checkpoint file: the output of `pulumi stack export`, deployment version 3, with the passphrase secrets provider.

Outside the deployment, where the official engine does not look, it has the lab's own record (`lab`: see `generation`). `checkpoint_file`
reads a checkpoint without its secrets and needs no cryptography.
"""

from __future__ import annotations

import functools
import hashlib
import json
import operator
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from containment_lab.formats.crypt import Crypter
from containment_lab.formats.state import State, decode_state, encode_state, format_now
from containment_lab.storage import write_whole

Operation = tuple[State, str]
"""A state and the operation on it: creating, updating, deleting, reading, importing."""


def read_states(deployment: dict[str, Any], crypter: Crypter) -> tuple[list[State], list[Operation]]:
    """Return a deployment's resources and pending operations, secrets decrypted (wrapped)."""
    pending = deployment.get("pending_operations") or []
    operations = [(decode_state(each["resource"], crypter.unseal), str(each["type"])) for each in pending]
    return [decode_state(each, crypter.unseal) for each in deployment.get("resources") or []], operations


def write_deployment(
    path: Path,
    states: list[State],
    pending: Iterable[Operation],
    crypter: Crypter,
    metadata: dict[str, Any],
    record: dict[str, str] | None = None,
    lines: ResourceLines | None = None,
) -> None:
    """Write a checkpoint, whole or not at all, secrets encrypted.

    Args:
        path: The file.
        states: The resources, in checkpoint order.
        pending: The operations that have begun and not ended.
        crypter: Encrypts the secrets.
        metadata: The deployment's metadata.
        record: The lab's own record.
        lines: The lines kept from the previous write of this run.
    """
    lines = lines or ResourceLines(crypter)
    engine = _get_engine_version()
    operations = [{"resource": encode_state(state, crypter.seal), "type": kind} for state, kind in pending]
    deployment = {
        "manifest": {"time": format_now(), "magic": hashlib.sha256(engine.encode()).hexdigest(), "version": engine},
        "secrets_providers": {"type": "passphrase", "state": {"salt": crypter.salt}},
        "resources": states,
        **({"pending_operations": operations} if operations else {}),
        "metadata": metadata,
    }
    own = f', "lab": {json.dumps(record)}' if record else ""
    members = ",\n".join(f"{json.dumps(key)}: {_render_member(value, lines)}" for key, value in deployment.items())
    write_whole(path, f'{{"version": 3, "deployment": {{\n{members}\n}}{own}}}\n', mode=0o600)


@functools.cache
def _get_engine_version() -> str:
    return f"v{version('pulumi')}"


class ResourceLines:
    """The JSON lines of one run's resources: the checkpoint is written at every step, and only one resource differs each time."""

    def __init__(self, crypter: Crypter) -> None:
        self._crypter = crypter
        self._kept: WeakKeyDictionary[State, tuple[list[Any], str]] = WeakKeyDictionary()

    def render_line(self, state: State) -> str:
        """Return a resource's JSON; the previous text while every value is the same object."""
        values = [*vars(state).values()]
        kept = self._kept.get(state)
        if kept is None or len(kept[0]) != len(values) or not all(map(operator.is_, kept[0], values)):
            kept = self._kept[state] = values, json.dumps(encode_state(state, self._crypter.seal))
        return kept[1]


def _render_member(value: Any, lines: ResourceLines) -> str:
    """Return a member of a deployment as JSON, one resource per line (indentation by json is written in Python and slow)."""
    if isinstance(value, list):
        return "[\n" + ",\n".join(lines.render_line(each) if isinstance(each, State) else json.dumps(each) for each in value) + "\n]"
    return json.dumps(value)
