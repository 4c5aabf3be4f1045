"""Evasion tests: every technique in the table, sent from the agent host as packets, and its result.

Rules kept here:
- a technique counts only if its nonce reached its target with enforcement off, where it is sent a second time if needed (a timeout on a
  busy machine is no denial); else it is NOT TESTED, which fails the run;
- DCF is tested alone (security groups and ACLs off), so that each refusal is a rule's; a technique that only the VPC stops is tested as
  deployed; and as deployed nothing may arrive in enforce except techniques that the reviewed list contains as open;
- in monitor the same rule must log that it would deny, and the nonce must arrive; a deny by name that is applied in monitor as well
  (`alwaysEnforce`) must stop it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from containment.names import PolicyMode
from containment.policy.flow import Effect, PolicyVerdict
from containment.policy.scenario import Expectation, Scenario
from containment_lab.network.control import LabNetwork
from containment_lab.validation.attempts import AttemptResult, attempt_all
from containment_lab.validation.evasion_table import ClassTable
from containment_lab.validation.named_denies import is_applied_by_name

VPC_LAYER = frozenset({"security-group", "network-acl", "source-check", "destination-check", "no-ipv6", "no-public-address"})
"""Rules of the VPC, outside DCF."""
ALL_LAYERS = ("security-groups", "dcf", "dns-firewall", "endpoint-policies", "metadata")


@dataclass(frozen=True)
class TechniqueResult:
    """The result of one technique: `state` is AGREES, OPEN, DISAGREES or NOT TESTED."""

    scenario: Scenario
    mode: PolicyMode
    state: str
    says: str
    outcome: AttemptResult | None


def run_table(world: LabNetwork, table: ClassTable, mode: PolicyMode) -> list[TechniqueResult]:
    """Run every technique in the mode in force; return results in the order of the table, and restore all layers afterwards.

    There are three runs: with nothing enforced, with all layers except the VPC's filters, and as deployed.
    """
    behind = [each for each in table.scenarios if not is_vpc_layer(each)]
    try:
        world.send_command("layers", layers=[])
        baseline = attempt_all(world, table.scenarios)
        late = [each for each in table.scenarios if baseline[each.id].effect is not Effect.DELIVERED]
        if late:
            baseline |= attempt_all(world, late)
        world.send_command("layers", layers=[each for each in ALL_LAYERS if each != "security-groups"])
        alone = attempt_all(world, behind)
    finally:
        world.send_command("layers", layers=list(ALL_LAYERS))
    deployed = attempt_all(world, table.scenarios)
    known = frozenset(each.id for each in table.open)
    lines = []
    for each in table.scenarios:
        line = compare_technique(each, mode, baseline[each.id], alone.get(each.id) or deployed[each.id], known)
        escaped = deployed[each.id].effect is Effect.DELIVERED and mode is PolicyMode.ENFORCE and each.id not in known
        if escaped and line.state == "AGREES":
            line = TechniqueResult(
                each, mode, "DISAGREES", "as deployed its nonce arrives, and it is not on the reviewed list", deployed[each.id]
            )
        lines.append(line)
    return lines


def compare_technique(
    scenario: Scenario, mode: PolicyMode, baseline: AttemptResult | None, outcome: AttemptResult, open_ids: frozenset[str]
) -> TechniqueResult:
    """Compare the result of a technique with the table's expectation in a mode.

    Args:
        scenario: The technique.
        mode: The mode in force.
        baseline: Its result with enforcement off, None if it was not sent.
        outcome: Its result.
        open_ids: The techniques that the reviewed list contains as open.
    """
    if baseline is None or baseline.effect is not Effect.DELIVERED:
        why = baseline.ended if baseline else "it was not sent"
        return TechniqueResult(scenario, mode, "NOT TESTED", f"with enforcement off its nonce does not arrive either ({why})", outcome)
    expected = scenario.expect[mode]
    wrong = list(_find_differences(expected, outcome, mode))
    if wrong:
        return TechniqueResult(scenario, mode, "DISAGREES", "; ".join(wrong), outcome)
    if mode is PolicyMode.ENFORCE and outcome.effect is Effect.DELIVERED:
        known = scenario.id in open_ids
        return TechniqueResult(
            scenario, mode, "OPEN" if known else "DISAGREES", "gets through" if known else "gets through, in no reviewed list", outcome
        )
    return TechniqueResult(scenario, mode, "AGREES", f"{expected.effect.value} by {expected.rule}", outcome)


def _find_differences(expected: Expectation, outcome: AttemptResult, mode: PolicyMode) -> Iterable[str]:
    applied = mode is PolicyMode.MONITOR and outcome.decision is not None and is_applied_by_name(outcome.decision)
    effect = Effect.BLOCKED if applied and expected.verdict is PolicyVerdict.DENY else expected.effect
    if outcome.effect is not effect:
        yield f"expected {effect.value}, was {outcome.effect.value} ({', '.join(outcome.arrived) or outcome.ended})"
    decision = outcome.decision
    if decision is None:
        if expected.rule != "none":
            yield f"no log line, expected one by {expected.rule}"
        return
    if expected.rule == "none":
        yield f"expected no log line, there is one by {decision.rule}"
    elif not is_expected_rule(decision.rule or "", expected.rule):
        yield f"decided by {decision.rule or decision.rule_uuid}, expected {expected.rule}"
    if decision.verdict is not expected.verdict:
        yield f"logged as {decision.verdict.value}, expected {expected.verdict.value}"
    if expected.verdict is PolicyVerdict.DENY and mode is PolicyMode.ENFORCE and not decision.enforced:
        yield "logged as watched only, in enforce"
    if expected.verdict is PolicyVerdict.DENY and effect is Effect.DELIVERED and decision.enforced:
        yield "logged as applied, but delivered"


def is_expected_rule(rule: str, expected: str) -> bool:
    """Return whether a logged rule is the expected one, apart from a prefix or a detail after a colon."""
    return rule == expected or rule.endswith(f"-{expected}") or rule.startswith(f"{expected}:")


def is_vpc_layer(scenario: Scenario) -> bool:
    """Return whether a technique is tested with security groups and ACLs in force, because they decide it."""
    inside = any(word.startswith("to=vpc-") for word in scenario.command or ())
    return inside or any(each.rule in VPC_LAYER for each in scenario.expect.values())
