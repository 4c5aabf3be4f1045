"""A named default deny ends the rules of a complete agent environment; only monitor's one broad permit may follow it.

The Controller's default action is no substitute: it has another owner, its log entries name no rule, and a Controller that loses
it lets everything through. `denies-are-applied` checks that the deny is applied and logged.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.finding import Rule, Scope, Severity, Violation
from policypack.firewall.effective_rules import EffectiveRules, check_environment

_NEAR = "nearest: {}; it must be for every agent, to Anywhere, any protocol, all ports and without WebGroups"


def _check_rules(chain: EffectiveRules) -> Iterator[Violation]:
    """Yield a fault for a default deny that is missing, and for every rule that may come after it."""
    denies = [rule for rule in chain.denies if chain.is_default_deny(rule)]
    if not denies:
        near = [rule.label for rule in chain.denies if not rule.web_groups][-1:]
        hint = f"; {_NEAR.format(near[0])}" if near else ""
        yield Violation(chain.only_owner, f"no named rule is a default deny{hint}")
        return
    last = denies[-1]
    after = [rule for rule in chain.permits if last.is_possibly_before(rule)]
    allowed = after[-1:] if chain.in_monitor else []
    for rule in after:
        if rule not in allowed:
            yield Violation(rule.owner.urn, f"{rule.label} permits after {last.label}, which denies everything")


RULE = Rule(
    id="default-deny-is-last",
    severity=Severity.CRITICAL,
    info="The last named rule denies everything from the agents; only in monitor one broad permit follows it.",
    why="without it a default action, which other stacks and consoles can change, decides all other traffic, and no log names a rule",
    fix="end the rules with one DENY from the agents' SmartGroup to Anywhere, protocol ANY, no ports, no WebGroups",
    scope=Scope.PLACE,
    check_stack=lambda graph: check_environment(graph, _check_rules),
)
