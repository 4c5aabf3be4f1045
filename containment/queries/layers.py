"""What an agent has inside its host: permissions, approved names and tools, as tables and data for `prove`, `risk` and `diff`.

Permissions are what processes inside the host may read, write, run, connect to and call. Of the MCP servers of a class `risk` lists what
lies behind them: their reach by kind, and which tools each task may call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from containment.analysis.subject import Subject
from containment.queries.results import Section
from containment.sandbox.inclusion import Layer
from containment.sandbox.permissions import Endpoint, Permissions
from containment.tool_scopes.scope import ToolScope
from containment.tool_scopes.server import ToolServer

NOT_READ: Final = "permissions of processes inside the host are not known here: a state has no class file (use --stack)"
_MOST_HOSTS: Final = 4
_MOST_REQUESTS: Final = 6
_TITLE: Final = "Inside the host: what processes may do (enforced by the launcher, and by OpenShell where it runs)"
_NOTHING: Final = "nothing: the class has no sandbox section"


def build_layer_sections(subject: Subject) -> tuple[Section, ...]:
    """Return the table of what processes may do; empty where the class is unknown."""
    if subject.boundary is None:
        return ()
    rows = tuple(_generate_rows(subject.boundary.permissions))
    return (Section(_TITLE, ("act", "what", "granted by"), rows or (("-", _NOTHING, "-"),), drop_first=("granted by",)),)


def _generate_rows(found: Permissions) -> Iterator[tuple[str, str, str]]:
    for layer, grants in ((Layer.READ, found.read), (Layer.WRITE, found.write), (Layer.RUN, found.programs or ())):
        yield from ((layer.value, one.path, one.origin) for one in grants)
    groups: dict[tuple[str, tuple[str, ...] | None, str], list[Endpoint]] = {}
    for egress in found.egress:
        groups.setdefault((egress.program, egress.endpoint.requests, egress.endpoint.origin), []).append(egress.endpoint)
    for (program, requests, origin), endpoints in groups.items():
        yield Layer.CONNECT.value, f"{program} to {_join(list(map(str, endpoints)), _MOST_HOSTS)}: {_format_requests(requests)}", origin
    for task in found.tasks or ():
        yield Layer.CALL.value, f"task {task.name}: {', '.join(task.tools)}", task.origin


def _format_requests(requests: tuple[str, ...] | None) -> str:
    return "any content" if requests is None else _join(list(requests), _MOST_REQUESTS)


def _join(texts: list[str], most: int) -> str:
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def build_layers_data(subject: Subject) -> dict[str, Any] | None:
    """Return what processes may do as JSON data; None where the class is unknown."""
    if subject.boundary is None:
        return None
    found = subject.boundary.permissions
    return {
        "agentClass": subject.boundary.agent_class,
        "harness": subject.boundary.harness,
        "read": [{"path": one.path, "grantedBy": one.origin} for one in found.read],
        "write": [{"path": one.path, "grantedBy": one.origin} for one in found.write],
        "programs": [{"path": one.path, "grantedBy": one.origin} for one in found.programs or ()],
        "egress": [
            {
                "program": one.program,
                "to": str(one.endpoint),
                "requests": None if one.endpoint.requests is None else list(one.endpoint.requests),
                "grantedBy": one.endpoint.origin,
            }
            for one in found.egress
        ],
        "tasks": [{"name": one.name, "tools": list(one.tools), "grantedBy": one.origin} for one in found.tasks or ()],
    }


def build_approved_section(subject: Subject) -> tuple[Section, ...]:
    """Return the table of approved names with owner and source; empty if no name is approved."""
    rows = tuple((one.name, one.owner, one.source) for one in subject.approvals)
    return (Section("Approved names", ("name", "owner", "approved by"), rows),) if rows else ()


def build_approved_data(subject: Subject) -> list[dict[str, Any]]:
    """Return the approved names as JSON data."""
    return [{"name": one.name, "owner": one.owner, "approvedBy": one.source} for one in subject.approvals]


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
