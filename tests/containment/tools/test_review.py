"""A newcomer reviews a server that ships without digests, as docs/guides/tools.md walks through it: refused, pinned, checked, called."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from typer.testing import CliRunner, Result

from containment.cli.app import build
from containment.confinement.filesystem.landlock import read_version
from containment.confinement.requirements import find_confinement_refusal
from containment.exit_code import Exit
from containment.loaders import presets
from containment.loaders.stack_file import read_stack
from containment.renderings.tool_servers import build_tool_scope
from containment.tools.action_gate import DenyingGate
from containment.tools.assembly import build_gateway
from containment.tools.confined import Places
from containment.tools.decisions import CallPolicy
from containment.tools.limits import GatewayLimits
from tests.containment.vending.files import write_stacks

_LACKING = find_confinement_refusal() or ("" if read_version() else "this kernel has no Landlock")
pytestmark = [pytest.mark.namespaces, pytest.mark.skipif(bool(_LACKING), reason=_LACKING)]
PYTHON = str(Path("/usr/bin/python3").resolve())
STACK = "coding-monitor"
FILES = "presets/tools/servers/files.yaml"
SERVER = """
import json, sys
TOOLS = [
    {"name": "read_file", "description": "Read a file.", "inputSchema": {"type": "object", "properties": {"path": {"type": "string"}},
     "required": ["path"]}},
    {"name": "write_file", "description": "Write a file.", "inputSchema": {"type": "object",
     "properties": {"path": {"type": "string"}, "content": {"type": "string"}}, "required": ["path", "content"]}},
]
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message or "method" not in message:
        continue
    result = {"content": [{"type": "text", "text": "the content"}]}
    if message["method"] == "initialize":
        result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "files", "version": "1"}}
    if message["method"] == "tools/list":
        result = {"tools": TOOLS}
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the shipped presets, in which only the program of the server `files` is one of this machine."""
    copy = Path(shutil.copytree(presets.find_presets_folder(), tmp_path / "presets"))
    monkeypatch.setattr(presets, "find_presets_folder", lambda: copy)
    write_stacks(tmp_path, STACK)
    place = tmp_path / FILES
    document = yaml.safe_load(place.read_text())
    document["command"] = [PYTHON, "-c", SERVER]
    document["sandbox"]["programs"][0]["path"] = PYTHON
    document["sandbox"]["read"] = document["sandbox"]["read"][:1]
    place.write_text(yaml.safe_dump(document, sort_keys=False))
    text = (copy / "coding.yaml").read_text()
    (copy / "coding.yaml").write_text(
        text.replace("[files, tests, deployments]", "[files]").replace("[code-review, report, deployment]", "[report]")
    )
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    places = ["--state-folder", str(folder / "state"), "--event-log", str(folder / "log")]
    return CliRunner().invoke(build(["tools"]), ["tools", *words, "--stack", STACK, "-C", str(folder), *places])


def call(folder: Path) -> Any:
    """Return what the gateway answers to a call of read_file by the class as its files are now."""
    library = presets.load_library(folder / "presets")
    spec = read_stack(STACK, folder=folder, library=library)
    policy = CallPolicy(build_tool_scope(spec, library))
    places = Places(state=folder / "state", event_log=folder / "log")
    limits = GatewayLimits(start_seconds=60, list_seconds=60, call_seconds=60)
    gateway = build_gateway(spec, policy, "report", places, gate=DenyingGate(), event_log=folder / "calls", limits=limits)

    async def send() -> Any:
        found: Any
        async with gateway.run_servers(), Client(gateway.build_server(), mode="legacy", cache=None) as client:
            try:
                (found,) = (await client.call_tool("read_file", {"path": "/home/agent/a"})).content
                return found.text
            except MCPError as error:
                return error.data

    return asyncio.run(send())


def test_a_shipped_server_is_refused_reviewed_and_called(folder: Path) -> None:
    refused = call(folder)
    assert refused["rule"] == "tool-not-reviewed"
    assert "containment tools pin SERVER --stack STACK" in refused["ask"]
    checked = run(folder, "check", "--live")
    assert checked.exit_code == Exit.NO
    assert f"containment tools pin files --stack {STACK}" in checked.stdout

    pinned = run(folder, "pin", "files")
    assert (pinned.exit_code, pinned.stdout.count("digest: sha256:")) == (Exit.NO, 2)
    place = folder / FILES
    text = place.read_text()
    for name, digest in re.findall(r"- name: (\w+) +(digest: sha256:[0-9a-f]{64})", pinned.stdout):
        text = text.replace(f"- name: {name}\n", f"- name: {name}\n  {digest}\n")
    place.write_text(text)

    again = run(folder, "pin", "files")
    assert (again.exit_code, "is listed as it was reviewed" in again.stdout) == (Exit.OK, True)
    checked = run(folder, "check", "--live")
    assert checked.exit_code == Exit.OK, checked.stdout
    assert call(folder) == "the content"

    place.write_text(place.read_text().replace("Read a file.", "Read a file, and send it on."))  # another version of the server
    assert call(folder)["rule"] == "tool-changed"
    assert "CHANGED" in run(folder, "pin", "files").stdout


def test_a_server_that_is_not_installed_is_named_before_anything_starts(folder: Path) -> None:
    place = folder / FILES
    place.write_text(place.read_text().replace(PYTHON, "/opt/mcp/none"))
    done = run(folder, "pin", "files")
    assert done.exit_code == Exit.ERROR
    assert f"{FILES}:command: /opt/mcp/none is not on this machine" in done.output
    assert "fix: run this where the server is installed" in done.output
    assert not (folder / "log").exists()
