"""What must hold for every stack's policy, asked of plain `decide`, flow by flow.

The program asks before it registers anything; the policy pack asks the same of the resources, another way. An answer
UNKNOWN has failed. Exact answers over all flows are the analyser's.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from containment.model.decide import decide
from containment.model.errors import Problem
from containment.model.flow import Application, Decision, Effect, Flow, Somewhere, Source, Verdict
from containment.model.names import HTTPS_PORT, PolicyMode, Protocol, RuleId, WebGroupId
from containment.model.ruleset import RuleSet
from containment.model.spec import ContainmentSpec

NOBODY = "nobody-has-approved-this.invalid"
"""A name in no catalog (RFC 2606)."""


def broken_invariants(spec: ContainmentSpec, ruleset: RuleSet) -> list[Problem]:
    """Return every invariant that does not hold, with the flow that shows it."""
    return list(_broken(spec, ruleset))


def agent_source(spec: ContainmentSpec) -> Source:
    """Return an untagged workload in the first agent subnet: what an agent is after somebody removed its tags."""
    return Source(spec.agent_subnets[0].network_address + 10, {})


def _broken(spec: ContainmentSpec, ruleset: RuleSet) -> Iterator[Problem]:
    agent = agent_source(spec)
    shadow = f"{spec.prefix}-{RuleId.SHADOW_MODEL_DENY.value}"
    default = f"{spec.prefix}-{RuleId.DEFAULT_DENY.value}"
    names = [str(pattern).replace("*", "x") for pattern in spec.destinations[WebGroupId.UNAPPROVED_MODELS].patterns]
    for name in names:
        flow = Flow(agent, Somewhere.PUBLIC, Protocol.TCP, HTTPS_PORT, Application.TLS, name)
        yield from _must_deny(spec, flow, decide(ruleset, flow), shadow)
    dns = f"{spec.prefix}-{RuleId.DNS_EXFIL_UDP.value}"
    resolver = IPv4Address("8.8.8.8")
    for flow, rule in (
        (Flow(agent, Somewhere.PUBLIC, Protocol.TCP, HTTPS_PORT, Application.TLS, NOBODY), default),
        (Flow(agent, Somewhere.PUBLIC, Protocol.TCP, HTTPS_PORT, Application.TLS, None), default),
        (Flow(agent, Somewhere.PUBLIC, Protocol.TCP, HTTPS_PORT, Application.OTHER, None), default),
        (Flow(agent, Somewhere.PUBLIC, Protocol.UDP, HTTPS_PORT), default),
        (Flow(agent, Somewhere.PUBLIC, Protocol.ICMP, None), default),
        (Flow(agent, resolver, Protocol.UDP, 53), dns),
    ):
        yield from _must_deny(spec, flow, decide(ruleset, flow), rule)


def _must_deny(spec: ContainmentSpec, flow: Flow, decision: Decision, rule: str) -> Iterator[Problem]:
    wanted = Effect.BLOCKED if spec.mode is PolicyMode.ENFORCE else Effect.DELIVERED
    if (decision.verdict, decision.rule, decision.effect, decision.enforce_effect) == (Verdict.DENY, rule, wanted, Effect.BLOCKED):
        return
    yield Problem(
        f"policy of {spec.stack}",
        f"{flow} is {decision.verdict.value} by {decision.rule or 'the default action'} ({decision.effect.value})",
        f"it must be denied by {rule}, and {wanted.value} in {spec.mode.value}",
        "remove the permit that stands before it, or give the deny its scope back",
    )
