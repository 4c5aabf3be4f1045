"""The proxy of one sandbox: serve its clients until its first process ends."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import resource
import socket
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from containment.errors import InputError, Problem
from containment.fixes.nearest_word import make_proposal
from containment.local_proxy.attribution import ProcessTable
from containment.local_proxy.bounds import Bounds
from containment.local_proxy.client_connection import ClientConnection
from containment.local_proxy.record import Record, RecordError
from containment.local_proxy.rules.decision import Policy
from containment.local_proxy.rules.denial import Denial, DenyRule
from containment.local_proxy.searches import Searches
from containment.local_proxy.services import Services
from containment.local_proxy.slots import Slots
from containment.local_proxy.termination.authority import SandboxAuthority
from containment.local_proxy.termination.tls_stream import make_trust
from containment.local_proxy.wire.resolver import Resolver, SystemResolver
from containment.local_proxy.wire.stream import PIECE, SocketStream
from containment.local_proxy.wire.upstream import DirectUpstream, Upstream
from containment.logs.ocsf import EventSink
from containment.sandbox.profile import LauncherProfile, add_real_programs

_FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_OWN_FILES: Final = 64
"""Files that the proxy opens besides those of connections."""


def serve(
    listener: socket.socket,
    process: int,
    profile: LauncherProfile,
    events: EventSink,
    *,
    task: str | None = None,
    upstream: Upstream | None = None,
    resolver: Resolver | None = None,
    bounds: Bounds | None = None,
    authority: SandboxAuthority | None = None,
    trust: bytes | None = None,
    real_paths: Mapping[str, str] | None = None,
) -> None:
    """Decide and carry the connections of a sandbox; return when its first process has ended.

    Args:
        listener: a TCP socket that listens inside the sandbox's network namespace.
        process: the sandbox's first process, by its number on the host.
        profile: the launcher's profile.
        events: where each decision is recorded before anything is sent.
        task: the task that the launcher was started with, one of the profile's.
        upstream: the way to destinations; directly from this host by default.
        resolver: the lookup of permitted names; the host's by default.
        bounds: sizes and times.
        authority: the authority that the sandbox trusts, by which TLS ends here where only some requests are permitted
            (`create_authority`); None: what depends on requests inside TLS is denied.
        trust: the authorities of servers whose TLS ends here, as PEM; the host's by default.
        real_paths: the listed programs of this machine with symbolic links resolved, by which the kernel names them.

    Raises:
        InputError: the profile has no such task.
        OSError: there is no such process, or it cannot be examined.
    """
    _check_task(task, profile)
    limits = _fit_descriptors(bounds or Bounds())
    services = Services(
        policy=Policy(add_real_programs(profile, real_paths or {}), task),
        record=Record(profile, task, events),
        searches=Searches(ProcessTable(process), limits.attribution_seconds),
        resolver=resolver or SystemResolver(),
        upstream=upstream or DirectUpstream(),
        bounds=limits,
        slots=Slots(limits),
        authority=authority,
        trust=make_trust(trust),
    )
    asyncio.run(_serve(listener, process, services))


async def _serve(listener: socket.socket, process: int, services: Services) -> None:
    tasks = set[asyncio.Task[None]]()
    full = _FullReport(services)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if not services.slots.take_any():
            full.report(writer.get_extra_info("peername")[:2])
            writer.write(_FULL)
            writer.close()
            return
        tasks.add(task)
        try:
            source, proxy = writer.get_extra_info("peername")[:2], writer.get_extra_info("sockname")[:2]
            await ClientConnection(services, SocketStream(reader, writer), source, proxy).run()
        finally:
            writer.transport.abort()
            services.slots.give_back_any()
            tasks.discard(task)

    listener.setblocking(False)
    server = await asyncio.start_server(accept, sock=listener, limit=PIECE)
    try:
        await _wait_until_ended(process)
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        services.searches.close()


class _FullReport:
    """Events about connections for which there is no place: at most one per second, so that they do not fill the disk."""

    def __init__(self, services: Services) -> None:
        self._services, self._count, self._last = services, 0, -math.inf

    def report(self, source: tuple[str, int]) -> None:
        """Count a connection that was refused, and record it if the last event is old enough."""
        self._count += 1
        if time.monotonic() - self._last < 1:
            return
        reason = f"the sandbox has {self._services.bounds.connections} connections open, the most that it may have; refused: {self._count}"
        record = self._services.record
        with contextlib.suppress(RecordError):  # nothing is passed on
            record.write_refusal(record.open_connection(source), Denial(DenyRule.OVERLOAD, reason))
        self._count, self._last = 0, time.monotonic()


async def _wait_until_ended(process: int) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    handle = os.pidfd_open(process)
    try:
        loop.add_reader(handle, ended.set)
        await ended.wait()
    finally:
        with contextlib.suppress(OSError):
            loop.remove_reader(handle)
        os.close(handle)


def _fit_descriptors(bounds: Bounds) -> Bounds:
    """Return bounds for which this process may open enough files: two per connection, and some for itself."""
    fitting = max(1, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _OWN_FILES) // 2)
    return replace(bounds, connections=min(bounds.connections, fitting))


def _check_task(task: str | None, profile: LauncherProfile) -> None:
    names = [one.name for one in profile.tasks]
    if task is not None and task not in names:
        why = "a task that is not declared has no tools, and no record could name it"
        fix = make_proposal(task, names, f"add {task} to sandbox.tasks of class {profile.agent_class}")
        raise InputError("the proxy cannot start", [Problem(f"task {task}", f"is not a task of stack {profile.stack}", why, fix)])
