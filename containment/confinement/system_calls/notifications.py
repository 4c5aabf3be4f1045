"""System calls that a filter reports to a supervisor, which answers each one (seccomp user notification).

The arguments are a copy that the caller cannot change afterwards; memory that they point to is not. So a supervisor refuses by the
arguments alone, and only observes what it reads from memory.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import struct
from typing import Final, NamedTuple

from containment.confinement import kernel
from containment.confinement.errors import ConfinementError
from containment.confinement.system_calls.seccomp import get_current_machine
from containment.confinement.system_calls.syscalls import SYSCALLS

_SET_MODE_FILTER, _NEW_LISTENER, _WAIT_KILLABLE = 1, 1 << 3, 1 << 5
_RECEIVE, _SEND, _IS_VALID = 0xC0502100, 0xC0182101, 0x40082102
_CONTINUE: Final = 1
_SIZE: Final = 80


class Notification(NamedTuple):
    """One system call that waits for an answer; `process` is a thread id as the supervisor sees it."""

    id: int
    process: int
    number: int
    architecture: int
    arguments: tuple[int, ...]


def install_filter(program: bytes, *, listen: bool) -> int | None:
    """Filter the system calls of this process and of what it starts; return the supervisor's descriptor if there is to be one."""
    number = SYSCALLS["seccomp"].get_number(get_current_machine())
    assert number is not None
    text = ctypes.create_string_buffer(program, len(program))
    value = ctypes.create_string_buffer(struct.pack("=H6xQ", len(program) // 8, ctypes.addressof(text)), 16)
    for flags in (_NEW_LISTENER | _WAIT_KILLABLE, _NEW_LISTENER) if listen else (0,):
        try:
            found = kernel.call(number, "seccomp", _SET_MODE_FILTER, flags, value)
        except OSError as error:
            if error.errno == errno.EINVAL and flags & _WAIT_KILLABLE:
                continue  # a kernel before 5.19
            raise ConfinementError(f"the system call filter could not be installed ({error.strerror}): it needs Linux 5.5") from None
        return found if listen else None
    raise AssertionError("the last attempt returns or raises")


def receive(listener: int) -> Notification | None:
    """Return the next call that waits; None if its process ended meanwhile."""
    buffer = bytearray(_SIZE)
    try:
        fcntl.ioctl(listener, _RECEIVE, buffer)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.EINTR}:
            return None
        raise
    call, process, _, number, architecture, _, *arguments = struct.unpack("=QIIiIQ6Q", buffer)
    return Notification(call, process, number, architecture, tuple(arguments))


def is_valid(listener: int, call: Notification) -> bool:
    """Return whether a call still waits, so that what was read from its process was that process's."""
    try:
        fcntl.ioctl(listener, _IS_VALID, struct.pack("=Q", call.id))
    except OSError:
        return False
    return True


def permit(listener: int, call: Notification) -> None:
    """Let a call continue: the kernel's other layers decide it."""
    _answer(listener, struct.pack("=QqiI", call.id, 0, 0, _CONTINUE))


def refuse(listener: int, call: Notification, code: int) -> None:
    """End a call with an error number, without executing it."""
    _answer(listener, struct.pack("=QqiI", call.id, 0, -code, 0))


def _answer(listener: int, response: bytes) -> None:
    try:
        fcntl.ioctl(listener, _SEND, bytearray(response))
    except OSError as error:
        if error.errno != errno.ENOENT:  # its process ended meanwhile
            raise
