"""Start a command in a session: confined by namespaces, mounts, Landlock and seccomp, and watched by a supervisor.

The command ends with this process, however that one ends, and leaves no process behind. Every layer is required: if one is missing,
`ConfinementError` is raised and the command does not run.
"""

from __future__ import annotations

import json
import os
import select
import socket
from collections.abc import Callable
from typing import Any, Protocol

from containment.confinement.deadline import EXPIRED, Deadline
from containment.confinement.ending import kill_at_end
from containment.confinement.errors import ConfinementError
from containment.confinement.joining import Start, run_child
from containment.confinement.system_calls.notifications import Notification, receive
from containment.confinement.terminal import check_streams, restore_terminal

_REPORT_BYTES = 1 << 16


class Supervisor(Protocol):
    """What happens while a session runs; an exception ends the command."""

    def begin(self, init: int, listener: socket.socket | None) -> None:
        """Prepare for the start of the command.

        Args:
            init: the init process of the namespaces, as this process sees it.
            listener: the listening socket in the namespaces' network, if there is one.
        """

    def answer(self, notifications: int, call: Notification) -> None:
        """Answer a system call that the filter reports."""


class _State:
    def __init__(self, child: int, deadline: Deadline | None = None) -> None:
        self.child, self.deadline = child, deadline
        self.init, self.notifications = 0, -1
        self.status: int | None = None
        self.errors: list[str] = []


def run_session(start: Start, make_supervisor: Callable[[], Supervisor], deadline: Deadline | None = None) -> int:
    """Run a command and return its exit code as a shell does: 128 plus the signal if it was killed, 124 if its deadline ended it.

    Args:
        start: everything that the command needs.
        make_supervisor: makes the supervisor, while bubblewrap works; the command starts after both.
        deadline: the moment at which the command is ended; None for no deadline.
    """
    check_streams()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, restore_terminal():
        child = os.fork()
        if child == 0:
            ours.close()
            run_child(start, theirs)
        theirs.close()
        state = _State(child, deadline)
        with kill_at_end(child):
            try:
                for file in start.control_groups:
                    file.write_text(str(child))  # before the command is started: the child waits for permission
                _supervise(ours, state, make_supervisor())
            finally:
                if state.notifications >= 0:
                    os.close(state.notifications)
    if deadline is not None and deadline.has_passed:
        return EXPIRED
    if state.errors:
        raise ConfinementError(state.errors[0])
    if state.status is None:
        raise ConfinementError("the launcher's child was killed, and the command with it")
    code = os.waitstatus_to_exitcode(state.status)
    return code if code >= 0 else 128 - code


def _supervise(control: socket.socket, state: _State, supervisor: Supervisor) -> None:
    """Handle reports and reported calls until the child has ended, and end it at its deadline."""
    poll, deadline = select.poll(), state.deadline
    poll.register(control, select.POLLIN)
    while True:
        if deadline is not None:
            deadline.enforce()
        for descriptor, event in poll.poll(deadline.compute_wait() if deadline is not None else None):
            if descriptor == control.fileno():
                if not _read_report(control, state, supervisor, poll):
                    return
            elif event & select.POLLIN:
                if call := receive(state.notifications):
                    supervisor.answer(state.notifications, call)
            else:
                poll.unregister(descriptor)  # no process with the filter is left


def _read_report(control: socket.socket, state: _State, supervisor: Supervisor, poll: select.poll) -> bool:
    message, files, _, _ = socket.recv_fds(control, _REPORT_BYTES, 1)
    if not message:
        return False
    report: dict[str, Any] = json.loads(message)
    if "error" in report:
        state.errors.append(report["error"])
    elif "init" in report:
        state.init = report["init"]
        if state.deadline is not None:
            state.deadline.begin(state.child, state.init)
        supervisor.begin(state.init, socket.socket(fileno=files[0]) if files else None)
        control.send(b"1")
    elif "status" in report:
        state.status = report["status"]
    elif files:
        state.notifications = files[0]
        poll.register(files[0], select.POLLIN)
    return True
