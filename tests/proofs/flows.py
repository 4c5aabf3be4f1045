"""Random flows of the small world that enumeration lists."""

from __future__ import annotations

import random

from containment.names import Protocol
from containment.policy.flow import Application, Carrier, Flow, Source
from tests.proofs.exhaustive import ADDRESSES, NAMES, PORT_POINTS, TAG_POINTS

ODD = (None, "", "A.B.", "no such name", "x", "a.b")


def some_flow(rng: random.Random) -> Flow:
    """Return a flow of which all is known but its path."""
    protocol = rng.choice([Protocol.TCP] * 5 + [Protocol.UDP, Protocol.ICMP, Carrier.OTHER])
    application = rng.choice([*Application, Application.TLS]) if protocol in (Protocol.TCP, Protocol.UDP) else Application.OTHER
    name = rng.choice(ODD if rng.random() < 0.25 else NAMES) if application is not Application.OTHER else None
    port = rng.choice(PORT_POINTS) if protocol in (Protocol.TCP, Protocol.UDP) else None
    tags = {key: value for key, value in rng.choice(TAG_POINTS).items() if value != "-"}
    return Flow(Source(rng.choice(ADDRESSES), tags), rng.choice(ADDRESSES), protocol, port, application, name, forged=rng.random() < 0.2)
