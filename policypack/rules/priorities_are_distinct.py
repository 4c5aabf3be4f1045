"""In a ruleset of a vended place a permit and a deny never have one priority: a set has no order, so which one decides is luck.

Controllers took equal priorities silently until 8.2.20 and 9.0.10. In a policy list equal priorities go by place.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.model.fqdn import Match
from policypack.chain import Chain, in_places
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph
from policypack.known_types import RULESET
from policypack.plain import UNKNOWN


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for every permit that shares its priority with a deny."""
    return in_places(graph, _judged)


def _judged(chain: Chain) -> Iterator[Fault]:
    for permit in chain.permits:
        for deny in chain.denies:
            same = permit.owner is deny.owner and permit.owner.type == RULESET and permit.priority == deny.priority
            if same and permit.priority is not UNKNOWN and permit.permits is not Match.NO:
                yield Fault(permit.owner.urn, f"{permit.label} and {deny.label} have one priority, and one of them permits")


RULE = Rule(
    id="priorities-are-distinct",
    severity=Severity.MEDIUM,
    info="No permit of a ruleset has the priority of a deny.",
    why="rules of one priority are evaluated in no order that anybody states: the permit may come first on the next update",
    fix="give every rule a priority of its own",
    scope=Scope.PLACE,
    check_stack=check_stack,
)
