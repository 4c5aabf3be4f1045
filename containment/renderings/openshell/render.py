"""Render the permissions of a class as an OpenShell policy file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import yaml

from containment.addresses.port_range import PortRange
from containment.errors import InputError, Problem
from containment.sandbox.boundary import Boundary
from containment.sandbox.paths import is_within
from containment.sandbox.permissions import Endpoint

LIMIT: Final = "rendered here, enforced only where OpenShell runs"
_USER: Final = "sandbox"
_MOST_PORTS: Final = 1024


def render_openshell(boundary: Boundary) -> str:
    """Return the text of the policy; raise InputError where OpenShell cannot express the class."""
    head = [
        f"# OpenShell policy of stack {boundary.stack}: class {boundary.agent_class}, harness {boundary.harness}.",
        f"# {LIMIT[0].upper()}{LIMIT[1:]}.",
        "# OpenShell does not restrict which programs are started, only which of them connect: the launcher's profile does.",
        "",
    ]
    return "\n".join(head) + yaml.safe_dump(build_document(boundary), sort_keys=False, width=140)


def build_document(boundary: Boundary) -> dict[str, Any]:
    """Return the policy as a mapping."""
    permissions = boundary.permissions
    folders = [one.path for one in permissions.read]
    everywhere = [*folders, *(one.path for one in permissions.write)]
    files = [
        one.path
        for one in permissions.programs or ()
        if "*" not in one.path and not any(is_within(one.path, folder) for folder in everywhere)
    ]
    return {
        "version": 1,
        "filesystem_policy": {
            "include_workdir": False,
            "read_only": sorted({*folders, *files}),
            "read_write": sorted(one.path for one in permissions.write),
        },
        "landlock": {"compatibility": "hard_requirement"},
        "process": {"run_as_user": _USER, "run_as_group": _USER},
        "network_policies": _build_rules(boundary),
    }


def _build_rules(boundary: Boundary) -> dict[str, Any]:
    by_program: dict[str, list[Endpoint]] = {}
    for one in boundary.permissions.egress:
        by_program.setdefault(one.program, []).append(one.endpoint)
    out: dict[str, Any] = {}
    for program, endpoints in sorted(by_program.items()):
        name = _make_name(program, out)
        joined = _join_requests(endpoints)
        out[name] = {"name": name, "endpoints": [_build_endpoint(one, boundary.stack) for one in joined], "binaries": [{"path": program}]}
    return out


def _make_name(program: str, taken: Iterable[str]) -> str:
    name = "-".join("".join(letter if letter.isalnum() else " " for letter in program).split())
    return name if name not in taken else f"{name}-{len([*taken])}"


def _join_requests(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Join endpoints for one place, because OpenShell refuses two that overlap; a permit of any content wins."""
    joined: dict[tuple[object, ...], Endpoint] = {}
    for one in endpoints:
        key = (one.host, one.networks, one.ports, one.tls)
        before = joined.get(key)
        if before is None:
            joined[key] = one
        else:
            both = None if before.requests is None or one.requests is None else tuple(dict.fromkeys((*before.requests, *one.requests)))
            joined[key] = Endpoint(host=one.host, networks=one.networks, ports=one.ports, tls=one.tls, requests=both)
    return sorted(joined.values(), key=lambda one: (one.host.text if one.host else "", str(one.networks), str(one.ports)))


def _build_endpoint(endpoint: Endpoint, stack: str) -> dict[str, Any]:
    place: dict[str, Any] = {"host": endpoint.host.text} if endpoint.host else {}
    place["ports"] = _list_ports(endpoint.ports, stack)
    if endpoint.networks:
        place["allowed_ips"] = list(map(str, endpoint.networks))
    if endpoint.requests is None:
        return {**place, "enforcement": "enforce"}
    calls = [request for request in endpoint.requests if " /" not in request]
    if calls and len(calls) < len(endpoint.requests):
        what = f"grants both MCP tools and requests at {endpoint}, and OpenShell reads one protocol per endpoint"
        problem = Problem("sandbox.programs", what, "one of the two would not be read", "grant the two to different programs")
        raise InputError("the class cannot be rendered for OpenShell", [problem])
    if calls:
        return {
            **place,
            "protocol": "mcp",
            "enforcement": "enforce",
            "mcp": {"strict_tool_names": True, "allow_all_known_mcp_methods": False},
            "rules": [{"allow": _build_call(request)} for request in endpoint.requests],
        }
    rules = [{"allow": {"method": method, "path": path}} for method, _, path in (one.partition(" ") for one in endpoint.requests)]
    return {**place, "protocol": "rest", "enforcement": "enforce", "rules": rules}


def _build_call(request: str) -> dict[str, str]:
    method, _, tool = request.partition(" ")
    return {"method": method, "tool": tool} if tool else {"method": method}


def _list_ports(ranges: Iterable[PortRange], stack: str) -> list[int]:
    ports = sorted({port for one in ranges for port in range(one.low, one.high + 1)})
    if len(ports) > _MOST_PORTS:
        what = f"has {len(ports)} ports, and OpenShell lists each port of an endpoint"
        problem = Problem(f"Pulumi.{stack}.yaml:approvedInternalApis", what, "the policy would be too long to review", "narrow the ranges")
        raise InputError("the class cannot be rendered for OpenShell", [problem])
    return ports
