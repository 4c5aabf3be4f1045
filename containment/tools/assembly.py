"""A gateway from a stack: its scope, its policy, its servers, and its log."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import anyio

from containment.config.spec import ContainmentSpec
from containment.errors import InputError, Problem
from containment.fixes.nearest_word import make_proposal
from containment.launcher.events.event_log import EventLog
from containment.renderings.tool_servers import is_host_permitted
from containment.tool_scopes.scope import ToolScope
from containment.tool_scopes.server import ToolServer
from containment.tools.action_gate import ActionGate
from containment.tools.confined import Places, open_server
from containment.tools.connection import ServerConnection, ServerError
from containment.tools.decisions import CallPolicy
from containment.tools.events import ToolEvents
from containment.tools.gateway import ToolGateway
from containment.tools.limits import GatewayLimits
from containment.tools.pins import ListedTool


def require_task(scope: ToolScope, task: str) -> None:
    """Raise InputError unless the class lists a task."""
    if task not in scope.tasks:
        fix = make_proposal(task, sorted(scope.tasks), f"add it to tools.tasks of presets/{scope.agent_class}.yaml", verb="name")
        what = f"is no task of {scope.agent_class}"
        raise InputError("nothing is served", [Problem(f"--task {task}", what, "a task that the class does not list has no tools", fix)])


def build_gateway(
    spec: ContainmentSpec, policy: CallPolicy, task: str, places: Places, *, gate: ActionGate, event_log: Path, limits: GatewayLimits
) -> ToolGateway:
    """Return the gateway of one task; its servers are started when they are needed.

    A remote server that the stack does not permit is left out with its tools, each refused by name.

    Args:
        spec: the stack.
        policy: the policy of the stack's tool calls.
        task: the task of the agent.
        places: where servers live.
        gate: the service that decides about actions.
        event_log: the log of the gateway's events.
        limits: the bounds; how many refusals are too many is data of the class.
    """
    scope = policy.scope
    require_task(scope, task)
    events = ToolEvents(sink=EventLog(event_log), stack=spec.stack, agent_class=spec.preset.name, task=task, policy_digest=policy.digest)
    needed = {grant.server.name: grant.server for grant in scope.list_grants(task)}
    bounds = replace(limits, refusals=spec.preset.tools.refusals_per_minute)
    connections = {name: _connect(server, spec, places, bounds) for name, server in needed.items()}
    return ToolGateway(policy, task, connections, gate, events, bounds)


def _connect(server: ToolServer, spec: ContainmentSpec, places: Places, limits: GatewayLimits) -> ServerConnection:
    """Return the connection to a server; a remote one that the stack does not permit refuses every call."""
    if is_host_permitted(server, spec):
        return ServerConnection(server, open_server(server, spec, places, limits), limits)
    return ServerConnection(server, None, limits, f"{server.name} is at {server.host}, which {spec.stack} does not permit")


def read_listing(
    server: ToolServer, spec: ContainmentSpec, places: Places, limits: GatewayLimits, *, opened: Callable[[], None] = lambda: None
) -> dict[str, ListedTool]:
    """Return what a server lists now, started inside its sandbox; raise InputError if it lists nothing that can be used."""
    where = f"presets/tools/servers/{server.name}.yaml"
    if server.command is not None and not os.access(server.command[0], os.X_OK):
        fix = "run this where the server is installed, such as the agents' image, or install it here"
        what = f"{server.command[0]} is not on this machine"
        raise InputError("nothing is pinned", [Problem(f"{where}:command", what, "a server lists its tools only while it runs", fix)])
    connection = ServerConnection(server, open_server(server, spec, places, limits), limits)
    found: dict[str, ListedTool] = {}
    problem: ServerError | None = None

    async def read() -> None:
        nonlocal problem
        async with anyio.create_task_group() as group:
            connection.attach(group)
            opened()
            try:
                found.update(await connection.list_tools(is_fresh=True))
            except ServerError as error:
                problem = error
            group.cancel_scope.cancel()

    anyio.run(read)
    if problem is not None:
        fix = "correct its command, its sandbox or its address; `containment tools check` names what is not installed"
        raise InputError("nothing is pinned", [Problem(where, problem.logged, "a tool that is not listed cannot be reviewed", fix)])
    return found
