"""No permit of a ruleset has the priority of a deny, because nothing but the priority orders the rules of a ruleset.

Until 8.2.20 and 9.0.10, Controllers accepted equal priorities silently. In a policy list, equal priorities go by position.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.ternary import Ternary
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.firewall.effective_rules import EffectiveRules, check_environment
from policypack.graph.known_types import RULESET
from policypack.graph.plain_data import UNKNOWN


def _check_rules(chain: EffectiveRules) -> Iterator[Violation]:
    """Yield a fault for every permit that shares its priority with a deny."""
    for permit in chain.permits:
        for deny in chain.denies:
            same = permit.owner is deny.owner and permit.owner.type == RULESET and permit.priority == deny.priority
            if same and permit.priority is not UNKNOWN and permit.permits is not Ternary.NO:
                yield Violation(permit.owner.urn, f"{permit.label} and {deny.label} have the same priority, and one of them permits")


RULE = Rule(
    id="priorities-are-distinct",
    severity=Severity.MEDIUM,
    info="No permit of a ruleset has the priority of a deny.",
    why="rules with the same priority are evaluated in no documented order: the permit may come first on the next update",
    fix="give every rule a different priority",
    scope=Scope.PLACE,
    check_stack=lambda graph: check_environment(graph, _check_rules),
)
