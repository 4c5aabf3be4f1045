"""Requests are inspected: an endpoint with a protocol has rules, and its TLS is not skipped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from containment.renderings.openshell.document import Policy, PolicyEndpoint
from containment.renderings.openshell.rule import Finding, LintRule, iterate_endpoints

_NEED_RULES: Final = ("rest", "websocket", "graphql", "sql")
_PROTOCOLS: Final = ("", "tcp", *_NEED_RULES, "mcp", "json-rpc")
_ACCESS: Final = ("", "read-only", "read-write", "full")


def _find(policy: Policy) -> Iterator[Finding]:
    for where, endpoint in iterate_endpoints(policy):
        yield from ((f"{where}.{key}", what) for key, what in _find_in_endpoint(endpoint))


def _find_in_endpoint(endpoint: PolicyEndpoint) -> Iterator[Finding]:
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


RULE = LintRule(
    id="requests-are-inspected",
    info="Endpoints with a protocol have either rules or access, never access: full, and tls is not set.",
    why="a rule for requests that are not read is no rule",
    fix="set a protocol with rules, and remove tls",
    find=_find,
)
