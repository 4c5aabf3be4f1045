"""The rulesets of a complete agent environment are attached, and evaluated before the rules of the Controller's UI.

A ruleset without an attachment point, and without a reference from a policy group, is stored and never enforced, although the
update succeeds. A ruleset after the UI's rules is evaluated too late: a permit of another owner may already have decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from containment.names import WellKnownObject
from policypack.facts.agent_environment import is_complete
from policypack.facts.network.other_programs import is_of_program
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph.known_types import POLICY_GROUP, RULESET
from policypack.graph.plain_data import UNKNOWN, get_field, get_items
from policypack.graph.resources import Graph, Resource

_IDENTITIES = ("id", "uuid", "dcfRulesetId", "dcfPolicyGroupId")


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault for every ruleset and policy group of a complete agent environment that is evaluated late or never."""
    return (
        [Violation(one.urn, what) for one in graph.find_by_type(RULESET, POLICY_GROUP) for what in _check_attachment(graph, one)]
        if is_complete(graph)
        else []
    )


def _check_attachment(graph: Graph, resource: Resource) -> Iterator[str]:
    point = resource.get("attachTo")
    if point in (None, "") and not _is_referred_to(graph, resource):
        yield "has no attachment point and is in no policy group: it is stored, and never enforced"
    if point == WellKnownObject.AFTER_UI_MANAGED.value:
        yield "is evaluated after the rules of the Controller's UI, any of which may permit first"
    if resource.type == POLICY_GROUP:
        yield from _find_evaluated_first(graph, resource)


def _find_evaluated_first(graph: Graph, group: Resource) -> Iterator[str]:
    """Yield the objects of other programs that a policy group evaluates, or may evaluate, before a ruleset of this one."""
    own: list[Any] = []
    foreign: list[tuple[Any, Any]] = []
    for key, kind in (("rulesetReferences", RULESET), ("policyGroupReferences", POLICY_GROUP)):
        for block in get_items(group.get(key)):
            target, priority = get_field(block, "targetUuid"), get_field(block, "priority")
            if target is not UNKNOWN and not is_of_program(graph, group, key, target, (kind,), _IDENTITIES):
                foreign.append((target, priority))
            elif kind == RULESET:
                own.append(priority)
    for target, priority in foreign:
        if any(_is_possibly_before(priority, other) for other in own):
            yield f"evaluates {target}, not of this program, before the agents' rules: its permits decide first"


def _is_possibly_before(one: Any, other: Any) -> bool:
    """Return whether a priority is, or cannot be shown not to be, equal to or higher than another; unset is 0, the highest."""
    numbers = [0 if value is None else value for value in (one, other)]
    return not all(isinstance(value, int) for value in numbers) or numbers[0] <= numbers[1]


def _is_referred_to(graph: Graph, resource: Resource) -> bool:
    key = "rulesetReferences" if resource.type == RULESET else "policyGroupReferences"
    return any(
        graph.resolve(group, key, get_field(block, "targetUuid"), (resource.type,), _IDENTITIES).is_possibly(resource)
        for group in graph.find_by_type(POLICY_GROUP)
        if group is not resource
        for block in get_items(group.get(key))
    )


RULE = Rule(
    id="ruleset-is-in-force",
    severity=Severity.CRITICAL,
    info="The agents' rules are attached to a point that is evaluated before the UI's rules.",
    why="a ruleset without an attachment point is never enforced, and after the UI's rules a permit of another owner decides first",
    fix="set attachTo: the stack's own point below TERRAFORM_BEFORE_UI_MANAGED (platform/ creates it)",
    scope=Scope.PLACE,
    check_stack=check_stack,
)
