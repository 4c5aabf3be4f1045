"""Addresses are safe: `allowed_ips` opens private addresses, and never the machine itself or the metadata service."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from containment.renderings.openshell.document import Policy
from containment.renderings.openshell.rule import Finding, LintRule, iterate_endpoints

_REFUSED: Final = {
    "127.0.0.0/8": "the machine itself",
    "169.254.0.0/16": "link-local addresses, with the metadata service",
    "0.0.0.0/32": "the machine itself",
    "::1/128": "the machine itself",
    "fe80::/10": "link-local addresses",
    "fd00:ec2::254/128": "the metadata service",
}


def _find(policy: Policy) -> Iterator[Finding]:
    for where, endpoint in iterate_endpoints(policy):
        for place, text in enumerate(endpoint.allowed_ips):
            network = ip_network(text)
            for refused, what in _REFUSED.items():
                other = ip_network(refused)
                if network.version == other.version and network.overlaps(other):
                    yield f"{where}.allowed_ips.{place}", f"{text} contains {refused}: {what}"


RULE = LintRule(
    id="addresses-are-safe",
    info="allowed_ips contains no loopback and no link-local address.",
    why="the metadata service gives credentials of the host to whoever reaches it",
    fix="list the networks of the service alone",
    find=_find,
)
