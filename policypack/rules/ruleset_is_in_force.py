"""A ruleset of a vended place is evaluated, and before what people click in the UI.

A ruleset that hangs on no attachment point, and that no policy group refers to, is stored and never enforced; the apply is
green. One after the UI's rules is evaluated when somebody else's permit has already decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from containment.model.names import WellKnown
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.known_types import POLICY_GROUP, RULESET
from policypack.network.foreign import is_of_program
from policypack.place import is_vended
from policypack.plain import UNKNOWN, field, items

_IDENTITIES = ("id", "uuid", "dcfRulesetId", "dcfPolicyGroupId")


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for every ruleset and policy group of a vended place that is not evaluated, or too late."""
    return [Fault(one.urn, what) for one in graph.of(RULESET, POLICY_GROUP) for what in _judged(graph, one)] if is_vended(graph) else []


def _judged(graph: Graph, resource: Resource) -> Iterator[str]:
    point = resource.get("attachTo")
    if point in (None, "") and not _is_referred_to(graph, resource):
        yield "hangs on no attachment point and in no policy group: it is stored, and never enforced"
    if point == WellKnown.AFTER_UI_MANAGED.value:
        yield "is evaluated after the rules that are made in the UI, any of which may permit first"
    if resource.type == POLICY_GROUP:
        yield from _evaluated_first(graph, resource)


def _evaluated_first(graph: Graph, group: Resource) -> Iterator[str]:
    """Yield what of other programs a policy group evaluates before, or may evaluate before, a ruleset of this one."""
    own: list[Any] = []
    foreign: list[tuple[Any, Any]] = []
    for key, kind in (("rulesetReferences", RULESET), ("policyGroupReferences", POLICY_GROUP)):
        for block in items(group.get(key)):
            target, priority = field(block, "targetUuid"), field(block, "priority")
            if target is not UNKNOWN and not is_of_program(graph, group, key, target, (kind,), _IDENTITIES):
                foreign.append((target, priority))
            elif kind == RULESET:
                own.append(priority)
    for target, priority in foreign:
        if any(_may_precede(priority, other) for other in own):
            yield f"evaluates {target}, not of this program, before the agents' rules: what it permits is decided by then"


def _may_precede(one: Any, other: Any) -> bool:
    """Tell whether a priority is, or cannot be shown not to be, at or above another; left out it is 0, the highest."""
    numbers = [0 if value is None else value for value in (one, other)]
    return not all(isinstance(value, int) for value in numbers) or numbers[0] <= numbers[1]


def _is_referred_to(graph: Graph, resource: Resource) -> bool:
    key = "rulesetReferences" if resource.type == RULESET else "policyGroupReferences"
    return any(
        graph.refer(group, key, field(block, "targetUuid"), (resource.type,), _IDENTITIES).may_be(resource)
        for group in graph.of(POLICY_GROUP)
        if group is not resource
        for block in items(group.get(key))
    )


RULE = Rule(
    id="ruleset-is-in-force",
    severity=Severity.CRITICAL,
    info="The agents' rules hang on an attachment point that is evaluated before the UI's rules.",
    why="a ruleset that hangs nowhere is stored and never enforced, and one after the UI's rules comes when a permit has decided",
    fix="state attachTo: the stack's own point below TERRAFORM_BEFORE_UI_MANAGED (platform/ makes it)",
    scope=Scope.PLACE,
    check_stack=check_stack,
)
