"""A real MCP client in an agent's sandbox reaches a real server through the gateway, and has no way around it."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import json
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from containment.confinement.filesystem.landlock import read_version
from containment.confinement.requirements import find_confinement_refusal
from containment.tools import relay, serving
from tests.containment.launcher.profiles import write_profile
from tests.containment.tools.gateways import LIMITS
from tests.containment.tools.test_transports import make_remote_gateway, serve_remote

_LACKING = find_confinement_refusal() or ("" if read_version() else "this kernel has no Landlock")
pytestmark = [pytest.mark.namespaces, pytest.mark.skipif(bool(_LACKING), reason=_LACKING)]
PYTHON = str(Path("/usr/bin/python3").resolve())
_MCP = importlib.util.find_spec("mcp")
assert _MCP
assert _MCP.origin
PACKAGES = str(Path(_MCP.origin).parents[1])
AGENT = """
import asyncio, json, sys
packages, address, relay, socket = sys.argv[1:]
sys.path.insert(0, packages)
from mcp import StdioServerParameters
from mcp.client.client import Client
async def call(server):
    async with Client(server, mode="legacy", cache=None) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        return [names, (await client.call_tool("list_all", {"size": 3})).content[0].text]
async def run():
    found = {}
    for name, server in (
        ("gateway", StdioServerParameters(command=sys.executable, args=["-c", relay, socket])),
        ("direct", address),
    ):
        try:
            found[name] = await asyncio.wait_for(call(server), 60)
        except BaseException as error:
            found[name] = "refused"
            print(repr(error), file=sys.stderr)
    print(json.dumps(found))
asyncio.run(run())
"""


@pytest.mark.long
def test_a_client_calls_through_the_gateway_and_not_the_server_itself(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    files = {"readOnly": ["/usr", sys.prefix], "readWrite": ["/home/agent", "/tmp"]}
    profile = write_profile(
        tmp_path, programs=[PYTHON, f"{sys.prefix}/bin/python"], files=files
    )  # with it, the packages' libraries are code
    launch = [sys.executable, "-m", "containment.launcher", "run", "--quiet", "--profile", str(profile), "--folder", str(home)]
    launch += ["--event-log", str(tmp_path / "agent.jsonl"), "--"]

    async def run() -> tuple[dict[str, Any], dict[str, Any]]:
        async with serve_remote() as (address, _), anyio.create_task_group() as group:
            gateway = await make_remote_gateway(address)
            ready = anyio.Event()
            group.start_soon(serving.serve_socket, gateway, home / "tools.sock", LIMITS, ready.set)
            await ready.wait()
            (home / "tools.sock").chmod(0o666)
            agent = [PYTHON, "-c", AGENT, PACKAGES, address, inspect.getsource(relay)]
            outside = await anyio.run_process([*agent, str(home / "tools.sock")], check=False)
            inside = await anyio.run_process([*launch, *agent, "/home/agent/tools.sock"], check=False)
            group.cancel_scope.cancel()
        assert inside.stdout, inside.stderr.decode()
        return json.loads(outside.stdout), json.loads(inside.stdout)

    bare, found = asyncio.run(run())
    answer = [["list_all"], "xxx"]
    assert bare == {"gateway": answer, "direct": answer}, "NOT TESTED: outside of a sandbox the server answers a client itself"
    assert found == {"gateway": answer, "direct": "refused"}
