"""The system call filter of a confined command, as a classic BPF program (linux/seccomp.h).

Denied by name: mounts, namespaces, other processes' memory, keys, BPF, performance events, userfaultfd, io_uring, modules, the clock.
Denied by argument: new namespaces by clone, input pushed into a terminal, sockets other than Unix, IP and routing, set-user-id files. Only
the machine's native architecture is permitted; any other one ends the process.

A launcher denies more (`strict`): executable files in memory, filters of a program, handles of processes. A filter may report calls
to a supervisor (`reported`): those of some names that it permits, and all that it denies.

Only the lower half of an argument is compared, because the kernel takes a 32-bit value there: a check of all 64 bits could be evaded with
high bits that the kernel ignores.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from typing import Final

from containment.confinement.errors import ConfinementError
from containment.confinement.system_calls.syscalls import AUDIT_ARCH, SYSCALLS, Machine

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
"""BPF operations: load a word; jump if equal, if at least, if any bit is set; return."""
_NUMBER, _ARCHITECTURE, ARGUMENTS = 0, 4, 16
"""Offsets in struct seccomp_data."""
KILL_PROCESS: Final = 0x80000000
ALLOW: Final = 0x7FFF0000
NOTIFY: Final = 0x7FC00000
_ERRNO: Final = 0x00050000
X32_BIT: Final = 0x40000000

NEW_NAMESPACES: Final = 0x00000080 | 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
"""CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET."""
_CLONE_SIGNAL: Final = 0xFF
"""The bits of clone's flags that contain the exit signal: they include CLONE_NEWTIME, which clone therefore cannot receive."""
TIOCSTI, TIOCLINUX, TIOCSETD, TIOCCONS = 0x5412, 0x541C, 0x5423, 0x541D
"""Terminal requests: push input, paste a selection, change the line discipline, redirect the console."""
FAMILIES: Final = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
SET_ID: Final = 0o6000
_CREATES: Final = 0o100 | 0o20000000
"""O_CREAT and the bit of O_TMPFILE; without either, `open` ignores its mode, which may then be any value."""

_NOT_THERE: Final = ("clone3", "openat2", "memfd_secret", "statmount", "listmount", "open_tree_attr", "fchmodat2")
"""Refused with ENOSYS: libraries then use the older call, whose arguments a filter can read, or work without."""
_BY_ARGUMENT: Final = frozenset(
    {"clone", "unshare", "ioctl", "socket", "open", "creat", "openat", "mknod", "mknodat", "chmod", "fchmod", "fchmodat"}
)
_STRICT: Final = frozenset({"memfd_create", "seccomp", "prctl", "execveat", "pidfd_open", "pidfd_send_signal"})
"""Denied or decided by argument in a strict filter only."""
PROGRAM_STARTS: Final = frozenset({"execve", "execveat"})
PATH_CHANGES: Final = frozenset(
    {"truncate", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat", "mkdir", "mkdirat"}
    | {"rmdir", "mknod", "mknodat", "creat"}
)
PATH_OPENS: Final = frozenset({"open", "openat"})
CONNECTIONS: Final = frozenset({"connect", "sendto", "sendmsg", "sendmmsg"})
"""Calls with an address that data or a connection goes to."""
_PERMITTED: Final = frozenset({"execve", "execveat", *PATH_CHANGES, *CONNECTIONS}) - _BY_ARGUMENT
"""Calls that no filter denies by themselves; a supervisor may observe them."""
_SENDTO_ADDRESS: Final = 4
"""Position of sendto's address, which is 0 on a connected socket."""
_NOEXEC_SEAL, _AT_EMPTY_PATH, _SET_MODE_FILTER, _PR_SET_SECCOMP = 8, 0x1000, 1, 22
_MODE_ARGUMENT: Final = {"creat": 1, "mknod": 1, "mknodat": 2, "chmod": 1, "fchmod": 1, "fchmodat": 2}
_OPEN_ARGUMENTS: Final = {"open": (1, 2), "openat": (2, 3)}
"""Positions of flags and mode."""


def get_current_machine() -> Machine:
    """Return the architecture of this machine; raise ConfinementError if there is no filter for it."""
    try:
        return Machine(os.uname().machine)
    except ValueError:
        known = " and ".join(Machine)
        raise ConfinementError(f"no system call filter for {os.uname().machine}: commands are confined on {known} only") from None


def build_program(machine: Machine, *, strict: bool = False, reported: frozenset[str] = frozenset()) -> bytes:
    """Return the filter for an architecture, in the format of `bwrap --seccomp`.

    Args:
        machine: the architecture.
        strict: whether to deny what a launcher denies.
        reported: permitted calls that are reported to a supervisor; with any, denied calls are reported as well.
    """
    out = [
        _encode_instruction(LOAD, _ARCHITECTURE),
        _encode_instruction(EQUAL, AUDIT_ARCH[machine], yes=1),
        _encode_instruction(RETURN, KILL_PROCESS),
    ]
    out.append(_encode_instruction(LOAD, _NUMBER))
    if machine is Machine.X86_64:
        out += _return_if(AT_LEAST, X32_BIT, KILL_PROCESS)
    for name, numbers in SYSCALLS.items():
        if (number := numbers.get_number(machine)) is not None:
            body = _build_body(name, strict=strict)
            if reported:
                body = [_report(each, is_observed=name in reported) for each in body]
            if name == "sendto" and name in reported:
                body = _skip_connected(body)
            out += [_encode_instruction(EQUAL, number, no=len(body)), *body]
    out.append(_encode_instruction(RETURN, ALLOW))
    return b"".join(out)


def _skip_connected(body: list[bytes]) -> list[bytes]:
    """Return the instructions that decide `sendto` with an address, and permit it without one, as `send` and `write` are."""
    upper = [_encode_instruction(LOAD, ARGUMENTS + 8 * _SENDTO_ADDRESS + 4), *_return_if(EQUAL, 0, ALLOW)]
    return [_load_argument(_SENDTO_ADDRESS), _encode_instruction(EQUAL, 0, no=len(upper)), *upper, *body]


def _report(instruction: bytes, *, is_observed: bool) -> bytes:
    """Return an instruction with a refusal, and the permission of an observed call, replaced by a report; a missing call stays missing."""
    code, _, _, value = struct.unpack("<HBBI", instruction)
    is_refusal = value & 0xFFFF0000 == _ERRNO and value != make_refusal(errno.ENOSYS)
    if code == RETURN and (is_refusal or (is_observed and value == ALLOW)):
        return _encode_instruction(RETURN, NOTIFY)
    return instruction


def make_refusal(code: int) -> int:
    """Return the filter's return value for a call that fails with an error number."""
    return _ERRNO | code


def read_refusal(result: int) -> int | None:
    """Return the error number of a filter's return value, None if it permits the call."""
    return None if result == ALLOW else result & 0xFFFF


def _build_body(name: str, *, strict: bool) -> list[bytes]:
    """Return the instructions that decide one system call; each path through them returns."""
    if name in _PERMITTED - _STRICT or (name in _STRICT and not strict):
        return [_encode_instruction(RETURN, ALLOW)]
    if name in _NOT_THERE:
        return [_encode_instruction(RETURN, make_refusal(errno.ENOSYS))]
    if name in _STRICT:
        return _build_strict_body(name)
    if name not in _BY_ARGUMENT:
        return [_encode_instruction(RETURN, make_refusal(errno.EPERM))]
    allow = _encode_instruction(RETURN, ALLOW)
    denied = make_refusal(errno.EPERM)
    if name == "clone":
        return [_load_argument(0), *_return_if(ANY_BIT, NEW_NAMESPACES & ~_CLONE_SIGNAL, denied), allow]
    if name == "unshare":
        return [_load_argument(0), *_return_if(ANY_BIT, NEW_NAMESPACES, denied), allow]
    if name == "ioctl":
        requests = (TIOCSTI, TIOCLINUX, TIOCSETD, TIOCCONS)
        return [_load_argument(1), *(part for request in requests for part in _return_if(EQUAL, request, denied)), allow]
    if name == "socket":
        families = [part for family in FAMILIES for part in _return_if(EQUAL, family, ALLOW)]
        netlink = [_load_argument(2), *_return_if(EQUAL, 0, ALLOW), _encode_instruction(RETURN, make_refusal(errno.EPROTONOSUPPORT))]
        known = [_encode_instruction(EQUAL, socket.AF_NETLINK, no=len(netlink)), *netlink]
        return [_load_argument(0), *families, *known, _encode_instruction(RETURN, make_refusal(errno.EAFNOSUPPORT))]
    if name in _OPEN_ARGUMENTS:
        flags, mode = _OPEN_ARGUMENTS[name]
        created = [_load_argument(mode), *_return_if(ANY_BIT, SET_ID, denied)]
        return [_load_argument(flags), _encode_instruction(ANY_BIT, _CREATES, no=len(created)), *created, allow]
    return [_load_argument(_MODE_ARGUMENT[name]), *_return_if(ANY_BIT, SET_ID, denied), allow]


def _build_strict_body(name: str) -> list[bytes]:
    allow, denied = _encode_instruction(RETURN, ALLOW), make_refusal(errno.EPERM)
    match name:
        case "memfd_create":
            return [_load_argument(1), *_return_if(ANY_BIT, _NOEXEC_SEAL, ALLOW), _encode_instruction(RETURN, denied)]
        case "execveat":
            return [_load_argument(4), *_return_if(ANY_BIT, _AT_EMPTY_PATH, denied), allow]
        case "seccomp":
            return [_load_argument(0), *_return_if(EQUAL, _SET_MODE_FILTER, denied), allow]
        case "prctl":
            return [_load_argument(0), *_return_if(EQUAL, _PR_SET_SECCOMP, denied), allow]
        case _:
            return [_encode_instruction(RETURN, denied)]


def _return_if(test: int, value: int, result: int) -> list[bytes]:
    """Return the instructions that return a result if a test of the loaded word is true, and continue otherwise."""
    return [_encode_instruction(test, value, no=1), _encode_instruction(RETURN, result)]


def _load_argument(position: int) -> bytes:
    """Return the instruction that loads the lower half of an argument (both architectures are little-endian)."""
    return _encode_instruction(LOAD, ARGUMENTS + 8 * position)


def _encode_instruction(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    """Encode one struct sock_filter."""
    return struct.pack("<HBBI", code, yes, no, value)
