"""Servers run in a sandbox of their own, and an agent in its sandbox has no way to a server but the gateway's socket."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError

from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec
from containment.confinement.filesystem.landlock import read_version
from containment.confinement.requirements import find_confinement_refusal
from containment.errors import InputError
from containment.record.digests import digest_json
from containment.renderings.tool_servers import build_tool_scope
from containment.tool_scopes.scope import ToolLibrary
from containment.tool_scopes.server import ToolServer
from containment.tool_scopes.tasks import ToolSection
from containment.tools import relay, serving
from containment.tools.action_gate import DenyingGate
from containment.tools.assembly import build_gateway, read_listing
from containment.tools.confined import Places, parse_workspaces
from containment.tools.decisions import CallPolicy
from containment.tools.gateway import ToolGateway
from containment.tools.limits import GatewayLimits
from tests.containment.launcher.profiles import write_profile
from tests.containment.renderings.artifacts import library, spec_of
from tests.containment.tool_scopes.scopes import WORDS, make_task
from tests.containment.tools.gateways import SERVERS

_LACKING = find_confinement_refusal() or ("" if read_version() else "this kernel has no Landlock")
pytestmark = [pytest.mark.namespaces, pytest.mark.skipif(bool(_LACKING), reason=_LACKING)]
PYTHON = str(Path("/usr/bin/python3").resolve())
LIMITS = GatewayLimits(start_seconds=60, list_seconds=60, call_seconds=60)
GRANT = {"owner": "platform-team", "reason": "The server."}
STACK = "coding-monitor"


@contextmanager
def open_listener() -> Iterator[int]:
    """Yield a port of the host's loopback interface that answers `hello`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    link, _ = listener.accept()
                except OSError:
                    return
                with link:
                    link.sendall(b"hello")

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def make_probe(port: int, secret: Path, **more: Any) -> ToolServer:
    """Return the reviewed file of servers/probe.py."""
    tool = {"name": "probe", "description": "Try to leave.", "inputSchema": {"type": "object", "properties": {}}}
    return ToolServer.model_validate(
        {
            "name": "probe",
            **WORDS,
            "command": [PYTHON, "-c", (SERVERS / "probe.py").read_text(), str(port), str(secret)],
            "reaches": [{"kind": "files", "what": "its own folder"}],
            "sandbox": {
                "read": [{"path": "/usr", **GRANT}],
                "write": [{"path": "/home/agent", **GRANT}],
                "programs": [{"path": PYTHON, **GRANT}],
            },
            "tools": [{"name": "probe", "digest": digest_json(tool)}],
            **more,
        }
    )


def make_stack(server: ToolServer) -> tuple[ContainmentSpec, Library]:
    """Return a stack whose class has one server and one task."""
    known = replace(library(), tools=ToolLibrary({server.name: server}, {"probing": make_task(server.tools[0].name)}))
    spec = spec_of(STACK)
    section = ToolSection(servers=(server.name,), tasks=("probing",))
    return replace(spec, preset=spec.preset.model_copy(update={"tools": section})), known


def make_gateway(server: ToolServer, tmp_path: Path, **places: Any) -> ToolGateway:
    """Return the gateway of that stack."""
    spec, known = make_stack(server)
    found = Places(state=tmp_path / "state", event_log=tmp_path / "launcher.jsonl", **places)
    policy = CallPolicy(build_tool_scope(spec, known))
    return build_gateway(spec, policy, "probing", found, gate=DenyingGate(), event_log=tmp_path / "tools.jsonl", limits=LIMITS)


def read_events(file: Path) -> list[dict[str, Any]]:
    """Return the events of a log."""
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_server_reaches_only_what_its_file_grants(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary")
    with open_listener() as port:
        server = make_probe(port, secret)
        bare = subprocess.run(
            server.command or (), input='{"jsonrpc": "2.0", "id": 1, "method": "tools/call"}\n', capture_output=True, text=True, check=True
        )
        control = json.loads(json.loads(bare.stdout)["result"]["content"][0]["text"])
        assert (control["secret"], control["connect"], control["program"][:4]) == ("done: canary", "done: hello", "done"), "NOT TESTED"

        async def run() -> Any:
            gateway = make_gateway(server, tmp_path)
            async with gateway.run_servers(), Client(gateway.build_server(), mode="legacy", cache=None) as client:
                return (await client.call_tool("probe", {})).content[0]

        found = json.loads(asyncio.run(run()).text)
    assert {name: text.partition(":")[0] for name, text in found.items()} == {
        "secret": "refused",
        "connect": "refused",
        "program": "refused",
        "home": "done",
        "write": "done",
    }
    assert (tmp_path / "state" / "homes" / "probe" / "mark").read_text() == "x"
    events = read_events(tmp_path / "launcher.jsonl")
    assert {"mcp-server probe"} == {one["unmapped"]["harness"] for one in events}
    calls = read_events(tmp_path / "tools.jsonl")
    assert [one["unmapped"]["outcome"] for one in calls] == ["permitted", "completed"]


def test_pins_are_read_inside_the_sandbox(tmp_path: Path) -> None:
    server = make_probe(1, tmp_path / "none")
    spec, _ = make_stack(server)
    found = read_listing(server, spec, Places(state=tmp_path / "state", event_log=tmp_path / "log"), LIMITS)
    assert found["probe"].digest == server.tools[0].digest
    assert read_events(tmp_path / "log")


def test_a_server_that_cannot_start_is_named_with_the_reason(tmp_path: Path) -> None:
    server = make_probe(1, tmp_path / "none")
    wrong = server.model_copy(update={"command": ("/usr/bin/id", "-u")})
    spec, _ = make_stack(wrong)
    with pytest.raises(InputError) as caught:
        read_listing(wrong, spec, Places(state=tmp_path / "state", event_log=tmp_path / "log"), LIMITS)
    assert "presets/tools/servers/probe.yaml" in str(caught.value)


AGENT = """
import json, os, socket, subprocess, sys
port, command = int(sys.argv[1]), json.loads(sys.argv[2])
found = {}
def tell(name, run):
    try:
        found[name] = f"done: {run()}"
    except Exception as error:
        found[name] = f"refused: {type(error).__name__}"
def call():
    link = socket.socket(socket.AF_UNIX)
    link.connect("/home/agent/tools.sock")
    file = link.makefile("rw")
    def ask(id_, method, params):
        file.write(json.dumps({"jsonrpc": "2.0", "id": id_, "method": method, "params": params}) + "\\n")
        file.flush()
        return json.loads(file.readline())
    ask(1, "initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "agent", "version": "1"}})
    file.write(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}) + "\\n")
    listed = [one["name"] for one in ask(2, "tools/list", {})["result"]["tools"]]
    text = ask(3, "tools/call", {"name": "probe", "arguments": {}})["result"]["content"][0]["text"]
    refused = ask(4, "tools/call", {"name": "other", "arguments": {}})["error"]["data"]["rule"]
    return [listed, "home" in json.loads(text), refused]
tell("gateway", call)
tell("http", lambda: socket.create_connection(("127.0.0.1", port), timeout=2).recv(5))
tell("start", lambda: subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL).returncode)
tell("state", lambda: os.listdir(sys.argv[3]))
print(json.dumps(found))
"""


def test_an_agent_in_its_sandbox_reaches_tools_through_the_gateway_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with open_listener() as port:
        server = make_probe(port, tmp_path / "secret")
        words = ["/usr/bin/id", "-u"]
        agent = [PYTHON, "-c", AGENT, str(port), json.dumps(words), str(tmp_path / "state")]
        bare = json.loads(subprocess.run(agent, capture_output=True, text=True, check=True).stdout)
        assert bare["http"].startswith("done"), "NOT TESTED"
        assert bare["start"].startswith("done"), "NOT TESTED"
        assert bare["gateway"].startswith("refused")
        profile = write_profile(tmp_path, programs=[PYTHON])
        launch = [sys.executable, "-m", "containment.launcher", "run", "--quiet", "--profile", str(profile), "--folder", str(home)]
        launch += ["--event-log", str(tmp_path / "agent.jsonl"), "--", *agent]
        found: dict[str, str] = {}

        async def run() -> None:
            gateway = make_gateway(server, tmp_path)
            async with anyio.create_task_group() as group:
                ready = anyio.Event()
                group.start_soon(serving.serve_socket, gateway, home / "tools.sock", LIMITS, ready.set)
                await ready.wait()
                (home / "tools.sock").chmod(0o666)
                done = await anyio.run_process(launch, check=False)
                assert done.returncode == 0, done.stderr.decode()
                found.update(json.loads(done.stdout))
                group.cancel_scope.cancel()

        asyncio.run(run())
    assert found["gateway"] == "done: [['probe'], True, 'unknown-tool']"
    assert {name: found[name].partition(":")[0] for name in ("http", "start", "state")} == {
        "http": "refused",
        "start": "refused",
        "state": "refused",
    }


def test_a_remote_server_that_the_stack_does_not_permit_is_refused_by_name(tmp_path: Path) -> None:
    server = make_probe(1, tmp_path / "x", command=None, sandbox={}, url="https://elsewhere.example.com/mcp")

    async def run() -> MCPError:
        gateway = make_gateway(server, tmp_path)
        async with gateway.run_servers(), Client(gateway.build_server(), mode="legacy", cache=None) as client:
            assert (await client.list_tools()).tools == []
            with pytest.raises(MCPError) as caught:
                await client.call_tool("probe", {})
            return caught.value

    assert "elsewhere.example.com, which coding-monitor does not permit" in asyncio.run(run()).message


def test_the_socket_replaces_no_file(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(InputError):
        serving.remove_socket(tmp_path / "notes")
    assert (tmp_path / "notes").read_text() == "mine"


def test_workspaces_name_servers_on_this_machine_and_folders_that_exist(tmp_path: Path) -> None:
    server = make_probe(1, tmp_path / "x")
    assert parse_workspaces((f"probe={tmp_path}",), (server,)) == {"probe": tmp_path.resolve()}
    with pytest.raises(InputError) as caught:
        parse_workspaces((f"prob={tmp_path}", "probe=/no/such"), (server,))
    assert len(caught.value.problems) == 2


def test_the_relay_without_a_gateway_ends_with_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert relay.relay(str(tmp_path / "none.sock")) == 1
    assert "no tool gateway" in capsys.readouterr().err
