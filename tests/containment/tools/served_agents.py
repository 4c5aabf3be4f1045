"""Agents over HTTP whose actions wait for a person: a real client, the gateway on a real port, and a clock that a test moves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from containment.human_gate.gate import Clocks, HumanGate
from containment.record.action_entries import ActionRequest
from containment.record.action_history import ActionCase
from containment.record.log import read_history
from containment.tools.connection import ServerConnection
from containment.tools.decisions import CallPolicy
from containment.tools.events import ToolEvents
from containment.tools.gateway import ToolGateway
from containment.tools.processes import run_server
from tests.containment.human_gate.room import Room
from tests.containment.tools.gateways import LIMITS, ListSink, list_pins, make_office, make_office_scope
from tests.containment.tools.test_transports import serve_gateway


@dataclass
class Wire:
    """What a client sent over HTTP, byte for byte."""

    sent: list[httpx2.Request] = field(default_factory=list)

    async def note(self, request: httpx2.Request) -> None:
        """Keep a request that calls a tool."""
        if b'"tools/call"' in request.content:
            self.sent.append(request)


@dataclass
class Agent:
    """The agent's side of one connection: calls, and what was sent."""

    client: Client
    wire: Wire

    async def call(self, name: str, number: int, meta: dict[str, Any] | None = None) -> str:
        """Return the text of a call's result, or the rule and the reason of its refusal."""
        try:
            result = await self.client.call_tool(name, {"number": number}, meta=meta)  # type: ignore[arg-type]
        except MCPError as error:
            return f"{error.data['rule']}: {error.data['detail']}"
        return "".join(getattr(part, "text", "") for part in result.content)

    async def send_again(self, request: httpx2.Request, seconds: float) -> str:
        """Send the bytes of an earlier call once more and return the answer, or "no answer" if none came within some seconds."""
        headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
        async with httpx2.AsyncClient(timeout=seconds) as bare:
            try:
                return (await bare.post(request.url, content=request.content, headers=headers)).text
            except httpx2.TimeoutException:
                return "no answer"


class Place:
    """A gateway with a human gate on a folder, and the clock of both."""

    def __init__(self, room: Room, done: Path) -> None:
        """Set the clock to the present."""
        self.room, self.done, self.log = room, done, ListSink()
        self.stopped = threading.Lock()
        """While a test has it, the gate looks at nothing."""
        self.ahead = timedelta()

    def read_clock(self) -> datetime:
        """Return the gate's time."""
        with self.stopped:
            return datetime.now(UTC) + self.ahead

    def list_cases(self) -> list[ActionCase]:
        """Return every request of the record, in its order."""
        return [*read_history(self.room.folder).cases.values()]

    def wait_for_request(self, number: int, position: int = -1) -> ActionRequest:
        """Return a request once as many are in the record."""
        for _ in range(1200):
            if len(found := self.list_cases()) >= number:
                return found[position].request
            threading.Event().wait(0.05)
        raise AssertionError(f"{len(found)} requests were made, and {number} are expected")

    def read_done(self) -> list[str]:
        """Return what the server did."""
        return self.done.read_text().splitlines() if self.done.exists() else []

    def start(self, work: Callable[[Agent], Awaitable[None]]) -> threading.Thread:
        """Start an agent that works over HTTP, in a thread with the gateway."""
        thread = threading.Thread(target=lambda: asyncio.run(self._serve(work)))
        thread.start()
        return thread

    async def _serve(self, work: Callable[[Agent], Awaitable[None]]) -> None:
        office = make_office(list_pins())
        scope = replace(make_office_scope(office), stack="coding")
        policy = CallPolicy(scope)
        clocks = Clocks(wall=self.read_clock, poll=0.02)
        with HumanGate(self.room.folder, stack="coding", agent_class="coding", read_policy=lambda: policy.digest, clocks=clocks) as gate:
            assert office.command
            connect = partial(run_server, (*office.command, str(self.done)), LIMITS.message)
            events = ToolEvents(sink=self.log, stack="coding", agent_class="coding", task="deploying", policy_digest=policy.digest)
            connections = {office.name: ServerConnection(office, connect, LIMITS)}
            gateway = ToolGateway(policy, "deploying", connections, gate, events, LIMITS)
            wire = Wire()
            async with (
                serve_gateway(gateway) as address,
                httpx2.AsyncClient(event_hooks={"request": [wire.note]}, timeout=120) as http,
                Client(streamable_http_client(address, http_client=http), mode="legacy", cache=None) as client,
            ):
                await work(Agent(client, wire))


@contextmanager
def run_agent(place: Place, work: Callable[[Agent], Awaitable[None]]) -> Iterator[None]:
    """Run an agent while a test decides; wait for its end afterwards."""
    thread = place.start(work)
    try:
        yield
    finally:
        thread.join(120)
    assert not thread.is_alive(), "the agent still waits"
