"""Private keys made by the program: none reaches an agent host.

A key in user data or in a tag can be read by everybody on the host and by whoever may describe it. In a preview the key is not known
yet, so what counts is which properties of a host, or of its template, are made from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policypack.graph import Graph, Resource
from policypack.hosts import find_hosts

KEY_TYPES: Final = (
    "tls:index/privateKey:PrivateKey",
    "tls:index/certRequest:CertRequest",
    "tls:index/locallySignedCert:LocallySignedCert",
    "tls:index/selfSignedCert:SelfSignedCert",
)
"""Types with a private key among their inputs or outputs."""


def faults(graph: Graph) -> Iterator[tuple[Resource, str]]:
    """Yield hosts and templates that have a property made from a private key."""
    keys = {one.urn: one for one in graph.of(*KEY_TYPES)}
    if not keys:
        return
    for holder in dict.fromkeys(one for host in find_hosts(graph) for one in (host.resource, *host.templates)):
        for name, urns in holder.property_dependencies.items():
            for key in (keys[urn] for urn in urns if urn in keys):
                yield holder, f"has {name} made from {key.label}: a private key does not belong on an agent host"
