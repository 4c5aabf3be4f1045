"""Random flows through the plain first match and the compiled form, which must decide the same; of some not all is known."""

from __future__ import annotations

import random
from dataclasses import replace

from containment.analysis.compiled_policy import CompiledPolicy
from containment.names import Protocol
from containment.policy.first_match import decide
from containment.policy.flow import Application, Carrier, Flow, Source, UnresolvedAddress
from containment.policy.rules import RuleSet
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


def any_flow(rng: random.Random) -> Flow:
    """Return a flow; of one in ten something is not known."""
    flow = some_flow(rng)
    return less_known(rng, flow) if rng.random() < 0.1 else flow


def web_flow(rng: random.Random) -> Flow:
    """Return a flow to a web server of which the path is known, or not."""
    flow = replace(some_flow(rng), protocol=Protocol.TCP, port=443)
    application = rng.choice([Application.TLS, Application.HTTP])
    return replace(flow, application=application, server_name=rng.choice(NAMES), path=rng.choice([None, "/x", "/x/y", "/z", "/nothing"]))


def less_known(rng: random.Random, flow: Flow) -> Flow:
    """Return the flow with one part that is not known, or its path, which is."""
    source = flow.source
    return rng.choice(
        [
            replace(flow, source=Source(None, source.tags)),
            replace(flow, source=Source(source.address, None)),
            replace(flow, destination=rng.choice([*UnresolvedAddress])),
            replace(flow, protocol=Protocol.ANY, port=None),
            replace(flow, port=None),
            replace(flow, path=rng.choice(["/x", "/x/y", "/z", "/nothing"])),
        ]
    )


def agree(ruleset: RuleSet, flows: list[Flow]) -> None:
    compiled = CompiledPolicy(ruleset)
    for flow in flows:
        assert compiled.decide(flow) == replace(decide(ruleset, flow), passed_over=()), flow
    applied = sum(1 << index for index, rule in enumerate(ruleset.rules) if not rule.watch)
    for may, must, _ in compiled._known:
        certain = must & applied
        assert may < 2 * (certain & -certain) or not certain, "what stands behind the rule that decides is not told apart"
