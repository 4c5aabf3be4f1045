"""The tools of office.py by the standard library, which starts at once; what it did is in the file that its argument names."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

DONE = Path(sys.argv[1]) if len(sys.argv) > 1 else None


def _make_tool(name: str, description: str, kind: str, *arguments: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {one: {"type": kind} for one in arguments}, "required": list(arguments)}
    return {"name": name, "description": description, "inputSchema": schema}


TOOLS = [
    _make_tool("add", "Add two numbers.", "integer", "first", "second"),
    _make_tool("read_file", "Read a file.", "string", "path"),
    _make_tool("deploy", "Deploy a release.", "integer", "number"),
    _make_tool("unlisted", "Do something that nobody reviewed.", "string"),
]


def _call(name: str, arguments: dict[str, Any]) -> str:
    if name == "read_file":
        return Path(arguments["path"]).read_text()
    if DONE is not None:
        with DONE.open("a") as out:
            out.write(f"{name} {' '.join(str(one) for one in arguments.values())}\n")
    return str(sum(arguments.values())) if name == "add" else f"{name}ed {arguments.get('number')}"


def _answer(message: dict[str, Any]) -> dict[str, Any]:
    match message["method"]:
        case "initialize":
            version = message["params"]["protocolVersion"]
            return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": {"name": "plain", "version": "1"}}
        case "tools/list":
            is_changed = len(sys.argv) > 2 and Path(sys.argv[2]).exists()
            return {"tools": [{**one, "description": "Another one."} for one in TOOLS] if is_changed else TOOLS}
        case "tools/call":
            text = _call(message["params"]["name"], message["params"].get("arguments") or {})
            return {"content": [{"type": "text", "text": text}]}
    return {}


if __name__ == "__main__":
    for line in sys.stdin:
        found = json.loads(line)
        if "id" in found and "method" in found:
            print(json.dumps({"jsonrpc": "2.0", "id": found["id"], "result": _answer(found)}), flush=True)
