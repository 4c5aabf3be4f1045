"""Everything that runs code or moves packets is of a type the pack can judge.

A program that is about agents could otherwise run one where no rule looks: a function, a notebook, another provider's
instance. Wrapper components need no judging: the resources inside them are seen one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policypack.finding import Fault, Rule, Severity
from policypack.graph import Graph, Resource
from policypack.known_types import CANNOT_JUDGE, OTHER_CLOUD, STARTS_TASKS
from policypack.plain import field


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Fault]:
    """Return a fault for compute or routing whose properties the pack does not read."""
    if resource.type in CANNOT_JUDGE or OTHER_CLOUD.fullmatch(resource.type) or _starts_tasks(resource):
        return [Fault(resource.urn, f"{resource.type} runs code or moves packets, and the pack cannot tell where it leads")]
    return []


def _starts_tasks(resource: Resource) -> bool:
    path = STARTS_TASKS.get(resource.type, ())
    value: Any = dict(resource.props)
    for key in path:
        value = field(value, key)
    return bool(path) and value is not None


def check_stack(graph: Graph) -> list[Fault]:
    """Return the same for every resource, for front ends that do not see them one by one."""
    return [fault for resource in graph.resources for fault in check_resource(resource)]


RULE = Rule(
    id="compute-and-routing-are-known",
    severity=Severity.HIGH,
    info="Compute and routing are declared with types whose properties the pack reads.",
    why="an agent that runs where no rule looks is not contained",
    fix="declare it with the classic aws provider's EC2, Auto Scaling, ECS or EKS types, or keep it in a program of its own",
    check_resource=check_resource,
    check_stack=check_stack,
)
