"""Read the permissions that an OpenShell policy grants, from its text: what OpenShell enforces, not what the file intends.

Settings that turn a rule off are read as such: in `audit` every request passes, with `best_effort` every file is open on a kernel without
Landlock. Rules that only narrow (`deny_rules`, `query`, `path` of an endpoint) are left out, so that nothing is read too narrowly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from typing import Final

from containment.addresses.port_range import PortRange
from containment.patterns.domain import DomainPattern
from containment.renderings.openshell.document import AnyOf, Call, Policy, PolicyEndpoint
from containment.sandbox.permissions import Endpoint, PathGrant, Permissions, ProgramEgress

BASELINE_READ_ONLY: Final = ("/usr", "/lib", "/etc", "/app", "/var/log", "/proc", "/dev/urandom")
BASELINE_READ_WRITE: Final = ("/tmp", "/dev/null")  # noqa: S108 - the sandbox's
"""Paths that OpenShell's supervisor adds to every policy with network rules, whatever the policy lists.

Read in the supervisor's source (`PROXY_BASELINE_READ_ONLY`, `PROXY_BASELINE_READ_WRITE`) of the releases up to November 2026. A class
accepts them in `sandbox.runtimePaths`; without that, a policy for OpenShell is wider than the class.
"""
_WHY_ADDED: Final = "OpenShell adds this path to every policy with network rules"
_READ: Final = ("GET", "HEAD", "OPTIONS")
_ACCESS: Final = {"read-only": _READ, "read-write": (*_READ, "POST", "PUT", "PATCH", "DELETE"), "full": ("*",)}
_KNOWN_MCP: Final = ("completion/**", "logging/**", "prompts/**", "resources/**", "roots/**", "sampling/**", "tools/**")
_EVERY_PORT: Final = (PortRange(0, 65535),)
BASELINE_ORIGIN: Final = "OpenShell's supervisor"


def read_permissions(policy: Policy) -> Permissions:
    """Return everything that a policy grants; starting programs is not restricted, so `programs` is None, and so is `tasks`."""
    read, write = list(_read_paths(policy, writes=False)), list(_read_paths(policy, writes=True))
    return Permissions(
        read=tuple(read),
        write=tuple(write),
        programs=None,
        egress=tuple(_read_egress(policy)),
        tasks=None,
        others=tuple(_read_others(policy)),
    )


def list_baseline(policy: Policy) -> Permissions:
    """Return the paths that OpenShell adds to a policy."""
    if not policy.network_policies:
        return Permissions()
    return Permissions(
        read=tuple(PathGrant(path, BASELINE_ORIGIN, _WHY_ADDED) for path in BASELINE_READ_ONLY),
        write=tuple(PathGrant(path, BASELINE_ORIGIN, _WHY_ADDED) for path in BASELINE_READ_WRITE),
    )


def _read_paths(policy: Policy, *, writes: bool) -> Iterator[PathGrant]:
    files = policy.filesystem_policy
    if files is None:
        yield PathGrant("/", "filesystem_policy", "the policy has no rules for files")
        return
    compatibility = policy.landlock.compatibility if policy.landlock else ""
    if compatibility != "hard_requirement":
        why = f"{compatibility or 'best_effort, the default,'} applies no rule where the kernel lacks Landlock"
        yield PathGrant("/", "landlock.compatibility", why)
    key, paths = ("read_write", files.read_write) if writes else ("read_only", files.read_only)
    for place, path in enumerate(paths):
        yield PathGrant(path, f"filesystem_policy.{key}.{place}")


def _read_others(policy: Policy) -> Iterator[tuple[str, str]]:
    if policy.filesystem_policy and policy.filesystem_policy.include_workdir:
        yield "filesystem_policy.include_workdir", "the working folder can be written, whichever it is"
    user = str(policy.process.run_as_user if policy.process else "")
    group = str(policy.process.run_as_group if policy.process else "")
    for key, name in (("run_as_user", user), ("run_as_group", group)):
        if name in ("", "0", "root"):
            yield f"process.{key}", f"processes run as {'root' if name else 'the user that OpenShell chooses'}"
    for name in policy.network_middlewares:
        yield f"network_middlewares.{name}", f"the content of requests is passed to the middleware {name}"
    for rule, found in policy.network_policies.items():
        for place, endpoint in enumerate(found.endpoints):
            yield from _read_other_rights(endpoint, f"network_policies.{rule}.endpoints.{place}")


def _read_other_rights(endpoint: PolicyEndpoint, origin: str) -> Iterator[tuple[str, str]]:
    if endpoint.allow_encoded_slash:
        yield f"{origin}.allow_encoded_slash", "GET /a%2F..%2Fb passes a rule for one segment, and servers read it as another path"
    if endpoint.allow_uninspected_credentials:
        yield f"{origin}.allow_uninspected_credentials", "a credential can be sent where no one reads the request"
    for key in ("websocket_credential_rewrite", "request_body_credential_rewrite", "credential_signing"):
        if getattr(endpoint, key):
            yield f"{origin}.{key}", "a credential of OpenShell is put into the agent's requests"
    if endpoint.credential_binding:
        yield f"{origin}.credential_binding", "a credential of OpenShell is put into the agent's requests"


def _read_egress(policy: Policy) -> Iterator[ProgramEgress]:
    for rule, found in policy.network_policies.items():
        programs = [binary.path for binary in found.binaries] or ["/**"]
        for place, endpoint in enumerate(found.endpoints):
            read = _read_endpoint(endpoint, f"network_policies.{rule}.endpoints.{place}")
            for program in programs:
                yield ProgramEgress(program, read)


def _read_endpoint(endpoint: PolicyEndpoint, origin: str) -> Endpoint:
    requests, why = _read_requests(endpoint)
    return Endpoint(
        host=_read_host(endpoint.host),
        networks=tuple(map(ip_network, endpoint.allowed_ips)),
        ports=tuple(PortRange(port, port) for port in endpoint.all_ports) or _EVERY_PORT,
        tls=endpoint.protocol != "tcp" and bool(endpoint.host),
        requests=requests,
        origin=origin,
        why=why,
    )


def _read_host(text: str) -> DomainPattern | None:
    if not text:
        return None
    try:
        return DomainPattern.parse(text.replace("**", "*"))
    except ValueError:
        return DomainPattern("*")  # a host that is not understood may be any


def _read_requests(endpoint: PolicyEndpoint) -> tuple[tuple[str, ...] | None, str]:
    """Return the requests that pass, None for all of them, and why where a setting opens them."""
    if endpoint.protocol not in ("rest", "mcp"):
        return None, f"requests of protocol {endpoint.protocol} are not compared" if endpoint.protocol not in ("", "tcp") else ""
    if endpoint.enforcement != "enforce":
        return None, f"enforcement is {endpoint.enforcement or 'audit, the default'}: rules are logged, not applied"
    if endpoint.tls:
        return None, f"tls is {endpoint.tls}: requests are not read"
    if endpoint.protocol == "mcp":
        return tuple(_read_mcp_calls(endpoint)), ""
    if endpoint.access:
        return tuple(f"{method} /**" for method in _ACCESS.get(endpoint.access, ("*",))), ""
    return tuple(f"{one.allow.method or '*'} {one.allow.path or '/**'}" for one in endpoint.rules), ""


def _read_mcp_calls(endpoint: PolicyEndpoint) -> Iterator[str]:
    if endpoint.access:
        yield "**"
    if endpoint.mcp is None or endpoint.mcp.allow_all_known_mcp_methods is not False:
        yield from _KNOWN_MCP
    for rule in endpoint.rules:
        method = rule.allow.method or "**"
        tools = list(_read_tools(rule.allow))
        if "tools/call" in method or "*" in method or "?" in method:
            yield from (f"{method} {tool}" for tool in tools)
            if method == "tools/call":
                continue
        yield method


def _read_tools(call: Call) -> Iterable[str]:
    """Return the globs of tools that a rule names; any where it names none."""
    matcher = call.tool if call.tool is not None else call.params.get("name")
    if isinstance(matcher, AnyOf):
        return matcher.any
    if isinstance(matcher, dict):
        return [str(one) for one in matcher.get("any", ["**"])]
    return [str(matcher)] if matcher else ["**"]
