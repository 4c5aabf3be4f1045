"""Hosts are named: an endpoint has one host and its ports; a wildcard covers the first label alone."""

from __future__ import annotations

from collections.abc import Iterator

from containment.renderings.openshell.document import Policy, PolicyEndpoint
from containment.renderings.openshell.rule import Finding, LintRule, iterate_endpoints


def _find(policy: Policy) -> Iterator[Finding]:
    for where, endpoint in iterate_endpoints(policy):
        yield from ((f"{where}.{key}", what) for key, what in _find_in_endpoint(endpoint))


def _find_in_endpoint(endpoint: PolicyEndpoint) -> Iterator[Finding]:
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


RULE = LintRule(
    id="hosts-are-named",
    info="Every endpoint names a host and ports, with a wildcard in the first label at most.",
    why="a wide host is a permit for everyone who can register a name below it",
    fix="name one host and its ports",
    find=_find,
)
