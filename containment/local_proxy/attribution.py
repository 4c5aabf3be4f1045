"""The programs behind a connection: the kernel's socket, the processes that have it open, and their executables.

Rules kept here:
- nothing that a client sends counts: an address and a port lead to a socket, and a socket to processes;
- every process that has the socket open counts, threads with their own descriptors included;
- a program is the file at its path in the sandbox: a deleted or replaced executable has no name;
- a process of the sandbox that cannot be examined leaves the connection without a program.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from containment.local_proxy.socket_diagnosis import SocketDiagnosis
from containment.local_proxy.socket_table import Endpoint, find_inode

_PROC: Final = "/proc"
_OUTSIDE_SECONDS: Final = 1.0
"""Seconds for which a process counts as outside: no process enters a sandbox, and its number is not given again so soon."""
_NO_SOCKET: Final = "the connection has no socket in the sandbox"
_DELETED: Final = " (deleted)"


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a connection open; `pid` is its number on the host."""

    pid: int
    program: str


@dataclass(frozen=True, slots=True)
class Attribution:
    """The processes of a connection; without them, `problem` has the reason."""

    holders: tuple[Holder, ...] = ()
    problem: str = ""

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs, each once."""
        return tuple(dict.fromkeys(one.program for one in self.holders))


class AttributionError(Exception):
    """The processes of a connection cannot be named; the text has the reason."""


class ProcessTable:
    """The processes of one sandbox, as the host sees them."""

    def __init__(self, process: int) -> None:
        """Remember the sandbox of a process.

        Args:
            process: the first process of the sandbox, by its number on the host.

        Raises:
            OSError: there is no such process, or it cannot be examined.
        """
        self._folder = f"{_PROC}/{process}"
        self._namespaces = {name: str(Path(f"{self._folder}/ns/{name}").readlink()) for name in ("net", "pid")}
        self._status = _read_status(self._folder)
        self._diagnosis = _open_diagnosis(f"{self._folder}/ns/net")
        self._outside, self._outside_until = set[str](), 0.0

    def find_socket(self, client: tuple[str, int], proxy: tuple[str, int]) -> int:
        """Return the inode of the client's end of a connection, which it keeps until it is closed.

        Args:
            client: address and port of the client's end.
            proxy: address and port of the proxy's end.

        Raises:
            AttributionError: the sandbox has no such socket.
        """
        ends = _make_endpoint(client), _make_endpoint(proxy)
        if self._diagnosis is not None:
            with contextlib.suppress(OSError):  # a kernel without it; then the table decides
                inode = self._diagnosis.find_inode(*ends)
                if inode is None:
                    raise AttributionError(_NO_SOCKET)
                return inode
        for name in ("tcp", "tcp6"):
            try:
                inode = find_inode(Path(f"{self._folder}/net/{name}").read_text(), *ends)
            except FileNotFoundError:
                continue  # a kernel without IPv6, or the sandbox ended
            except OSError as error:
                raise AttributionError(f"the sandbox's sockets cannot be read: {error.strerror}") from None
            if inode is not None:
                return inode
        raise AttributionError(_NO_SOCKET)

    def find_holders(self, inode: int) -> Attribution:
        """Return the processes that have a socket open now."""
        wanted = f"socket:[{inode}]"
        try:
            found = [folder for folder in self._list_processes() if _has_descriptor(folder, wanted)]
            holders = tuple(Holder(_get_number(folder), self._name_program(folder)) for folder in found)
        except AttributionError as error:
            return Attribution(problem=str(error))
        return Attribution(holders, "" if holders else "no process of the sandbox has the connection's socket open")

    def _list_processes(self) -> Iterator[str]:
        """Yield the folders of the processes that share a namespace with the first one."""
        if time.monotonic() > self._outside_until:
            self._outside, self._outside_until = set(), time.monotonic() + _OUTSIDE_SECONDS
        outside = self._outside
        for number in os.listdir(_PROC):  # noqa: PTH208 - many
            if number in outside or not number.isdigit():
                continue
            folder = f"{_PROC}/{number}"
            try:
                if any(os.readlink(f"{folder}/ns/{name}") == link for name, link in self._namespaces.items()):  # noqa: PTH115 - many
                    yield folder
                else:
                    outside.add(number)
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended
            except PermissionError:
                if self._may_be_inside(folder):
                    raise AttributionError(f"process {number} of the sandbox's user cannot be examined") from None
                outside.add(number)

    def _may_be_inside(self, folder: str) -> bool:
        """Return whether a process that cannot be examined may be one of the sandbox: by its user, and the depth of its namespaces."""
        found = _read_status(folder)
        return bool(found.users & self._status.users) and found.depth >= self._status.depth

    def _name_program(self, folder: str) -> str:
        number = _get_number(folder)
        try:
            path = str(Path(f"{folder}/exe").readlink())
            running = Path(f"{folder}/exe").stat()
            installed = Path(f"{self._folder}/root{path}").lstat()
        except OSError as error:
            raise AttributionError(f"the program of process {number} cannot be found: {error.strerror}") from None
        if path.endswith(_DELETED) or not path.startswith("/"):
            raise AttributionError(f"the program of process {number} was deleted or replaced: {path}")
        if (running.st_dev, running.st_ino) != (installed.st_dev, installed.st_ino):
            raise AttributionError(f"process {number} does not run the file that the sandbox has as {path}")
        return path


def _open_diagnosis(namespace: str) -> SocketDiagnosis | None:
    """Return the faster way to find a socket; None where only the table is available: to a plain user."""
    try:
        return SocketDiagnosis(namespace)
    except OSError:
        return None


def _make_endpoint(raw: tuple[str, int]) -> Endpoint:
    return ip_address(raw[0]), raw[1]


def _get_number(folder: str) -> int:
    return int(folder.rpartition("/")[2])


def _has_descriptor(process: str, wanted: str) -> bool:
    """Return whether a thread of a process has a descriptor; each thread can have a separate table."""
    try:
        return any(
            _has_target(f"{process}/task/{task}/fd/{one}", wanted)
            for task in _list_folder(f"{process}/task")
            for one in _list_folder(f"{process}/task/{task}/fd")
        )
    except PermissionError:
        raise AttributionError(f"process {_get_number(process)} of the sandbox cannot be examined") from None


def _list_folder(path: str) -> list[str]:
    """Return the names in a folder; none for a process or thread that ended, which hides no other one."""
    try:
        return os.listdir(path)  # noqa: PTH208 - many
    except (FileNotFoundError, ProcessLookupError):
        return []


def _has_target(path: str, wanted: str) -> bool:
    try:
        return os.readlink(path) == wanted  # noqa: PTH115 - many
    except (FileNotFoundError, ProcessLookupError):
        return False  # closed since


@dataclass(frozen=True, slots=True)
class _Status:
    """The public status of a process: its user ids, and the number of PID namespaces that it is in."""

    users: frozenset[str] = frozenset()
    depth: int = 0


def _read_status(folder: str) -> _Status:
    """Return the status of a process; that of no user for one that ended."""
    try:
        lines = Path(f"{folder}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return _Status()
    fields = {name: words.split() for name, _, words in (line.partition(":") for line in lines)}
    return _Status(frozenset(fields["Uid"]), len(fields["NSpid"]))
