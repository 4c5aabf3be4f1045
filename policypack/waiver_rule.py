"""The rule about waivers: each is complete, names a resource that exists, and has not ended.

It depends on a file's waivers and the day, so it is not one of the files in `rules/`. A mistake in the file stops a program at its
first resource, the stack; whether a waiver names a resource is known only when all are registered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policypack.finding import Rule, Severity, Violation
from policypack.graph.resources import Graph, Resource
from policypack.waivers import STACK, Waivers

ID: Final = "waivers-hold"
INFO: Final = "Every waiver in policypack/waivers.yaml is complete, names a rule and a resource that exist, and has not ended."
WHY: Final = "a waiver that names no resource, or that has ended, would still accept a hole that its owner no longer accepts"
REPAIR: Final = "repair what it accepted and remove the entry, or decide again and set a new end date"


def build_waiver_rule(waivers: Waivers) -> Rule:
    """Return the rule for these waivers."""

    def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Violation]:
        return waivers.find_violations(resource.urn) if resource.type == STACK else []

    def check_stack(graph: Graph) -> list[Violation]:
        root = find_root(graph)
        return [*waivers.find_violations(root), *(Violation(root, what) for what in waivers.describe_unused(graph))]

    return Rule(ID, Severity.HIGH, INFO, WHY, REPAIR, check_resource=check_resource, check_stack=check_stack)


def find_root(graph: Graph) -> str:
    """Return the URN of a program's stack, "" if the resources do not include it."""
    return next((resource.urn for resource in graph.find_by_type(STACK)), "")
