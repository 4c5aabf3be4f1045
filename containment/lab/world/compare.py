"""Predicted against observed: each row of a scenario table as `decide` says it, and as packets through the deployed policy do.

Rules kept here:
- the prediction is the model's, from the stack's own configuration; the observation is the gateway's, from what was deployed, without the
  VPC's own filters and the DNS firewall, because the prediction is about DCF alone;
- rows that go to one address are sent one after the other, so that a log line belongs to one row;
- what stays inside the VPC (its resolver, its endpoints) never meets DCF: such a row is EXPLAINED when the packets are delivered as
  predicted and no DCF rule was asked;
- a row that should arrive and ran out of time is sent once more: a busy machine is no policy, and what is refused stays refused;
- a row that was not sent has not agreed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from containment.lab.world.attempts import Outcome, attempt_all
from containment.lab.world.control import World
from containment.lab.world.evasion import ALL_LAYERS, matches_rule
from containment.model.decide import decide
from containment.model.flow import Application, Effect, Source
from containment.model.names import Protocol
from containment.model.policy import build_ruleset
from containment.model.scenario import Expectation, Place, Scenario, ScenarioFlow
from containment.model.scenario_flow import flow_of, seen
from containment.model.spec import ContainmentSpec

LEFT_OUT = frozenset({"security-groups", "dns-firewall"})
SHORT, LONG = 3.0, 12.0
"""Seconds that a row's attempt waits for an answer: at first, and when it should have been delivered and was not."""
SAYS = {Protocol.TCP: "say", Protocol.UDP: "udp", Protocol.ICMP: "protocol", Protocol.ANY: "protocol"}


@dataclass(frozen=True)
class Compared:
    """One row: `state` is AGREES, EXPLAINED or DISAGREES, `why` says what is different."""

    scenario: Scenario
    predicted: Expectation
    state: str
    why: str = ""


def command_of(flow: ScenarioFlow, spec: ContainmentSpec) -> tuple[str, ...]:
    """Return the attempt (`attacks`) that sends a row's flow; where only a name is said, to an address that no other row has."""
    to = "attacker"
    if flow.address is not None:
        to = str(flow.address)
    elif flow.place is Place.VPC_RESOLVER:
        to = str(spec.dns_resolver)
    elif flow.place is Place.VPC_ENDPOINTS:
        to = f"name:{flow.server_name}"
    words = [f"to={to}", *([f"port={flow.port}"] if flow.port is not None else [])]
    if flow.place is Place.VPC_RESOLVER:
        return ("dns", "at=resolver", f"via={flow.protocol.value.lower()}", "name=NONCE.attacker.example")
    if flow.application is Application.TLS and flow.protocol is Protocol.TCP:
        return ("tls", *words, *([f"sni={flow.server_name}"] if flow.server_name else []), *([f"path={flow.path}"] if flow.path else []))
    if flow.application is Application.HTTP and flow.protocol is Protocol.TCP:
        return ("http", *words, f"host={flow.server_name}" if flow.server_name else "form=old")
    number = {Protocol.ICMP: ["number=1"], Protocol.ANY: ["number=253"]}.get(flow.protocol, [])
    return (SAYS[flow.protocol], *words, *number)


def compare(world: World, spec: ContainmentSpec, rows: Sequence[Scenario]) -> list[Compared]:
    """Send every row that is a flow, and hold what was seen against what was predicted."""
    ruleset = build_ruleset(spec)
    flows = [(each, each.flow) for each in rows if each.flow is not None]
    attempts = [each.model_copy(update={"flow": None, "command": command_of(flow, spec)}) for each, flow in flows]
    source = Source(spec.agent_subnets[0].network_address + 10, None)
    predicted = {scenario.id: seen(spec, decide(ruleset, flow_of(flow, spec, source))) for scenario, flow in flows}
    try:
        world.ask("layers", layers=[each for each in ALL_LAYERS if each not in LEFT_OUT])
        outcomes = {key: one for batch in _apart(attempts) for key, one in attempt_all(world, batch, SHORT).items()}
        late = [each for each in attempts if predicted[each.id].effect is Effect.DELIVERED and _ran_out_of_time(outcomes[each.id])]
        outcomes |= {key: one for batch in _apart(late) for key, one in attempt_all(world, batch, LONG).items()}
    finally:
        world.ask("layers", layers=list(ALL_LAYERS))
    return [_compared(scenario, flow, predicted[scenario.id], outcomes[scenario.id]) for scenario, flow in flows]


def _ran_out_of_time(outcome: Outcome) -> bool:
    return not outcome.arrived and outcome.ended.startswith("TimeoutError")


def _apart(attempts: Sequence[Scenario]) -> list[list[Scenario]]:
    """Return attempts in as few batches as no two to one place share."""
    batches: list[tuple[set[str], list[Scenario]]] = []
    for each in attempts:
        place = next((word for word in each.command or () if word.startswith(("to=", "at="))), "to=attacker")
        free = next((batch for batch in batches if place == "to=attacker" or place not in batch[0]), None)
        if free is None:
            batches.append(free := (set(), []))
        free[0].add(place)
        free[1].append(each)
    return [batch for _, batch in batches]


def _compared(scenario: Scenario, flow: ScenarioFlow, predicted: Expectation, outcome: Outcome) -> Compared:
    decision = outcome.decision
    rule = (decision.rule if decision else None) or "no rule"
    effect = Effect.DELIVERED if outcome.arrived else Effect.BLOCKED
    if flow.place is not None:
        reached = outcome.arrived or rule.startswith(("vpc-resolver", "endpoint-policy"))
        told = f"inside the VPC: {rule}, {outcome.ended}"
        same = bool(reached) is (predicted.effect is Effect.DELIVERED)
        return Compared(scenario, predicted, "EXPLAINED" if same and not matches_rule(rule, predicted.rule) else "DISAGREES", told)
    wrong = []
    if not matches_rule(rule, predicted.rule):
        wrong.append(f"decided by {rule}, predicted {predicted.rule}")
    if decision is not None and decision.verdict is not predicted.verdict:
        wrong.append(f"{decision.verdict.value}, predicted {predicted.verdict.value}")
    if effect is not predicted.effect:
        wrong.append(f"{effect.value} ({', '.join(outcome.arrived) or outcome.ended}), predicted {predicted.effect.value}")
    return Compared(scenario, predicted, "DISAGREES" if wrong else "AGREES", "; ".join(wrong))
