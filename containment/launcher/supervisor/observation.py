"""The supervisor of a session: it refuses what the filter denies, lets everything else continue, and records both.

A refusal depends on the arguments of a call alone, with the same filter program that the kernel would use. Paths are read from the memory
of the process, which may change them afterwards: they are observed and decide nothing, because mounts and Landlock decide. So an event
about a path is evidence of an attempt; a process that races against the supervisor can hide the path, never gain it.

The session's network has no route but the loopback interface's, so a connection elsewhere fails by itself; the attempt is recorded.

Datagrams are such attempts as well, sent to an address (sendto) or in messages that name one (sendmsg, sendmmsg).

Not observed: paths of calls that do not open, start or change (stat, access, chdir), a symbolic link inside a granted folder that leads
out of it, and whether a permitted start then failed for another reason.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import re
import socket
import time
from collections.abc import Callable, Mapping
from typing import Final

from containment.confinement import kernel
from containment.confinement.session import Supervisor
from containment.confinement.system_calls.decision import decide_call
from containment.confinement.system_calls.notifications import Notification, is_valid, permit, refuse
from containment.confinement.system_calls.seccomp import (
    CONNECTIONS,
    PATH_OPENS,
    PROGRAM_STARTS,
    build_program,
    get_current_machine,
    read_refusal,
)
from containment.launcher.events.event_log import CountedEvents
from containment.launcher.events.ocsf import Kind, Policy, Subject, build_event
from containment.launcher.supervisor.process_memory import (
    LONGEST,
    parse_destination,
    read_bytes,
    read_message_addresses,
    read_text,
)
from containment.launcher.supervisor.reported_calls import (
    ADDRESSES,
    MESSAGES,
    O_PATH,
    OPEN_FLAGS,
    PATHS,
    WRITE_FLAGS,
    PathArgument,
    name_calls,
)
from containment.launcher.view import View
from containment.logs.ocsf import EventSink
from containment.sandbox.paths import is_within, resolve_aliases

_AT_FDCWD: Final = -100
_MOST_KNOWN: Final = 4096
"""Paths of which it is kept whether they are granted."""
_OWN_LINK: Final = re.compile(r"(?:/proc/(?:self|thread-self|self/task/\d+)|/dev)/(?P<link>exe|root|cwd|fd/\d+)(?=/|$)")


class Observer(Supervisor):
    """Answers and records the reported calls of one session."""

    def __init__(
        self,
        view: View,
        policy: Policy,
        events: EventSink,
        *,
        begin: Callable[[int, socket.socket | None], None] | None = None,
        before_open: Mapping[str, Callable[[], None]] | None = None,
    ) -> None:
        """Prepare for one session.

        Args:
            view: what the command sees and may do.
            policy: the profile, for events.
            events: where events go.
            begin: called before the command starts, with the init process and the listening socket of its network.
            before_open: called before a path is opened, while the call waits; by path.
        """
        machine = get_current_machine()
        self._filter = build_program(machine, strict=True)
        self._names: Mapping[int, str] = name_calls(machine)
        self._policy = policy
        self._events = CountedEvents(events)
        self._begin = begin
        self._before_open = before_open or {}
        self._programs = {*view.programs, *view.programs.values()}
        self._readable = (*view.readable, *view.writable)
        self._writable = view.writable
        self._known: dict[tuple[str, bool], bool] = {}
        self._root = -1

    def begin(self, init: int, listener: socket.socket | None) -> None:
        """Open the root of the session's file system, and start what serves its connections."""
        self._root = os.open(f"/proc/{init}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        if self._begin is not None:
            self._begin(init, listener)

    def end(self) -> None:
        """Write what was counted."""
        self._events.write_counts()
        if self._root >= 0:
            os.close(self._root)
            self._root = -1

    def answer(self, notifications: int, call: Notification) -> None:
        """Refuse a call that the filter denies; otherwise let it continue. The event is written before."""
        name = self._names[call.number]
        code = read_refusal(decide_call(self._filter, call))
        if code is not None:
            self._record(call, Kind.DENIED_CALL, name, name)
            refuse(notifications, call, code)
            return
        if name in CONNECTIONS:
            self._observe_connection(notifications, call, name)
            return
        paths = [self._read_path(call, argument) for argument in PATHS.get(name, ())]
        if is_valid(notifications, call):
            for path in filter(None, paths):
                self._observe(call, name, path)
            permit(notifications, call)

    def _observe_connection(self, notifications: int, call: Notification, name: str) -> None:
        if name in ADDRESSES:
            place, length = ADDRESSES[name]
            addresses = [(call.arguments[place], call.arguments[length] & 0xFFFFFFFF)]
        else:
            addresses = read_message_addresses(call.process, call.arguments[1], _count_messages(call, name))
        raw = [read_bytes(call.process, address, min(length, LONGEST)) for address, length in addresses]
        elsewhere = [one for one in map(parse_destination, raw) if one is not None and not one.is_local]
        if is_valid(notifications, call):
            for destination in dict.fromkeys(elsewhere):
                self._record(call, Kind.DENIED_CONNECTION, str(destination), name)
            permit(notifications, call)

    def _observe(self, call: Notification, name: str, path: str) -> None:
        path = _follow_own_links(call.process, path)
        if name in PROGRAM_STARTS:
            real = self._resolve(path)
            if path in self._programs or real in self._programs:
                self._record(call, Kind.PROGRAM_START, real or path, name)
            elif real is not None or self._exists_outside(path):  # a search tries paths that do not exist
                self._record(call, Kind.DENIED_PROGRAM, path, name)
            return
        writes = True
        if name in PATH_OPENS:
            if path in self._before_open:
                self._before_open[path]()
            flags = call.arguments[OPEN_FLAGS[name]]
            if flags & O_PATH:
                return
            writes = bool(flags & WRITE_FLAGS)
        if not self._is_granted(path, writes=writes) and (writes or self._exists_outside(path)):
            self._record(call, Kind.DENIED_WRITE if writes else Kind.DENIED_READ, path, name)

    def _is_granted(self, path: str, *, writes: bool) -> bool:
        known = self._known.get((path, writes))
        if known is None:
            real = resolve_aliases(path)
            known = any(is_within(real, each) for each in (self._writable if writes else self._readable))
            if len(self._known) < _MOST_KNOWN:
                self._known[path, writes] = known
        return known

    def _exists_outside(self, path: str) -> bool:
        """Return whether there is such a path outside or inside: an attempt at one that is nowhere is denied nothing."""
        return os.path.lexists(path) or self._resolve(path) is not None

    def _resolve(self, path: str) -> str | None:
        """Return a path with symbolic links resolved in the session's file system; None if it does not exist."""
        try:
            place = kernel.open_inside(self._root, path)
        except OSError:
            return None
        try:
            return os.readlink(f"/proc/self/fd/{place}")  # noqa: PTH115 - once per system call
        finally:
            os.close(place)

    def _read_path(self, call: Notification, argument: PathArgument) -> str | None:
        """Return the absolute path of an argument; None if it cannot be read, with which the call fails as well."""
        text = read_text(call.process, call.arguments[argument.path])
        if text is None:
            return None
        if not text.startswith("/"):
            folder = self._read_folder(call, argument)
            if folder is None:
                return None
            text = f"{folder}/{text}"
        return posixpath.normpath(text) if not text.startswith("//") else posixpath.normpath(text[1:])

    def _read_folder(self, call: Notification, argument: PathArgument) -> str | None:
        number = _AT_FDCWD if argument.folder is None else call.arguments[argument.folder] & 0xFFFFFFFF
        place = "cwd" if number in (_AT_FDCWD, _AT_FDCWD & 0xFFFFFFFF) else f"fd/{number}"
        with contextlib.suppress(OSError):
            return os.readlink(f"/proc/{call.process}/{place}")  # noqa: PTH115 - once per system call
        return None

    def _record(self, call: Notification, kind: Kind, target: str, name: str) -> None:
        program = ""
        with contextlib.suppress(OSError):
            program = os.readlink(f"/proc/{call.process}/exe")  # noqa: PTH115 - once per system call
        subject = Subject(process=call.process, program=program)
        event = build_event(self._policy, subject, kind, target, time.time(), call=name)
        if kind is Kind.PROGRAM_START:
            self._events.write((kind, target, program, str(call.process), str(time.monotonic_ns())), event)
        else:
            self._events.write((kind, target, program), event)


def _count_messages(call: Notification, name: str) -> int | None:
    """Return the number of messages of a call that sends several; None for a call that sends one."""
    place = MESSAGES[name]
    return None if place is None else call.arguments[place] & 0xFFFFFFFF


def _follow_own_links(process: int, path: str) -> str:
    """Return a path with a link of the process itself (/proc/self/exe, an open file, its root or working folder) replaced by its target."""
    found = _OWN_LINK.match(path) if path.startswith(("/proc/", "/dev/")) else None
    if found is None:
        return path
    try:
        target = os.readlink(f"/proc/{process}/{found['link']}")  # noqa: PTH115 - often
    except OSError:
        return path
    return posixpath.normpath(f"{target}/{path[found.end() :]}") if target.startswith("/") else target
