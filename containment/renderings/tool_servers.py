"""The sandbox of one MCP server: its own section, resolved with the destinations of the stack, as the launcher's profile.

A server reaches nothing that the firewall denies to the agent's host: its connections leave by the same gateway.
"""

from __future__ import annotations

from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec
from containment.names import DENY_GROUPS
from containment.patterns.domain import DomainPattern
from containment.policy.builder import build_ruleset
from containment.renderings.boundary import build_boundary, resolve_section
from containment.renderings.firewall import find_denied
from containment.sandbox.permissions import Permissions
from containment.sandbox.profile import render_profile
from containment.ternary import Ternary
from containment.tool_scopes.scope import ToolScope, build_scope
from containment.tool_scopes.server import ToolServer


def build_tool_scope(spec: ContainmentSpec, library: Library) -> ToolScope:
    """Return the MCP servers and tasks of a stack's class."""
    return build_scope(spec.preset.tools, library.tools, stack=spec.stack, agent_class=spec.preset.name)


def resolve_server(server: ToolServer, spec: ContainmentSpec) -> tuple[Permissions, tuple[str, ...]]:
    """Return the permissions of a server's sandbox, and what the stack does not permit of it."""
    where = f"presets/tools/servers/{server.name}.yaml:sandbox"
    return resolve_section(server.sandbox, spec, lambda granted, key: f"{where}.{key}; {granted.owner}: {granted.reason}")


def render_server(server: ToolServer, spec: ContainmentSpec) -> str:
    """Return the launcher's profile of a server that is started here."""
    permissions, _ = resolve_server(server, spec)
    return render_profile(
        permissions, server.sandbox.limits, stack=spec.stack, agent_class=spec.preset.name, harness=f"mcp-server {server.name}"
    )


def find_denied_connections(server: ToolServer, spec: ContainmentSpec) -> list[str]:
    """Return the connections of a server's sandbox that the firewall's rules deny, each with a flow."""
    permissions, _ = resolve_server(server, spec)
    endpoints = list(dict.fromkeys(one.endpoint for one in permissions.egress))
    return [witness for _, witness in find_denied(spec, build_ruleset(spec), endpoints) if witness is not None]


def is_host_permitted(server: ToolServer, spec: ContainmentSpec) -> bool:
    """Return whether the stack permits the host of a remote server; one that is started here has none."""
    if server.host is None:
        return True
    host = DomainPattern(server.host)
    groups = [found for group, found in spec.destinations.items() if group not in DENY_GROUPS]
    return any(pattern.covers(host) is Ternary.YES for found in groups for pattern in found.patterns)


def find_ways_around(server: ToolServer, spec: ContainmentSpec, library: Library) -> list[str]:
    """Return the connections of the agent's own sandbox that reach a remote server past the gateway."""
    if server.host is None:
        return []
    host = DomainPattern(server.host)
    egress = build_boundary(spec, library).permissions.egress
    return [
        f"{one.program} can connect to {one.endpoint}"
        for one in egress
        if one.endpoint.host is not None and one.endpoint.host.covers(host) is not Ternary.NO
    ]
