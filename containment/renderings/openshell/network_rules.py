"""Lint rules about the network: endpoints and programs that OpenShell accepts, and that permit more than they seem to."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from containment.renderings.openshell.document import Policy, PolicyEndpoint
from containment.renderings.openshell.rule import Finding, LintRule, search_endpoints
from containment.sandbox.paths import normalize

_REFUSED: Final = {
    "127.0.0.0/8": "the machine itself",
    "169.254.0.0/16": "link-local addresses, with the metadata service",
    "0.0.0.0/32": "the machine itself",
    "::1/128": "the machine itself",
    "fe80::/10": "link-local addresses",
    "fd00:ec2::254/128": "the metadata service",
}
_NEED_RULES: Final = ("rest", "websocket", "graphql", "sql")
_PROTOCOLS: Final = ("", "tcp", *_NEED_RULES, "mcp", "json-rpc")
_ACCESS: Final = ("", "read-only", "read-write", "full")


def _find_unsafe_addresses(endpoint: PolicyEndpoint) -> Iterator[Finding]:
    for place, text in enumerate(endpoint.allowed_ips):
        network = ip_network(text)
        for refused, what in _REFUSED.items():
            other = ip_network(refused)
            if network.version == other.version and network.overlaps(other):
                yield f"allowed_ips.{place}", f"{text} contains {refused}: {what}"


def _find_unnamed_binaries(policy: Policy) -> Iterator[Finding]:
    for name, rule in policy.network_policies.items():
        where = f"network_policies.{name}.binaries"
        if not rule.binaries:
            yield where, "is empty"
        for place, binary in enumerate(rule.binaries):
            folder = binary.path.rpartition("/")[0]
            if normalize(binary.path) != binary.path:
                yield f"{where}.{place}.path", f"{binary.path!r} is not an absolute path in normal form"
            elif "**" in binary.path or "*" in folder or (folder.count("/") < 2 and "*" in binary.path):
                yield f"{where}.{place}.path", f"{binary.path!r} covers programs of several folders, or of a whole one of the system"


def _find_unbound_credentials(endpoint: PolicyEndpoint) -> Iterator[Finding]:
    if endpoint.allow_uninspected_credentials:
        yield "allow_uninspected_credentials", "is true"
    if endpoint.websocket_credential_rewrite and endpoint.protocol != "websocket":
        yield "websocket_credential_rewrite", f"is true for protocol {endpoint.protocol or 'none'}"
    if endpoint.credential_signing and endpoint.request_body_credential_rewrite:
        yield "credential_signing", "is set as well as request_body_credential_rewrite"


def _find_wide_hosts(endpoint: PolicyEndpoint) -> Iterator[Finding]:
    if not endpoint.all_ports:
        yield "ports", "is not set"
    if endpoint.ports and endpoint.port is not None:
        yield "port", "is set as well as ports"
    if not endpoint.host and not endpoint.allowed_ips:
        yield "host", "is not set, and neither is allowed_ips"
    first, _, rest = endpoint.host.partition(".")
    if "*" in rest:
        yield "host", f"{endpoint.host!r} has a wildcard after the first label"
    elif "*" in first and "." not in rest:
        yield "host", f"{endpoint.host!r} covers a whole top-level domain or more"
    if any(letter in endpoint.host for letter in "/:@ "):
        yield "host", f"{endpoint.host!r} is not a host name"
    if endpoint.protocol == "tcp" and not endpoint.host:
        yield "host", "is not set, and protocol tcp needs one"


def _find_unlisted_tools(endpoint: PolicyEndpoint) -> Iterator[Finding]:
    if endpoint.protocol != "mcp":
        return
    if endpoint.mcp is None or endpoint.mcp.allow_all_known_mcp_methods is not False:
        yield "mcp.allow_all_known_mcp_methods", "is not false"
    if endpoint.mcp is None or endpoint.mcp.strict_tool_names is not True:
        yield "mcp.strict_tool_names", "is not true"
    for place, rule in enumerate(endpoint.rules):
        method, tool = rule.allow.method, rule.allow.tool
        if not method or "*" in method:
            yield f"rules.{place}.allow.method", f"is {method or 'not set'}: every method passes"
        if method == "tools/call" and (not isinstance(tool, str) or "*" in tool):
            yield f"rules.{place}.allow.tool", f"is {tool if isinstance(tool, str) else 'not one name'}"


def _find_ambiguous_paths(endpoint: PolicyEndpoint) -> Iterator[Finding]:
    if endpoint.allow_encoded_slash:
        yield "allow_encoded_slash", "is true"
    for place, rule in enumerate(endpoint.rules):
        path = rule.allow.path
        if "%" in path or "//" in path or {".", ".."} & {*path.split("/")}:
            yield f"rules.{place}.allow.path", f"{path!r} has an escape, '..', '.' or '//'"


def _find_uninspected_requests(endpoint: PolicyEndpoint) -> Iterator[Finding]:
    if endpoint.protocol not in _PROTOCOLS:
        yield "protocol", f"is {endpoint.protocol!r}, which is none of {', '.join(one for one in _PROTOCOLS if one)}"
    if endpoint.access not in _ACCESS:
        yield "access", f"is {endpoint.access!r}, which is none of {', '.join(one for one in _ACCESS if one)}"
    if endpoint.access == "full":
        yield "access", "is full: every request passes"
    if endpoint.tls:
        yield "tls", f"is {endpoint.tls}: {'requests are not read' if endpoint.tls == 'skip' else 'a setting that OpenShell dropped'}"
    if endpoint.access and endpoint.rules:
        yield "access", "is set as well as rules"
    if endpoint.protocol in _NEED_RULES and not (endpoint.access or endpoint.rules):
        yield "rules", f"is empty, and protocol {endpoint.protocol} needs rules or access"
    if endpoint.protocol in ("mcp", "json-rpc") and endpoint.access:
        yield "access", f"is set, and protocol {endpoint.protocol} takes rules alone"
    if endpoint.protocol in ("", "tcp"):
        yield from (
            (key, "is set without a protocol that reads requests") for key in ("access", "rules", "deny_rules") if getattr(endpoint, key)
        )


def _find_unenforced_rules(endpoint: PolicyEndpoint) -> Iterator[Finding]:
    if endpoint.enforcement != "enforce":
        yield "enforcement", f"is {endpoint.enforcement or 'not set, which means audit'}"


NETWORK_RULES: Final = (
    LintRule(
        id="addresses-are-safe",
        info="allowed_ips contains no loopback and no link-local address.",
        why="the metadata service gives credentials of the host to whoever reaches it",
        fix="list the networks of the service alone",
        find=search_endpoints(_find_unsafe_addresses),
    ),
    LintRule(
        id="binaries-are-named",
        info="Every rule lists its programs, by path or with one wildcard at the end of a narrow folder.",
        why="a program that is not meant would have the connections of one that is",
        fix="name each program by its path",
        find=_find_unnamed_binaries,
    ),
    LintRule(
        id="credentials-are-bound",
        info="No endpoint sends credentials on traffic that OpenShell cannot read.",
        why="a credential that leaves unread can be sent to another account",
        fix="remove the key, or set the protocol that reads the request",
        find=search_endpoints(_find_unbound_credentials),
    ),
    LintRule(
        id="hosts-are-named",
        info="Every endpoint names a host and ports, with a wildcard in the first label at most.",
        why="a wide host is a permit for everyone who can register a name below it",
        fix="name one host and its ports",
        find=search_endpoints(_find_wide_hosts),
    ),
    LintRule(
        id="mcp-tools-are-listed",
        info="An mcp endpoint permits tools by name, and no other method than its rules list.",
        why="a server adds tools at any time, and each would be callable",
        fix="set mcp: {strict_tool_names: true, allow_all_known_mcp_methods: false} and one rule per tool",
        find=search_endpoints(_find_unlisted_tools),
    ),
    LintRule(
        id="paths-are-read-once",
        info="No endpoint passes %2F, and no rule has a path that servers read differently.",
        why="a server that decodes the path serves another one than OpenShell compared",
        fix="remove allow_encoded_slash, and write paths without escapes",
        find=search_endpoints(_find_ambiguous_paths),
    ),
    LintRule(
        id="requests-are-inspected",
        info="Endpoints with a protocol have either rules or access, never access: full, and tls is not set.",
        why="a rule for requests that are not read is no rule",
        fix="set a protocol with rules, and remove tls",
        find=search_endpoints(_find_uninspected_requests),
    ),
    LintRule(
        id="rules-are-enforced",
        info="Every endpoint sets enforcement: enforce.",
        why="in audit a request outside of the rules is logged and delivered",
        fix="set enforcement: enforce",
        find=search_endpoints(_find_unenforced_rules),
    ),
)
