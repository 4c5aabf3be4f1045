"""Evasion: every technique in the table, sent for real from the agent host, and what became of it.

Rules kept here:
- a technique counts only when its nonce reached its aim with enforcement off, where it is sent twice if need be (a busy machine is no
  policy); else it is NOT TESTED, which fails the run;
- DCF is judged alone (security groups and ACLs left out), so that each refusal is a rule's own; what only the VPC itself stops is judged as
  deployed; and as deployed nothing may arrive in enforce but what the reviewed list calls open;
- in monitor the same rule must say that it would deny, and the nonce must arrive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from containment.lab.world.attempts import Outcome, attempt_all
from containment.lab.world.control import World
from containment.lab.world.evasion_table import ClassTable
from containment.model.flow import Effect, Verdict
from containment.model.names import PolicyMode
from containment.model.scenario import Expectation, Scenario

VPC_LAYER = frozenset({"security-group", "network-acl", "source-check", "destination-check", "no-ipv6", "no-public-address"})
"""Rules that are the VPC's own, outside DCF."""
ALL_LAYERS = ("security-groups", "dcf", "dns-firewall", "endpoint-policies", "metadata")


@dataclass(frozen=True)
class Line:
    """One technique's line of a report: `state` is AGREES, OPEN, DISAGREES or NOT TESTED."""

    scenario: Scenario
    mode: PolicyMode
    state: str
    says: str
    outcome: Outcome | None


def run_table(world: World, table: ClassTable, mode: PolicyMode) -> list[Line]:
    """Run every technique in the mode that is in force, in the order of the table; the world is as deployed again afterwards.

    Three runs: with nothing enforced, with DCF and all but the VPC's own filters, and as deployed.
    """
    behind = [each for each in table.scenarios if not is_vpc_layer(each)]
    try:
        world.ask("layers", layers=[])
        baseline = attempt_all(world, table.scenarios)
        late = [each for each in table.scenarios if baseline[each.id].effect is not Effect.DELIVERED]
        if late:
            baseline |= attempt_all(world, late)
        world.ask("layers", layers=[each for each in ALL_LAYERS if each != "security-groups"])
        alone = attempt_all(world, behind)
    finally:
        world.ask("layers", layers=list(ALL_LAYERS))
    deployed = attempt_all(world, table.scenarios)
    known = frozenset(each.id for each in table.open)
    lines = []
    for each in table.scenarios:
        line = judge(each, mode, baseline[each.id], alone.get(each.id) or deployed[each.id], known)
        escaped = deployed[each.id].effect is Effect.DELIVERED and mode is PolicyMode.ENFORCE and each.id not in known
        if escaped and line.state == "AGREES":
            line = Line(each, mode, "DISAGREES", "as deployed its nonce arrives, and it is in no reviewed list", deployed[each.id])
        lines.append(line)
    return lines


def judge(scenario: Scenario, mode: PolicyMode, baseline: Outcome | None, outcome: Outcome, open_ids: frozenset[str]) -> Line:
    """Compare what became of a technique with what the table expects in a mode."""
    if baseline is None or baseline.effect is not Effect.DELIVERED:
        why = baseline.ended if baseline else "it was not tried"
        return Line(scenario, mode, "NOT TESTED", f"with enforcement off its nonce does not arrive either ({why})", outcome)
    expected = scenario.expect[mode]
    wrong = list(_differences(expected, outcome, mode))
    if wrong:
        return Line(scenario, mode, "DISAGREES", "; ".join(wrong), outcome)
    if mode is PolicyMode.ENFORCE and outcome.effect is Effect.DELIVERED:
        known = scenario.id in open_ids
        return Line(
            scenario, mode, "OPEN" if known else "DISAGREES", "gets through" if known else "a new way out, in no reviewed list", outcome
        )
    return Line(scenario, mode, "AGREES", f"{expected.effect.value} by {expected.rule}", outcome)


def _differences(expected: Expectation, outcome: Outcome, mode: PolicyMode) -> Iterable[str]:
    if outcome.effect is not expected.effect:
        yield f"expected {expected.effect.value}, was {outcome.effect.value} ({', '.join(outcome.arrived) or outcome.ended})"
    decision = outcome.decision
    if decision is None:
        if expected.rule != "none":
            yield f"no log line, expected one by {expected.rule}"
        return
    if expected.rule == "none":
        yield f"expected no log line, there is one by {decision.rule}"
    elif not matches_rule(decision.rule or "", expected.rule):
        yield f"decided by {decision.rule or decision.rule_uuid}, expected {expected.rule}"
    if decision.verdict is not expected.verdict:
        yield f"logged as {decision.verdict.value}, expected {expected.verdict.value}"
    if expected.verdict is Verdict.DENY and mode is PolicyMode.ENFORCE and not decision.enforced:
        yield "logged as watched only, in enforce"
    if expected.verdict is Verdict.DENY and expected.effect is Effect.DELIVERED and decision.enforced:
        yield "logged as applied, but delivered"


def matches_rule(rule: str, expected: str) -> bool:
    """Tell whether a logged rule is the expected one: with its prefix, or with what stands behind a colon."""
    return rule == expected or rule.endswith(f"-{expected}") or rule.startswith(f"{expected}:")


def is_vpc_layer(scenario: Scenario) -> bool:
    """Whether a technique is judged with security groups and ACLs in force, because they are what stops it, or what leaves it open."""
    inside = any(word.startswith("to=vpc-") for word in scenario.command or ())
    return inside or any(each.rule in VPC_LAYER for each in scenario.expect.values())
