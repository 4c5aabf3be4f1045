"""Everything that the connections of one sandbox share."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from containment.local_proxy.bounds import Bounds
from containment.local_proxy.record import Record
from containment.local_proxy.rules.decision import Policy
from containment.local_proxy.searches import Searches
from containment.local_proxy.slots import Slots
from containment.local_proxy.termination.authority import SandboxAuthority
from containment.local_proxy.termination.tls_stream import make_trust
from containment.local_proxy.wire.resolver import Resolver
from containment.local_proxy.wire.upstream import Upstream


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The policy, the record, and the ways to processes, names and destinations."""

    policy: Policy
    record: Record
    searches: Searches
    resolver: Resolver
    upstream: Upstream
    bounds: Bounds
    slots: Slots
    authority: SandboxAuthority | None = None
    """The authority by which TLS is ended here; None: requests in TLS stay hidden, and what depends on them is denied."""
    trust: ssl.SSLContext = field(default_factory=make_trust)
    """Settings of TLS with servers."""
