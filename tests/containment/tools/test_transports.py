"""Streamable HTTP on both sides by the real SDK, and messages as lines: bounded, and closed to web pages."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
import httpx2
import pytest
import uvicorn
from mcp.client.client import Client
from mcp.server.mcpserver import MCPServer
from mcp.shared.exceptions import MCPError

from containment.tools import serving
from containment.tools.action_gate import DenyingGate
from containment.tools.connection import ServerConnection
from containment.tools.decisions import CallPolicy
from containment.tools.events import ToolEvents
from containment.tools.gateway import ToolGateway
from containment.tools.limits import GatewayLimits
from containment.tools.lines import parse_message
from containment.tools.processes import run_server
from containment.tools.remote import connect_server
from tests.containment.tool_scopes.scopes import make_scope, make_server, make_task
from tests.containment.tools.gateways import LIMITS, ListSink, list_pins, make_office, make_office_scope


def make_gateway(connect: Any, server: Any, scope: Any, task: str, limits: GatewayLimits = LIMITS) -> ToolGateway:
    """Return a gateway over one server."""
    policy = CallPolicy(scope)
    events = ToolEvents(sink=ListSink(), stack=scope.stack, agent_class="coding", task=task, policy_digest=policy.digest)
    return ToolGateway(policy, task, {server.name: ServerConnection(server, connect, limits)}, DenyingGate(), events, limits)


@asynccontextmanager
async def serve_gateway(gateway: ToolGateway) -> AsyncIterator[str]:
    """Yield the address of a gateway over HTTP."""
    async with anyio.create_task_group() as group:
        found: list[int] = []
        ready = anyio.Event()

        def note(port: int) -> None:
            found.append(port)
            ready.set()

        group.start_soon(serving.serve_http, gateway, 0, LIMITS, note)
        await ready.wait()
        yield f"http://127.0.0.1:{found[0]}/mcp"
        group.cancel_scope.cancel()


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_an_agent_over_http_sees_and_calls_its_own_tools_only(mode: str) -> None:
    async def run() -> None:
        office = make_office(list_pins())
        gateway = make_gateway(partial(run_server, office.command, LIMITS.message), office, make_office_scope(office), "adding")
        async with serve_gateway(gateway) as address, Client(address, mode=mode, cache=None) as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == ["add", "read_file"]
            assert (await client.call_tool("add", {"first": 2, "second": 3})).content[0].text == "5"  # type: ignore[union-attr]
            with pytest.raises(MCPError) as caught:
                await client.call_tool("deploy", {"number": 1})
            assert caught.value.data["rule"] == "tool-not-in-task"
            for request in (client.list_prompts, client.list_resources):
                with pytest.raises(MCPError):
                    await request()

    asyncio.run(run())


def test_a_web_page_cannot_use_the_gateway() -> None:
    async def run() -> None:
        office = make_office(list_pins())
        gateway = make_gateway(partial(run_server, office.command, LIMITS.message), office, make_office_scope(office), "adding")
        body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        accept = {"accept": "application/json, text/event-stream"}
        async with serve_gateway(gateway) as address, httpx2.AsyncClient() as client:
            for headers in ({"origin": "https://attacker.example"}, {"host": "attacker.example"}):
                assert (await client.post(address, json=body, headers={**accept, **headers})).status_code in (403, 421)
            large = {**body, "params": {"x": "x" * (2 << 20)}}
            assert (await client.post(address, json=large, headers=accept)).status_code == 413

    asyncio.run(run())


@asynccontextmanager
async def serve_remote() -> AsyncIterator[tuple[str, MCPServer]]:
    """Yield the address of a real remote server."""
    server = MCPServer("office")

    @server.tool()
    def list_all(size: int = 1) -> str:
        """List everything."""
        return "x" * size

    with socket.create_server(("127.0.0.1", 0)) as listener:
        web = uvicorn.Server(uvicorn.Config(server.streamable_http_app(), log_level="critical", lifespan="on"))
        async with anyio.create_task_group() as group:
            group.start_soon(web.serve, [listener])
            while not web.started:
                await anyio.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp", server
            web.should_exit = True
            group.cancel_scope.cancel()


async def make_remote_gateway(address: str, proxy: str | None = None) -> ToolGateway:
    """Return a gateway over the remote server, pinned to what it lists now."""
    office = make_server()
    bare = ServerConnection(office, lambda _: connect_server(address, None, LIMITS.message, 10), LIMITS)
    async with anyio.create_task_group() as group:
        bare.attach(group)
        listed = (await bare.list_tools(is_fresh=True))["list_all"]
        group.cancel_scope.cancel()
    size = office.tools[0].arguments["count"].model_copy(update={"maximum": None})
    tool = office.tools[2].model_copy(update={"digest": listed.digest, "arguments": {"size": size}})
    pinned = office.model_copy(update={"tools": (tool,)})
    scope = make_scope(pinned, tasks={"buying": make_task("list_all")})
    return make_gateway(lambda _: connect_server(address, proxy, LIMITS.message, 10), pinned, scope, "buying")


def _run_remote(trial: Callable[[Client], Any], *, proxy: str | None = None) -> None:
    async def run() -> None:
        async with serve_remote() as (address, _):
            gateway = await make_remote_gateway(address, proxy)
            async with gateway.run_servers(), Client(gateway.build_server(), mode="legacy", cache=None) as client:
                await trial(client)

    asyncio.run(run())


def test_a_remote_server_answers_and_a_huge_reply_is_cut_off() -> None:
    async def trial(client: Client) -> None:
        assert (await client.call_tool("list_all", {"size": 3})).content[0].text == "xxx"  # type: ignore[union-attr]
        with pytest.raises(MCPError) as caught:
            await client.call_tool("list_all", {"size": 3 << 20})
        assert caught.value.data["rule"] in ("server-unusable", "size-limit")

    _run_remote(trial)


def test_a_remote_server_is_not_reached_around_a_proxy_that_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        proxy = f"http://127.0.0.1:{free.getsockname()[1]}"

    async def trial(client: Client) -> None:
        with pytest.raises(MCPError) as caught:
            await client.call_tool("list_all", {"size": 3})
        assert caught.value.data["rule"] == "server-unusable"

    _run_remote(trial, proxy=proxy)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"{", "not JSON"),
        (b"[]", "no JSON-RPC"),
        (b'{"jsonrpc": "2.0", "id": 1, "id": 2, "method": "ping"}', "twice"),
    ],
)
def test_a_line_that_two_readers_could_read_differently_is_refused_without_its_content(line: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_message(line)
    with pytest.raises(ValueError) as caught:
        parse_message(b'{"canary-5c1": ')
    assert "canary" not in str(caught.value)


def test_a_message_is_read() -> None:
    assert (
        json.loads(parse_message(b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}').model_dump_json(exclude_unset=True))["method"] == "ping"
    )
