"""Private keys that the program creates: none may reach an agent host.

A key in user data or in a tag is readable on the host and by every principal that may describe the host. In a preview the key is
unknown, so the dependencies of each property of a host and of its templates decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policypack.facts.hosts import find_hosts
from policypack.graph.resources import Graph, Resource

KEY_TYPES: Final = (
    "tls:index/privateKey:PrivateKey",
    "tls:index/certRequest:CertRequest",
    "tls:index/locallySignedCert:LocallySignedCert",
    "tls:index/selfSignedCert:SelfSignedCert",
)
"""Types with a private key among their inputs or outputs."""


def find_violations(graph: Graph) -> Iterator[tuple[Resource, str]]:
    """Yield hosts and templates with a property that depends on a private key."""
    keys = {one.urn: one for one in graph.find_by_type(*KEY_TYPES)}
    if not keys:
        return
    for holder in dict.fromkeys(one for host in find_hosts(graph) for one in (host.resource, *host.templates)):
        for name, urns in holder.property_dependencies.items():
            for key in (keys[urn] for urn in urns if urn in keys):
                yield holder, f"has {name} made from {key.label}: a private key does not belong on an agent host"
