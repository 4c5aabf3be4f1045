"""The rule about waivers themselves: each is complete, names what is there, and has not ended.

It is made from a file's waivers on one day, so it does not stand under `rules/`. What the file says by itself stops a program at
its first resource, the stack; that a waiver names nothing is known when everything is registered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policypack.finding import Fault, Rule, Severity
from policypack.graph import Graph, Resource
from policypack.waivers import STACK, Waivers

ID: Final = "waivers-hold"
INFO: Final = "Every waiver in policypack/waivers.yaml is complete, names a rule and a resource that are there, and has not ended."
WHY: Final = "a waiver that nobody can place or that has ended would go on accepting a hole that nobody accepts"
REPAIR: Final = "repair what it accepted and remove the entry, or decide again and write a new end"


def rule_of(waivers: Waivers) -> Rule:
    """Return the rule for these waivers."""

    def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Fault]:
        return waivers.faults(resource.urn) if resource.type == STACK else []

    def check_stack(graph: Graph) -> list[Fault]:
        root = root_of(graph)
        return [*waivers.faults(root), *(Fault(root, what) for what in waivers.unused(graph))]

    return Rule(ID, Severity.HIGH, INFO, WHY, REPAIR, check_resource=check_resource, check_stack=check_stack)


def root_of(graph: Graph) -> str:
    """Return the URN of a program's stack, "" when it is not among the resources."""
    return next((resource.urn for resource in graph.of(STACK)), "")
