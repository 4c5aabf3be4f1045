"""Start a confined command, wait for it, and return its result.

The command ends with this process, however that one ends, and leaves no process behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn

from containment.confinement.bubblewrap import find_bwrap
from containment.confinement.ending import kill_at_end
from containment.confinement.entry import StartParameters, enter_confinement, write_memory_file
from containment.confinement.errors import ConfinementError
from containment.confinement.identity import Identity
from containment.confinement.profile import Profile, build_environment
from containment.confinement.requirements import find_confinement_refusal
from containment.confinement.system_calls.seccomp import build_program, get_current_machine
from containment.confinement.terminal import check_streams, restore_terminal
from containment.confinement.traffic import SentPackets

_JOINED: Final = b"joined\n"
_NOT_FOUND: Final = 127


@dataclass(frozen=True)
class CommandResult:
    """The result of a confined command: exit code, whether it was stopped at the time limit, and IP packets sent."""

    code: int
    timed_out: bool
    packets_sent: int


def run_confined(profile: Profile, identity: Identity, seconds: float = 0) -> CommandResult:
    """Run a command confined and return its result; if ConfinementError is raised, the command did not run.

    Args:
        profile: the command and everything that it can see.
        identity: its user id outside of its namespaces.
        seconds: time limit; 0: none.
    """
    check_streams()
    bwrap, text = find_bwrap(), build_program(get_current_machine())
    with _open_descriptors() as opened, restore_terminal():
        filter_ = opened.keep(write_memory_file(text))
        status_read, status_write = opened.open_pipe()
        report_read, report_write = opened.open_pipe()
        go_read, go_write = opened.open_pipe()
        start = StartParameters(
            profile=profile,
            identity=identity,
            bwrap=bwrap,
            filter=filter_,
            status=status_write,
            environment=build_environment(profile, os.environ),
        )
        child = os.fork()
        if child == 0:
            os.close(report_read)
            os.close(go_write)
            _run_child(start, report_write, go_read)
        opened.close(status_write, report_write, go_read)
        with kill_at_end(child):
            report = os.read(report_read, 1 << 16)
            if report != _JOINED:
                raise ConfinementError(_read_rest(report_read, report))
            packets = SentPackets(child)
            try:
                opened.close(go_write)
                if refused := _read_rest(report_read, b""):
                    raise ConfinementError(refused)
                timed_out = not _wait_until_ended(child, seconds)
                if timed_out:
                    os.kill(child, signal.SIGKILL)
                    _wait_until_ended(child, 0)
                code = 0 if timed_out else _find_exit_code(child, _read_rest(status_read, b""))
                return CommandResult(code, timed_out, packets.count())
            finally:
                packets.close()


def _run_child(start: StartParameters, report: int, go: int) -> NoReturn:
    def joined() -> None:
        os.write(report, _JOINED)
        os.read(go, 1)

    try:
        enter_confinement(start, joined)
    except ConfinementError as error:
        os.write(report, str(error).encode())
    except OSError as error:
        os.write(report, f"the command could not be confined, so it was not started: {error.strerror or error}".encode())
    except BaseException:  # noqa: BLE001 - written to the parent, which raises
        os.write(report, traceback.format_exc().encode())
    finally:
        os._exit(125)


def _wait_until_ended(child: int, seconds: float) -> bool:
    """Wait for a process without reaping it; return whether it ended within the time (0: no limit)."""
    handle = os.pidfd_open(child)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return bool(poll.poll(seconds * 1000 if seconds else None))
    finally:
        os.close(handle)


def _find_exit_code(child: int, status: str) -> int:
    """Return the exit code as a shell does: 127 if the command does not exist, 128 plus the signal if it was killed."""
    lines = [json.loads(line) for line in status.splitlines()]
    for line in lines:
        if "exit-code" in line:
            return int(line["exit-code"])
    ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    if ended and ended.si_code != os.CLD_EXITED:
        return 128 + ended.si_status
    if any("child-pid" in line for line in lines):
        return _NOT_FOUND  # confinement succeeded, and bwrap's message names the command that it could not start
    raise ConfinementError(find_confinement_refusal() or "bwrap could not confine the command, which was not started; its message is above")


def _read_rest(handle: int, begun: bytes) -> str:
    """Return the rest of a pipe's content."""
    parts = [begun]
    while part := os.read(handle, 1 << 16):
        parts.append(part)
    return b"".join(parts).decode(errors="replace")


class _Descriptors:
    """File descriptors that are closed together."""

    def __init__(self) -> None:
        self._open: set[int] = set()

    def keep(self, number: int) -> int:
        self._open.add(number)
        return number

    def open_pipe(self) -> tuple[int, int]:
        read, write = os.pipe()
        return self.keep(read), self.keep(write)

    def close(self, *numbers: int) -> None:
        for number in numbers:
            self._open.discard(number)
            os.close(number)


@contextlib.contextmanager
def _open_descriptors() -> Iterator[_Descriptors]:
    found = _Descriptors()
    try:
        yield found
    finally:
        found.close(*tuple(found._open))  # noqa: SLF001 - same module
