"""The journal of one run, which keeps a stack's checkpoint true, and the lock that keeps a second run out.

The checkpoint is written whole before a resource begins to change (as a pending operation) and after the change, so a run that dies at any
moment leaves a state from which the next run can finish. The order follows Pulumi: first the states this run has settled, in that order,
then those it has not reached.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from containment_lab.errors import Exit, LabError
from containment_lab.formats.checkpoint import ResourceLines, read_states, write_deployment
from containment_lab.formats.crypt import Crypter
from containment_lab.formats.state import STACK_TYPE, State, format_now, get_name, get_type, make_urn
from containment_lab.storage import convert_file_errors


class Journal:
    """The states of one run, and their file. Without `path` (a preview) nothing is written.

    `record` returns the record that is written next to the deployment: the start of the simulators to which it belongs.
    """

    def __init__(
        self, path: Path | None, deployment: dict[str, Any], crypter: Crypter, record: Callable[[], dict[str, str]] = dict
    ) -> None:
        self.path, self.crypter, self.record = path, crypter, record
        self.base, self.interrupted = read_states(deployment, crypter)
        self._metadata = deployment.get("metadata") or {}
        self._settled: list[State] = []
        self._done: set[State] = set()
        self._pending: dict[State, str] = {}
        self._lines = ResourceLines(crypter)

    def begin(self, state: State, operation: str) -> None:
        """Record that `state` is being created, updated, deleted, read or imported."""
        self._pending[state] = operation
        self.save()

    def end(self, state: State, *, new: State | None = None, gone: State | None = None, write: bool = True) -> None:
        """Record that the operation on `state` is over.

        Args:
            state: The resource.
            new: Its settled state.
            gone: The state that no longer exists.
            write: Whether to write the checkpoint.
        """
        self._pending.pop(state, None)
        if gone is not None:
            self._done.add(gone)
        if new is not None:
            self._settled.append(new)
        if write:
            self.save()

    def forget(self, interrupted: State) -> None:
        """Record that nothing is left of an operation in which an earlier run was interrupted."""
        self.interrupted = [each for each in self.interrupted if each[0] is not interrupted]
        self.save()

    def get_states(self) -> list[State]:
        """Return all present states, in checkpoint order."""
        return [each for each in (*self._settled, *self.base) if each not in self._done]

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        if self.path is None:
            return
        under_way = [*self._pending.items(), *(each for each in self.interrupted if each[1] == "creating")]
        states = _rename_references(self.get_states())
        write_deployment(self.path, states, under_way, self.crypter, self._metadata, self.record(), self._lines)


def _rename_references(states: list[State]) -> list[State]:
    """Return copies in which every reference to a resource's former URN (an alias matched in this run) has the new one."""
    renamed: dict[str, str] = {}
    for state in states:
        renamed.update(dict.fromkeys(state.aliases, state.urn))
        above = renamed.get(state.parent)
        if above and get_type(above) != STACK_TYPE:
            stack, project = state.urn.split("::")[0].removeprefix("urn:pulumi:"), state.urn.split("::")[1]
            renamed[state.urn] = make_urn(stack, project, above, get_type(state.urn), get_name(state.urn))
    if not renamed:
        return states

    return [state.rename_urns(lambda urn: renamed.get(urn, urn)) for state in states]


@contextlib.contextmanager
def take_lock(path: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Take the stack's lock; report when the lock of a dead run was taken over.

    The lock is an flock, so the kernel frees it however its owner ends. The file names the owner (pid and start time) for the message.
    """
    file = path.with_suffix(".lock")
    with convert_file_errors(file):
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = file.open("a+b", buffering=0)  # a failed write is reported where it happens, not again at the end
    with opened as lock:
        lock.seek(0)
        holder = lock.read().decode(errors="replace").strip()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as cause:
            what = f"stack {path.stem} is locked: another run is changing it ({holder})"
            why, fix = "two runs would overwrite each other's checkpoint", "wait for it to end, or end that process"
            raise LabError(what, why=why, fix=fix, exit_code=Exit.LOCKED) from cause
        with convert_file_errors(file):
            lock.truncate(0)
            lock.write(f"pid {os.getpid()}, since {format_now()}".encode())
        if holder:
            say(f"the last run on this stack did not end cleanly ({holder}); its lock is taken over")
        try:
            yield
        finally:
            lock.truncate(0)
