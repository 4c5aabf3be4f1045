"""No deny is shadowed by permits ahead of it, because such a deny never decides.

A deny is shadowed if, over every flow of the agents, the rules before it together match all its flows and a permit is among them.
A permit by address may not match even a part of a later deny by name, because a reader of the deny believes that its names are
denied. While facts are unknown, no deny counts as shadowed; it is judged once they are known. Not this rule but `permits-are-narrow` and
`east-west-is-denied` refuse a permit that is too wide by itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.names import WellKnownObject
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.firewall.analysis import FlowSet, analyze_policy
from policypack.firewall.effective_rules import EffectiveRules, check_environment
from policypack.firewall.proof.decided_flows import find_decided_flow
from policypack.firewall.proof.permits import find_refused_permits
from policypack.firewall.rules import RegisteredRule


def _check_rules(chain: EffectiveRules) -> Iterator[Violation]:
    """Yield a fault for every deny that decides no flow because permits decide them first."""
    policy = analyze_policy(chain.graph)
    if policy is None:
        return
    refused = {rule for one in find_refused_permits(chain) for rule in one.rules}
    for dead in policy.analysis.find_dead_rules():
        permits = [policy.get_registered_rule(one) for one in dead.covering if one.action.permits]
        if permits and not dead.rule.action.permits and refused.isdisjoint(permits):
            stated = policy.get_registered_rule(dead.rule)
            names = ", ".join(one.label for one in permits)
            yield Violation(stated.owner.urn, f"{stated.label} denies nothing: all its traffic is permitted first, by {names}")
    if chain.analyzed_policy is not None:
        yield from _find_address_permits_ahead(chain, refused)


def _find_address_permits_ahead(chain: EffectiveRules, refused: set[RegisteredRule]) -> Iterator[Violation]:
    """Yield permits by address that decide flows which a later deny names.

    Traffic inside the VPC does not pass the gateway, and a deny to Public Internet shares no flow with private space.
    """
    permits = [rule for rule in chain.permits if not rule.web_groups and rule not in refused]
    for deny in chain.denies:
        if not deny.web_groups or set(deny.destinations) == {WellKnownObject.PUBLIC_INTERNET.value}:
            continue
        for permit in (one for one in permits if one.is_possibly_before(deny)):
            met = find_decided_flow(chain, permit, (deny,), (FlowSet.HOME,))
            if met is not None and not met.given and met.apex is None:
                yield Violation(permit.owner.urn, f"{permit.label} permits by address what {deny.label} denies by name after it: {met}")


RULE = Rule(
    id="denies-decide-something",
    severity=Severity.HIGH,
    info="No deny of a complete agent environment is shadowed: the permits ahead of it do not match all its traffic.",
    why="a reader of the rules believes that the traffic is denied, but it is let through",
    fix="give the deny a lower priority number than the permits, narrow the permits, or remove the deny",
    scope=Scope.PLACE,
    check_stack=lambda graph: check_environment(graph, _check_rules),
)
