"""The Controller's default action, wherever it is declared, is a logged DENY.

It decides the traffic that no rule decides, on every gateway of the Controller. It cannot be watched, so it denies in monitor as well.
"""

from __future__ import annotations

from typing import Any

from containment.names import Action
from policypack.finding import Rule, Scope, Severity
from policypack.graph.known_types import DEFAULT_ACTION
from policypack.graph.plain_data import UNKNOWN
from policypack.property_rule import Property, build_property_rule, is_not_surely_on


def _is_possibly_permit(action: Any) -> bool:
    return action is UNKNOWN or str(action).upper() != Action.DENY.value


RULE = build_property_rule(
    Rule(
        id="controller-default-action-denies",
        severity=Severity.CRITICAL,
        info="The Controller's default action is DENY, and logged.",
        why="it decides all traffic that no rule decides, on every gateway of the Controller: a PERMIT makes each allow-list ineffective",
        fix='set action: "DENY" and logging: true; permit necessary traffic by named rules',
        scope=Scope.STATED,
    ),
    Property(type=DEFAULT_ACTION, key="action", is_wrong=_is_possibly_permit, what="lets through all traffic that no rule decides"),
    Property(type=DEFAULT_ACTION, key="logging", is_wrong=is_not_surely_on, what="leaves no trace of traffic that no rule decides"),
)
