"""What keeps a stack's checkpoint true: the journal of one run, and the lock that keeps a second run out.

The checkpoint is written whole before a resource begins to change (as a pending operation) and after it has, so a run that dies at any
moment leaves a state the next run can finish from. Order follows Pulumi: what this run has settled, in that order, then what it has not
reached.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from containment.lab.errors import EngineError, Exit
from containment.lab.formats.checkpoint import states_in, write_deployment
from containment.lab.formats.crypt import Crypter
from containment.lab.formats.state import STACK_TYPE, State, make_urn, name_of, now, type_of


class Journal:
    """The states of one run, and their file. With `path` None (a preview) nothing is written."""

    def __init__(self, path: Path | None, deployment: dict[str, Any], crypter: Crypter) -> None:
        self.path, self.crypter = path, crypter
        self.base, self.interrupted = states_in(deployment, crypter)
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
        under_way = [*self._pending.items(), *(each for each in self.interrupted if each[1] == "creating")]
        write_deployment(self.path, _under_new_names(self.states()), under_way, self.crypter, self._metadata)


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

    return [state.renamed(lambda urn: renamed.get(urn, urn)) for state in states]


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
