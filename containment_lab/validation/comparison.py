"""Predicted against observed: each row of a scenario table as `decide` predicts it, and as packets through the deployed policy show.

Rules kept here:
- the prediction is the model's, from the stack's configuration; the observation is the gateway's, from the deployed policy, without the
  VPC's filters and the DNS firewall, because the prediction is for DCF alone;
- rows with the same address are sent one after the other, so that a log line belongs to one row;
- traffic inside the VPC (to its resolver, its endpoints) never crosses DCF: such a row is EXPLAINED when the packets are delivered as
  predicted and no DCF rule decided;
- a row that should arrive and timed out is sent once more: a timeout on a busy machine is no denial, and a real denial happens again;
- a row that was not sent has not agreed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from containment.config.spec import ContainmentSpec
from containment.names import Protocol
from containment.policy.builder import build_ruleset
from containment.policy.first_match import decide
from containment.policy.flow import Application, Effect, Source
from containment.policy.scenario import Expectation, Scenario, ScenarioFlow, StackDestination, build_flow, convert_decision
from containment_lab.network.control import LabNetwork
from containment_lab.validation.attempts import AttemptResult, attempt_all
from containment_lab.validation.evasion import ALL_LAYERS, is_expected_rule

LEFT_OUT = frozenset({"security-groups", "dns-firewall"})
SHORT, LONG = 3.0, 12.0
"""Seconds that a row's attempt waits for an answer: the first time, and the second time if it should have been delivered."""
SAYS = {Protocol.TCP: "say", Protocol.UDP: "udp", Protocol.ICMP: "protocol", Protocol.ANY: "protocol"}


@dataclass(frozen=True)
class FlowComparison:
    """One row: `state` is AGREES, EXPLAINED or DISAGREES, `why` has the differences."""

    scenario: Scenario
    predicted: Expectation
    state: str
    why: str = ""


def build_command(flow: ScenarioFlow, spec: ContainmentSpec) -> tuple[str, ...]:
    """Return the command of the attempt (`attacks`) that sends a row's flow; a row with only a name gets an address of no other row."""
    to = "attacker"
    if flow.address is not None:
        to = str(flow.address)
    elif flow.place is StackDestination.VPC_RESOLVER:
        to = str(spec.dns_resolver)
    elif flow.place is StackDestination.VPC_ENDPOINTS:
        to = f"name:{flow.server_name}"
    words = [f"to={to}", *([f"port={flow.port}"] if flow.port is not None else [])]
    if flow.place is StackDestination.VPC_RESOLVER:
        return ("dns", "at=resolver", f"via={flow.protocol.value.lower()}", "name=NONCE.attacker.example")
    if flow.application is Application.TLS and flow.protocol is Protocol.TCP:
        return ("tls", *words, *([f"sni={flow.server_name}"] if flow.server_name else []), *([f"path={flow.path}"] if flow.path else []))
    if flow.application is Application.HTTP and flow.protocol is Protocol.TCP:
        return ("http", *words, f"host={flow.server_name}" if flow.server_name else "form=old")
    number = {Protocol.ICMP: ["number=1"], Protocol.ANY: ["number=253"]}.get(flow.protocol, [])
    return (SAYS[flow.protocol], *words, *number)


def compare_flows(world: LabNetwork, spec: ContainmentSpec, rows: Sequence[Scenario]) -> list[FlowComparison]:
    """Send every row that is a flow, and compare the observation with the prediction."""
    ruleset = build_ruleset(spec)
    flows = [(each, each.flow) for each in rows if each.flow is not None]
    attempts = [each.model_copy(update={"flow": None, "command": build_command(flow, spec)}) for each, flow in flows]
    source = Source(spec.agent_subnets[0].network_address + 10, None)
    predicted = {scenario.id: convert_decision(spec, decide(ruleset, build_flow(flow, spec, source))) for scenario, flow in flows}
    try:
        world.send_command("layers", layers=[each for each in ALL_LAYERS if each not in LEFT_OUT])
        outcomes = {key: one for batch in _split_by_target(attempts) for key, one in attempt_all(world, batch, SHORT).items()}
        late = [each for each in attempts if predicted[each.id].effect is Effect.DELIVERED and _has_timed_out(outcomes[each.id])]
        outcomes |= {key: one for batch in _split_by_target(late) for key, one in attempt_all(world, batch, LONG).items()}
    finally:
        world.send_command("layers", layers=list(ALL_LAYERS))
    return [_compare_row(scenario, flow, predicted[scenario.id], outcomes[scenario.id]) for scenario, flow in flows]


def _has_timed_out(outcome: AttemptResult) -> bool:
    return not outcome.arrived and outcome.ended.startswith("TimeoutError")


def _split_by_target(attempts: Sequence[Scenario]) -> list[list[Scenario]]:
    """Return attempts in batches without two to the same target."""
    batches: list[tuple[set[str], list[Scenario]]] = []
    for each in attempts:
        place = next((word for word in each.command or () if word.startswith(("to=", "at="))), "to=attacker")
        free = next((batch for batch in batches if place == "to=attacker" or place not in batch[0]), None)
        if free is None:
            batches.append(free := (set(), []))
        free[0].add(place)
        free[1].append(each)
    return [batch for _, batch in batches]


def _compare_row(scenario: Scenario, flow: ScenarioFlow, predicted: Expectation, outcome: AttemptResult) -> FlowComparison:
    decision = outcome.decision
    rule = (decision.rule if decision else None) or "no rule"
    effect = Effect.DELIVERED if outcome.arrived else Effect.BLOCKED
    if flow.place is not None:
        reached = outcome.arrived or rule.startswith(("vpc-resolver", "endpoint-policy"))
        told = f"inside the VPC: {rule}, {outcome.ended}"
        same = bool(reached) is (predicted.effect is Effect.DELIVERED)
        return FlowComparison(
            scenario, predicted, "EXPLAINED" if same and not is_expected_rule(rule, predicted.rule) else "DISAGREES", told
        )
    wrong = []
    if not is_expected_rule(rule, predicted.rule):
        wrong.append(f"decided by {rule}, predicted {predicted.rule}")
    if decision is not None and decision.verdict is not predicted.verdict:
        wrong.append(f"{decision.verdict.value}, predicted {predicted.verdict.value}")
    if effect is not predicted.effect:
        wrong.append(f"{effect.value} ({', '.join(outcome.arrived) or outcome.ended}), predicted {predicted.effect.value}")
    return FlowComparison(scenario, predicted, "DISAGREES" if wrong else "AGREES", "; ".join(wrong))
