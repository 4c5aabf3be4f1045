"""The stand-in `aws` provider: the types that a containment stack uses, and those that would make a hole in it, over moto.

Any other aws type can be previewed and judged; creating it is refused by name.
"""

from __future__ import annotations

from itertools import chain

from containment.lab.home import LabHome
from containment.lab.providers.aws import (
    acls,
    addresses,
    compute,
    dns_firewall,
    endpoints,
    exits,
    iam,
    network,
    records,
    resolver,
    routing,
    security,
    ways_in,
)
from containment.lab.providers.aws.invokes import INVOKES, serve_invokes
from containment.lab.providers.aws.resource import Resource, Unserved
from containment.lab.providers.aws.schema import facts, version
from containment.lab.providers.base import Provider

AREAS = (network, routing, security, acls, endpoints, addresses, compute, exits, ways_in, resolver, dns_firewall, iam, records)
TYPES: tuple[type[Resource], ...] = tuple(chain.from_iterable(area.TYPES for area in AREAS))
"""Every type that is served for real."""


def servicer(home: LabHome) -> Provider:
    """Return the provider for one home's cloud."""
    return provider(f"http://127.0.0.1:{home.ports().aws}", home)


def provider(endpoint: str, home: LabHome) -> Provider:
    """Return the provider for the cloud at `endpoint`, its journal in `home`."""
    return Provider(
        "aws",
        version(),
        handlers=[each(endpoint) for each in TYPES],
        invokes=serve_invokes(endpoint),
        journal=home.root / "journal-aws",
        fallback=lambda token: Unserved(token) if token.startswith("aws:") and not token.startswith("aws:index") else None,
        accepts=lambda token: facts(token).inputs or None,
    )


__all__ = ["INVOKES", "TYPES", "provider", "servicer"]
