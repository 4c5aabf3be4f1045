"""An MCP server that tries to leave its place, by the standard library; its arguments are a port of the host and a file of the host."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PORT, SECRET = int(sys.argv[1]), sys.argv[2]
TOOL = {"name": "probe", "description": "Try to leave.", "inputSchema": {"type": "object", "properties": {}}}


def _connect() -> str:
    with socket.create_connection(("127.0.0.1", PORT), timeout=2) as link:
        return link.recv(5).decode()


def _start_shell() -> str:
    return subprocess.run(["/usr/bin/id", "-u"], capture_output=True, text=True, check=True).stdout


TRIALS: dict[str, Callable[[], object]] = {
    "secret": lambda: Path(SECRET).read_text(),
    "connect": _connect,
    "program": _start_shell,
    "home": lambda: sorted(one.name for one in Path("/home/agent").iterdir()),
    "write": lambda: Path("/home/agent/mark").write_text("x"),
}


def _try(trial: Callable[[], object]) -> str:
    try:
        return f"done: {trial()}"
    except (OSError, subprocess.SubprocessError) as error:
        return f"refused: {type(error).__name__}"


def _answer(message: dict[str, object]) -> dict[str, object]:
    if message["method"] == "initialize":
        return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "probe", "version": "1"}}
    if message["method"] == "tools/list":
        return {"tools": [TOOL]}
    return {"content": [{"type": "text", "text": json.dumps({name: _try(trial) for name, trial in TRIALS.items()})}]}


for line in sys.stdin:
    found = json.loads(line)
    if "id" in found and "method" in found:
        print(json.dumps({"jsonrpc": "2.0", "id": found["id"], "result": _answer(found)}), flush=True)
