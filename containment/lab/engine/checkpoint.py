"""A stack's checkpoint: the file, the journal that keeps it true after every step, and the lock that keeps a second run out.

The file is what `pulumi stack export` prints. It is written whole before a resource begins to change (as a pending operation) and after
it has, so a run that dies at any moment leaves a state the next run can finish from. Order follows Pulumi: what this run has settled, in
that order, then what it has not reached.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from containment.lab.engine.crypt import Crypter
from containment.lab.engine.errors import EngineError, Exit
from containment.lab.engine.state import STACK_TYPE, State, from_json, make_urn, name_of, now, to_json, type_of
from containment.lab.home import write_whole

_NAMES_TWO_REFERENCES = ("parent", "deleted_with", "urn")


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


class Journal:
    """The states of one run, and their file. With `path` None (a preview) nothing is written."""

    def __init__(self, path: Path | None, deployment: dict[str, Any], crypter: Crypter) -> None:
        self.path, self.crypter = path, crypter
        self.base = [from_json(each, crypter.unseal) for each in deployment.get("resources") or []]
        pending = deployment.get("pending_operations") or []
        self.interrupted = [(from_json(each["resource"], crypter.unseal), str(each["type"])) for each in pending]
        self._metadata = deployment.get("metadata") or {}
        self._settled: list[State] = []
        self._done: set[State] = set()
        self._pending: dict[State, str] = {}

    def begin(self, state: State, operation: str) -> None:
        """Write down that `state` is being created, updated, deleted, read or imported."""
        self._pending[state] = operation
        self.save()

    def end(self, state: State, *, new: State | None = None, gone: State | None = None, write: bool = True) -> None:
        """Write down that the operation on `state` is over: `new` is settled, `gone` is no more."""
        self._pending.pop(state, None)
        if gone is not None:
            self._done.add(gone)
        if new is not None:
            self._settled.append(new)
        if write:
            self.save()

    def forget(self, interrupted: State) -> None:
        """Write down that nothing is left of an operation that a former run was interrupted in."""
        self.interrupted = [each for each in self.interrupted if each[0] is not interrupted]
        self.save()

    def states(self) -> list[State]:
        """Return all states that stand, in checkpoint order."""
        return [each for each in (*self._settled, *self.base) if each not in self._done]

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        if self.path is None:
            return
        engine = f"v{version('pulumi')}"
        resources = _under_new_names(self.states())
        under_way = [*self._pending.items(), *(each for each in self.interrupted if each[1] == "creating")]
        operations = [{"resource": to_json(state, self.crypter.seal), "type": kind} for state, kind in under_way]
        deployment = {
            "manifest": {"time": now(), "magic": hashlib.sha256(engine.encode()).hexdigest(), "version": engine},
            "secrets_providers": {"type": "passphrase", "state": {"salt": self.crypter.salt}},
            "resources": [to_json(each, self.crypter.seal) for each in resources],
            **({"pending_operations": operations} if operations else {}),
            "metadata": self._metadata,
        }
        write_whole(self.path, json.dumps({"version": 3, "deployment": deployment}, indent=1) + "\n", mode=0o600)


def _under_new_names(states: list[State]) -> list[State]:
    """Return copies in which every reference to a resource's former URN (an alias this run has matched) names the new one."""
    renamed: dict[str, str] = {}
    for state in states:
        renamed.update(dict.fromkeys(state.aliases, state.urn))
        above = renamed.get(state.parent)
        if above and type_of(above) != STACK_TYPE:
            stack, project = state.urn.split("::")[0].removeprefix("urn:pulumi:"), state.urn.split("::")[1]
            renamed[state.urn] = make_urn(stack, project, above, type_of(state.urn), name_of(state.urn))
    if not renamed:
        return states

    def fix(urn: str) -> str:
        return renamed.get(urn, urn)

    return [
        state.copy(
            urn=fix(state.urn),
            parent=fix(state.parent),
            deleted_with=fix(state.deleted_with),
            aliases=[],
            provider=state.provider and f"{fix(state.provider_urn)}::{state.provider.rpartition('::')[2]}",
            dependencies=[*map(fix, state.dependencies)],
            replace_with=[*map(fix, state.replace_with)],
            property_dependencies={key: [*map(fix, urns)] for key, urns in state.property_dependencies.items()},
        )
        for state in states
    ]


@contextlib.contextmanager
def locked(path: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the stack's lock, and say so when a dead run's was taken over.

    The lock is an flock, so the kernel frees it however its holder ends. The file names the holder (pid and start time) for the message.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("a+") as lock:
        lock.seek(0)
        holder = lock.read().strip()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as cause:
            raise EngineError(
                f"stack {path.stem} is locked: another run is changing it ({holder}). Wait for it to end, or end that process.",
                exit_code=Exit.LOCKED,
            ) from cause
        lock.truncate(0)
        lock.write(f"pid {os.getpid()}, since {now()}")
        lock.flush()
        if holder:
            say(f"the last run on this stack did not end cleanly ({holder}); its lock is taken over")
        try:
            yield
        finally:
            lock.truncate(0)
