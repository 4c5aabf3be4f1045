"""The permissions of one stack's class inside the host, from its `sandbox` section and its destinations.

Every rendering is made from them, and is proved to stay within them. A destination that the stack does not permit is left out, so that
a section never opens more than the firewall does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from containment.addresses.port_range import PortRange
from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec, CredentialGatewaySpec
from containment.names import HTTPS_PORT, WebGroupId
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern
from containment.renderings.url_requests import list_url_requests
from containment.sandbox.boundary import Boundary
from containment.sandbox.permissions import Endpoint, PathGrant, Permissions, ProgramEgress, Task
from containment.sandbox.section import (
    INTERNAL_APIS,
    MODEL_GATEWAY_CIDRS,
    Accepted,
    GrantedEgress,
    GrantedPath,
    GrantedProgram,
    SandboxSection,
)
from containment.ternary import Ternary

_HTTPS = (PortRange(HTTPS_PORT, HTTPS_PORT),)
MCP_CALLS = ("initialize", "notifications/initialized", "ping", "tools/list")
"""MCP methods that every client needs; `tools/call` is granted per tool."""


def build_boundary(spec: ContainmentSpec, library: Library) -> Boundary:
    """Return the boundary of a stack; without a `sandbox` section it permits nothing."""
    section = library.get_sandbox(spec.preset, spec.harness)
    permissions, unused = resolve_section(section, spec, lambda granted, key: _describe(granted, key, spec))
    return Boundary(
        stack=spec.stack,
        agent_class=spec.preset.name,
        harness=spec.harness.value,
        section=section,
        permissions=permissions,
        unused=unused,
    )


def resolve_section(
    section: SandboxSection, spec: ContainmentSpec, describe: Callable[[Accepted, str], str]
) -> tuple[Permissions, tuple[str, ...]]:
    """Return the permissions of a section for one stack, and the destinations that the stack does not permit.

    Args:
        section: the section of a class, a harness or a tool server.
        spec: the stack.
        describe: returns the place of an entry from the entry and its list.
    """
    egress, unused = dict[tuple[str, Endpoint], ProgramEgress](), list[str]()
    for program in section.programs:
        origin = describe(program, "programs")
        for granted in program.egress:
            found, missing = _resolve_egress(granted, spec, section)
            for endpoint in found:
                egress.setdefault((program.path, endpoint), ProgramEgress(program.path, replace(endpoint, origin=origin)))
            unused += [f"{program.path} to {one}" for one in missing]
    permissions = Permissions(
        read=_list_paths(section.read, "read", describe),
        write=_list_paths(section.write, "write", describe),
        programs=_list_paths(section.programs, "programs", describe),
        egress=tuple(egress.values()),
        tasks=tuple(Task(name=task.name, tools=tuple(sorted({*task.tools})), origin=describe(task, "tasks")) for task in section.tasks),
    )
    return permissions, tuple(dict.fromkeys(unused))


def _list_paths(
    granted: Sequence[GrantedPath | GrantedProgram], key: str, describe: Callable[[Accepted, str], str]
) -> tuple[PathGrant, ...]:
    """Return the paths of a list, sorted; the first of two grants for one path gives the reason."""
    found: dict[str, PathGrant] = {}
    for one in granted:
        found.setdefault(one.path, PathGrant(one.path, describe(one, key)))
    return tuple(found[path] for path in sorted(found))


def _describe(granted: Accepted, key: str, spec: ContainmentSpec) -> str:
    """Return the place of a grant with its owner and reason."""
    own = granted in getattr(spec.preset.sandbox, key)
    where = f"presets/{spec.preset.name}.yaml:sandbox.{key}" if own else f"presets/harnesses.yaml:sandboxes.{spec.harness.value}.{key}"
    return f"{where}; {granted.owner}: {granted.reason}"


def _resolve_egress(granted: GrantedEgress, spec: ContainmentSpec, section: SandboxSection) -> tuple[list[Endpoint], list[str]]:
    """Return the endpoints of one entry, and what the stack does not permit of it."""
    if granted.to == INTERNAL_APIS:
        found = [
            Endpoint(host=None, networks=api.cidrs, ports=api.ports, tls=False, requests=granted.requests or None)
            for api in spec.internal_apis
        ]
        return found, [] if found else [INTERNAL_APIS]
    if granted.to == MODEL_GATEWAY_CIDRS:
        networks = spec.config.model_gateway_networks
        if not networks:
            return [], [MODEL_GATEWAY_CIDRS]
        return [Endpoint(host=None, networks=networks, ports=_HTTPS, tls=False, requests=granted.requests or None)], []
    group = WebGroupId(granted.to)
    routed = _list_routed(granted, group, spec.credential_gateway)
    requests = _build_requests(granted, section)
    by_gateway = _resolve_gateway(routed, requests, spec.credential_gateway) if routed and spec.credential_gateway else []
    if group is WebGroupId.MODEL_GATEWAYS and spec.credential_gateway is not None:
        return by_gateway, [] if routed else [granted.to]
    if group is WebGroupId.DECRYPTED_URLS:
        urls = [UrlPattern.parse(url) for url in spec.decrypted_urls]
        named = [url for url in urls if not granted.hosts or url.host.text in granted.hosts]
        return [_build_url_endpoint(url) for url in named], [] if named else [granted.to]
    destinations = spec.destinations.get(group)
    if destinations is None:
        return by_gateway, [] if routed else [granted.to]
    private = group is WebGroupId.AWS_INFRA and spec.config.create_ssm_vpc_endpoints
    networks = spec.endpoint_subnets if private else ()
    hosts = list(_narrow_hosts(granted.hosts, destinations.patterns))
    missing = [f"{host} in {granted.to}" for host in granted.hosts if DomainPattern(host) not in hosts and host not in routed]
    return [*by_gateway, *(Endpoint(host=host, networks=networks, ports=_HTTPS, requests=requests) for host in hosts)], missing


def _list_routed(granted: GrantedEgress, group: WebGroupId, gateway: CredentialGatewaySpec | None) -> list[str]:
    """Return the hosts of an entry that are reached through the credential gateway."""
    if gateway is None:
        return []
    hosts = [route.host for route in gateway.routes.routes if gateway.origins.get(route.host) is group]
    return [host for host in hosts if not granted.hosts or host in granted.hosts]


def _resolve_gateway(hosts: Sequence[str], requests: Sequence[str] | None, gateway: CredentialGatewaySpec) -> list[Endpoint]:
    """Return the credential gateway in place of some hosts; the first segment of a request's path is the host.

    Args:
        hosts: the hosts.
        requests: the permitted requests; None: any. A call of MCP is in the body of a request, and has no path.
        gateway: the gateway.
    """
    called = [request for request in requests or () if " /" not in request]
    paths = [request.partition(" ") for request in requests or () if " /" in request]
    listed = [f"{method} /{host}{path}" for host in hosts for method, _, path in paths]
    free = [] if requests else [f"* /{host}/**" for host in hosts]
    ports = (PortRange(gateway.port, gateway.port),)
    return [Endpoint(host=None, networks=(gateway.subnet,), ports=ports, tls=False, requests=(*listed, *called, *free))]


def _narrow_hosts(hosts: tuple[str, ...], patterns: tuple[DomainPattern, ...]) -> Iterator[DomainPattern]:
    """Yield the hosts that a group permits, or all of its patterns where no host is named."""
    if not hosts:
        yield from patterns
    for text in hosts:
        host = DomainPattern(text)
        if any(pattern.covers(host) is Ternary.YES for pattern in patterns):
            yield host


def _build_requests(granted: GrantedEgress, section: SandboxSection) -> tuple[str, ...] | None:
    if granted.to != WebGroupId.MCP_GATEWAYS.value:
        return granted.requests or None
    tools = sorted({tool for task in section.tasks if task.name in granted.tasks for tool in task.tools})
    return (*MCP_CALLS, *(f"tools/call {tool}" for tool in tools))


def _build_url_endpoint(url: UrlPattern) -> Endpoint:
    return Endpoint(host=url.host, ports=_HTTPS, requests=list_url_requests(url))
