"""Scopes for tests: one server with an argument of every type, and a task for each of its tools."""

from __future__ import annotations

from typing import Any

from containment.tool_scopes.scope import ToolLibrary, ToolScope, build_scope
from containment.tool_scopes.server import ToolServer
from containment.tool_scopes.tasks import TaskScope, ToolSection

WORDS = {"purpose": "For tests.", "owner": "platform-team", "reason": "Tests need it."}


def make_server(name: str = "office", **more: Any) -> ToolServer:
    """Return a remote server with tools that have every type of argument."""
    tools = [
        {
            "name": "order",
            "arguments": {
                "item": {"type": "string", "required": True, "oneOf": ["paper", "pen *", 'a"b\\c', "größe"]},
                "note": {"type": "string", "like": ["to *", "*-urgent-*"], "unlike": ["*secret*"]},
                "count": {"type": "integer", "required": True, "minimum": 1, "maximum": 20},
                "price": {"type": "number", "minimum": 0, "maximum": 500},
                "gift": {"type": "boolean"},
                "labels": {"type": "strings", "oneOf": ["red", "blue"]},
            },
            "omitted": ["account"],
        },
        {"name": "read_file", "arguments": {"path": {"type": "path", "required": True, "within": ["/home/agent/in", "/srv/data"]}}},
        {"name": "list_all"},
        {"name": "deploy", "action": "deployment", "arguments": {"number": {"type": "integer", "required": True}}},
    ]
    return ToolServer.model_validate(
        {
            "name": name,
            **WORDS,
            "url": "https://mcp.example.com/mcp",
            "reaches": [{"kind": "saas", "what": "the office's shop"}],
            "tools": tools,
            **more,
        }
    )


def make_task(*tools: str, hitl: bool = False) -> TaskScope:
    """Return a task."""
    return TaskScope.model_validate({**WORDS, "tools": list(tools), "hitl": hitl})


def make_scope(*servers: ToolServer, tasks: dict[str, TaskScope] | None = None) -> ToolScope:
    """Return a scope of some servers and tasks."""
    known = servers or (make_server(),)
    listed = tasks or {
        "buying": make_task("order", "list_all"),
        "reading": make_task("read_file"),
        "deploying": make_task("deploy", hitl=True),
    }
    library = ToolLibrary({one.name: one for one in known}, listed)
    section = ToolSection(servers=tuple(library.servers), tasks=tuple(listed))
    return build_scope(section, library, stack="coding-monitor", agent_class="coding")
