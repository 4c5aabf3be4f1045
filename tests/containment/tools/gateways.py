"""Gateways for tests: real servers by their commands, a log that can be read, and a real client."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from mcp.client.client import Client
from mcp.shared.exceptions import MCPError

from containment.record.digests import digest_json
from containment.tool_scopes.scope import ToolScope
from containment.tool_scopes.server import ToolServer
from containment.tools.action_gate import ActionGate, DenyingGate
from containment.tools.connection import ServerConnection
from containment.tools.decisions import CallPolicy
from containment.tools.events import ToolEvents
from containment.tools.gateway import ToolGateway
from containment.tools.limits import GatewayLimits
from containment.tools.processes import run_server
from tests.containment.tool_scopes.scopes import WORDS, make_scope, make_task
from tests.containment.tools.servers import plain

SERVERS = Path(__file__).parent / "servers"
LIMITS = GatewayLimits(start_seconds=60, list_seconds=60, call_seconds=20, message=1 << 20)
"""Times that a loaded machine keeps; a test of a time sets its own."""


class ListSink:
    """A log in memory."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def write(self, event: Mapping[str, Any]) -> None:
        """Keep one event."""
        self.events.append(dict(event))

    def get_outcomes(self) -> list[tuple[str, str]]:
        """Return outcome and rule of every event."""
        return [(one["unmapped"]["outcome"], one["unmapped"]["rule"]) for one in self.events]


@dataclass
class Trial:
    """A gateway with a client that is connected to it."""

    client: Client
    log: ListSink
    policy: CallPolicy
    extra: dict[str, Any] = field(default_factory=dict)

    async def list_names(self) -> list[str]:
        """Return the names of the tools that the agent sees."""
        return [tool.name for tool in (await self.client.list_tools()).tools]

    async def call(self, name: str, **arguments: Any) -> str:
        """Return the text of a call's result."""
        result = await self.client.call_tool(name, arguments)
        return "".join(getattr(part, "text", "") for part in result.content)

    async def refuse(self, name: str, **arguments: Any) -> MCPError:
        """Return the error of a call that is refused."""
        try:
            text = await self.call(name, **arguments)
        except MCPError as error:
            return error
        raise AssertionError(f"the call was made: {text}")


def list_pins() -> dict[str, str | None]:
    """Return the digests of the tools of servers/plain.py."""
    return {one["name"]: digest_json({key: one[key] for key in ("name", "description", "inputSchema")}) for one in plain.TOOLS}


def make_office(pins: Mapping[str, str | None], file: str = "plain.py") -> ToolServer:
    """Return the reviewed file of a server with the tools of an office."""
    number = {"type": "integer", "required": True}
    return ToolServer.model_validate(
        {
            "name": "office",
            **WORDS,
            "command": [sys.executable, str(SERVERS / file)],
            "sandbox": {"programs": [{"path": sys.executable, "owner": "platform-team", "reason": "The server."}]},
            "reaches": [{"kind": "files", "what": "a file of the test"}],
            "tools": [
                {
                    "name": "add",
                    "digest": pins.get("add"),
                    "arguments": {"first": {**number, "maximum": 100}, "second": {"type": "integer"}},
                },
                {
                    "name": "read_file",
                    "digest": pins.get("read_file"),
                    "arguments": {"path": {"type": "path", "required": True, "within": ["/home/agent"]}},
                },
                {"name": "deploy", "digest": pins.get("deploy"), "action": "deployment", "arguments": {"number": number}},
            ],
        }
    )


def make_hostile(mode: str) -> ToolServer:
    """Return the reviewed file of servers/hostile.py, pinned to what it lists at first."""
    schema = {"type": "object", "properties": {"what": {"type": "string"}}}
    digest = digest_json({"name": "look", "description": "Look at something.", "inputSchema": schema})
    return ToolServer.model_validate(
        {
            "name": "hostile",
            **WORDS,
            "command": [sys.executable, str(SERVERS / "hostile.py"), mode],
            "sandbox": {"programs": [{"path": sys.executable, "owner": "platform-team", "reason": "The server."}]},
            "reaches": [{"kind": "browser", "what": "anything"}],
            "tools": [{"name": "look", "digest": digest, "arguments": {"what": {"type": "string"}}}],
        }
    )


def make_office_scope(server: ToolServer) -> ToolScope:
    """Return the tasks of the office: adding, and deploying."""
    return make_scope(server, tasks={"adding": make_task("add", "read_file"), "deploying": make_task("deploy", hitl=True)})


@asynccontextmanager
async def open_trial(
    scope: ToolScope,
    task: str,
    *,
    words: tuple[str, ...] = (),
    gate: ActionGate | None = None,
    limits: GatewayLimits = LIMITS,
    sink: Any = None,
) -> AsyncIterator[Trial]:
    """Yield a gateway over the commands of a scope's servers, without a sandbox, and a client.

    Args:
        scope: the tools.
        task: the task of the agent.
        words: further arguments of every server's command.
        gate: the service for approvals.
        limits: the bounds.
        sink: the log in place of one in memory.
    """
    policy, log = CallPolicy(scope), ListSink()
    connections = {}
    for server in scope.servers:
        assert server.command, "these servers are started here"
        connect = partial(run_server, (*server.command, *words), limits.message)
        connections[server.name] = ServerConnection(server, connect, limits)
    events = ToolEvents(sink=sink or log, stack=scope.stack, agent_class=scope.agent_class, task=task, policy_digest=policy.digest)
    gateway = ToolGateway(policy, task, connections, gate or DenyingGate(), events, limits)
    async with gateway.run_servers(), Client(gateway.build_server(), mode="legacy", cache=None) as client:
        yield Trial(client, log, policy)
