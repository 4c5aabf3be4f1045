"""A ruleset of a vended place is evaluated, and before what people click in the UI.

A ruleset that hangs on no attachment point, and that no policy group refers to, is stored and never enforced; the apply is
green. One after the UI's rules is evaluated when somebody else's permit has already decided.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.model.names import WellKnown
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.known_types import POLICY_GROUP, RULESET
from policypack.place import is_vended
from policypack.plain import field, items

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
