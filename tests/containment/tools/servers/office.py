"""A real MCP server over stdio, by the SDK: what it did is in the file that its argument names."""

from __future__ import annotations

import sys
from pathlib import Path

from mcp.server.mcpserver import MCPServer

DONE = Path(sys.argv[1])
server = MCPServer("office")


@server.tool()
def add(first: int, second: int) -> str:
    """Add two numbers."""
    _note(f"add {first} {second}")
    return str(first + second)


@server.tool()
def read_file(path: str) -> str:
    """Read a file."""
    return Path(path).read_text()


@server.tool()
def deploy(number: int) -> str:
    """Deploy a release."""
    _note(f"deploy {number}")
    return f"deployed {number}"


@server.tool()
def unlisted() -> str:
    """Do something that nobody reviewed."""
    _note("unlisted")
    return "done"


def _note(line: str) -> None:
    with DONE.open("a") as out:
        out.write(f"{line}\n")


if __name__ == "__main__":
    server.run("stdio")
