"""What lies behind the MCP servers of a class, for `risk`: their reach by kind, and which tools each task may call."""

from __future__ import annotations

from typing import Any, Final

from containment.queries.results import Section
from containment.tool_scopes.scope import ToolScope
from containment.tool_scopes.server import ToolServer

_SERVERS: Final = "Behind the tools: what each MCP server reaches outside of the agent's sandbox"
_TASKS: Final = "Tasks: the tools that each may call"


def build_tool_sections(scope: ToolScope | None) -> tuple[Section, ...]:
    """Return the tables of servers and tasks; none where the class lists no server, or is unknown."""
    if scope is None or not scope.servers:
        return ()
    rows = tuple(
        (server.name, entry.kind.value, entry.what, describe_place(server), server.owner)
        for server in scope.servers
        for entry in server.reaches
    )
    tasks = tuple((name, ", ".join(task.tools), "a person decides" if task.hitl else "-") for name, task in scope.tasks.items())
    return (
        Section(_SERVERS, ("server", "reach", "what", "where", "owner"), rows, drop_first=("owner", "where")),
        Section(_TASKS, ("task", "tools", "actions"), tasks),
    )


def build_tool_data(scope: ToolScope | None) -> dict[str, Any] | None:
    """Return servers and tasks as JSON data; None where the class is unknown."""
    if scope is None:
        return None
    return {
        "servers": [
            {
                "name": server.name,
                "where": describe_place(server),
                "owner": server.owner,
                "reaches": [{"kind": entry.kind.value, "what": entry.what} for entry in server.reaches],
                "tools": [
                    {
                        "name": tool.name,
                        "reviewed": tool.digest is not None,
                        "digest": tool.digest,
                        "action": tool.action.value if tool.action else None,
                        "arguments": sorted(tool.arguments),
                    }
                    for tool in server.tools
                ],
            }
            for server in scope.servers
        ],
        "tasks": [{"name": name, "tools": list(task.tools), "hitl": task.hitl} for name, task in scope.tasks.items()],
    }


def describe_place(server: ToolServer) -> str:
    """Return where a server runs."""
    return server.url or "on this host, in a separate sandbox"
