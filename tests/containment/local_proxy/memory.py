"""A connection in memory: a client's bytes, and everything that the proxy does because of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address
from typing import Any

import pytest

from containment.local_proxy import client_connection
from containment.local_proxy.attribution import Attribution, Holder
from containment.local_proxy.bounds import Bounds
from containment.local_proxy.client_connection import ClientConnection
from containment.local_proxy.dialing import Dialer
from containment.local_proxy.record import Record
from containment.local_proxy.rules.decision import Policy
from containment.local_proxy.rules.destination import Address, Destination
from containment.local_proxy.searches import Searches
from containment.local_proxy.services import Services
from containment.local_proxy.slots import Slots
from containment.local_proxy.termination.authority import SandboxAuthority
from containment.local_proxy.termination.tls_stream import make_trust
from containment.sandbox.profile import LauncherProfile
from tests.containment.local_proxy.samples import PROGRAM

INODE = 4711
SOURCE, PROXY = ("127.0.0.1", 40000), ("127.0.0.1", 3128)


class MemoryStream:
    """A stream whose other side sends these pieces, then ends (or waits for ever)."""

    def __init__(self, pieces: Sequence[bytes], *, waits: bool = False) -> None:
        self._pieces, self._waits = [one for one in pieces if one], waits
        self.received = b""
        self.ended = self.aborted = False

    async def receive(self) -> bytes:
        await asyncio.sleep(0)
        if self._pieces:
            return self._pieces.pop(0)
        if self._waits:
            await asyncio.Event().wait()
        return b""

    async def send(self, data: bytes) -> None:
        await asyncio.sleep(0)
        if self.ended or self.aborted:
            raise BrokenPipeError("the stream has ended")
        self.received += data

    async def send_end(self) -> None:
        self.ended = True

    def unread(self, data: bytes) -> None:
        if data:
            self._pieces.insert(0, data)

    def abort(self) -> None:
        self.aborted = True


@dataclass
class MemoryWorld:
    """Services of the proxy in memory, which remember what was asked of them."""

    profile: LauncherProfile
    names: Mapping[str, list[str]] = field(default_factory=dict)
    answers: Sequence[bytes] = (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",)
    programs: tuple[str, ...] = (PROGRAM,)
    later_programs: tuple[str, ...] | None = None
    """Those of every attribution after the decision."""
    attributions: int = 0
    task: str | None = None
    full: bool = False
    inside: bool = False
    """Whether TLS ends in the proxy; the bytes in it are then plain, see `end_tls_in_memory`."""
    bounds: Bounds = field(default_factory=lambda: Bounds(drain_seconds=0.1))
    events: list[Mapping[str, Any]] = field(default_factory=list)
    lookups: list[str] = field(default_factory=list)
    opened: list[tuple[Destination, Address, MemoryStream]] = field(default_factory=list)
    order: list[str] = field(default_factory=list)

    def write(self, event: Mapping[str, Any]) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.order.append(f"record {event['activity_name']}")
        self.events.append(event)

    async def resolve(self, host: str) -> list[Address]:
        self.order.append("resolve")
        self.lookups.append(host)
        if host not in self.names:
            raise OSError("Name or service not known")
        return [ip_address(one) for one in self.names[host]]

    async def open(self, destination: Destination, address: Address) -> MemoryStream:
        self.order.append("connect")
        stream = MemoryStream(self.answers)
        self.opened.append((destination, address, stream))
        return stream

    def find_socket(self, client: tuple[str, int], proxy: tuple[str, int]) -> int:
        assert (client, proxy) == (SOURCE, PROXY)
        return INODE

    def find_holders(self, inode: int) -> Attribution:
        assert inode == INODE
        self.attributions += 1
        programs = self.programs if self.attributions <= 1 or self.later_programs is None else self.later_programs
        if not programs:
            return Attribution(problem="no process of the sandbox has the connection's socket open")
        return Attribution(tuple(Holder(100 + place, one) for place, one in enumerate(programs)))

    async def run_async(self, *pieces: bytes, waits: bool = False) -> MemoryStream:
        """Serve a client that sends these pieces, and return its side."""
        client = MemoryStream(pieces, waits=waits)
        await ClientConnection(self.services, client, SOURCE, PROXY).run()
        return client

    @cached_property
    def services(self) -> Services:
        """The proxy's services, made once."""
        return Services(
            policy=Policy(self.profile, self.task),
            record=Record(self.profile, self.task, self),
            searches=Searches(self, 5),  # type: ignore[arg-type]
            resolver=self,
            upstream=self,
            bounds=self.bounds,
            slots=Slots(self.bounds),
            authority=_AUTHORITY if self.inside else None,
            trust=_TRUST,
        )

    def forget(self) -> None:
        """Forget what earlier connections did."""
        for each in (self.events, self.lookups, self.opened, self.order):
            each.clear()

    def run(self, *pieces: bytes, waits: bool = False) -> MemoryStream:
        """Serve a client in a loop of its own."""
        return asyncio.run(self.run_async(*pieces, waits=waits))

    @property
    def rules(self) -> list[str]:
        """The rule of every event."""
        return [f"{one['activity_name']} {one['firewall_rule']['name']}" for one in self.events]


_TRUST = make_trust()
_AUTHORITY = SandboxAuthority(["limited.example.com"], "memory")


def end_tls_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out TLS itself where it ends in the proxy: what is inside comes right after the CONNECT."""

    async def accept(client: MemoryStream, *_: object) -> MemoryStream:
        return client

    async def begin(_: Dialer, server: MemoryStream, __: Destination) -> MemoryStream:
        return server

    monkeypatch.setattr(client_connection, "accept_tls", accept)
    monkeypatch.setattr(Dialer, "begin_tls", begin)
