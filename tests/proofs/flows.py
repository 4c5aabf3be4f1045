"""Random flows through the plain first match and the compiled form, which must decide the same."""

from __future__ import annotations

import random
from dataclasses import replace

from containment.model.decide import decide
from containment.model.flow import Application, Carrier, Flow, Source
from containment.model.names import Protocol
from containment.model.reach.compiled import Compiled
from containment.model.ruleset import RuleSet
from tests.proofs.exhaustive import ADDRESSES, NAMES, PORT_POINTS, TAG_POINTS


def some_flow(rng: random.Random) -> Flow:
    protocol = rng.choice([Protocol.TCP] * 5 + [Protocol.UDP, Protocol.ICMP, Carrier.OTHER])
    application = rng.choice([*Application, Application.TLS]) if protocol in (Protocol.TCP, Protocol.UDP) else Application.OTHER
    name = rng.choice([*NAMES, None, "", "A.B.", "no such name"]) if application is not Application.OTHER else None
    port = rng.choice(PORT_POINTS) if protocol in (Protocol.TCP, Protocol.UDP) else None
    tags = {key: value for key, value in rng.choice(TAG_POINTS).items() if value != "-"}
    return Flow(Source(rng.choice(ADDRESSES), tags), rng.choice(ADDRESSES), protocol, port, application, name, forged=rng.random() < 0.2)


def agree(ruleset: RuleSet, flows: list[Flow]) -> None:
    compiled = Compiled(ruleset)
    for flow in flows:
        assert compiled.decide(flow) == replace(decide(ruleset, flow), passed_over=()), flow
