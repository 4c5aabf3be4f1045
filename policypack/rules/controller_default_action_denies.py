"""The Controller's default action, wherever it is declared, is a logged DENY.

It decides for every gateway of the Controller what no rule decides. It has no watch switch, so monitor is no excuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from containment.model.fqdn import Match
from containment.model.names import Action
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.known_types import DEFAULT_ACTION
from policypack.plain import UNKNOWN, is_true


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Fault]:
    """Return what a default action says wrong; both of its properties are required, so silence is none."""
    return [Fault(resource.urn, what) for what in _stated(resource)] if resource.type == DEFAULT_ACTION else []


def check_stack(graph: Graph) -> list[Fault]:
    """Return the same for every default action of a program."""
    return [fault for resource in graph.of(DEFAULT_ACTION) for fault in check_resource(resource)]


def _stated(resource: Resource) -> Iterator[str]:
    action = resource.get("action")
    if action is UNKNOWN or str(action).upper() != Action.DENY.value:
        yield f"lets through what no rule decides: action is {_shown(action)}"
    if is_true(resource.get("logging")) is not Match.YES:
        yield f"leaves no trace of what no rule decides: logging is {_shown(resource.get('logging'))}"


def _shown(value: object) -> str:
    return "not known before the update" if value is UNKNOWN else "not stated" if value is None else repr(value)


RULE = Rule(
    id="controller-default-action-denies",
    severity=Severity.CRITICAL,
    info="The Controller's default action is DENY, and logged.",
    why="it decides what no rule decides, on every gateway of the Controller: a PERMIT makes each allow-list a description",
    fix='state action: "DENY" and logging: true; what must go out is permitted by a named rule',
    scope=Scope.STATED,
    check_resource=check_resource,
    check_stack=check_stack,
)
