"""Permits by name require TLS: a plain HTTP client can send any name in its Host header, to any address.

The provider's default is not to require it, so in a complete agent environment an unset value is a violation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from policypack.finding import Rule, Scope, Severity, Violation
from policypack.firewall.effective_rules import check_environment, get_effective_rules
from policypack.firewall.rules import RegisteredRule
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph

DEMANDED: Final = "TLS_REQUIRED"


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault for every permit by name that does not require TLS; an unset value is one in a complete agent environment."""
    chain = get_effective_rules(graph)
    known = [rule for rule in chain.permits if rule.action is not UNKNOWN]  # a list that is unknown as a whole has no rules yet
    stated = [_make_violation(rule) for rule in _find_loose(known) if rule.application is not None] if chain.hosts else []
    return list(dict.fromkeys([*stated, *check_environment(graph, lambda view: map(_make_violation, _find_loose(view.permits)))]))


def _find_loose(permits: Iterable[RegisteredRule]) -> Iterator[RegisteredRule]:
    for rule in permits:
        if rule.web_groups and (rule.application is UNKNOWN or str(rule.application).upper() != DEMANDED):
            yield rule


def _make_violation(rule: RegisteredRule) -> Violation:
    said = "not known before the update" if rule.application is UNKNOWN else rule.application or "not set"
    return Violation(rule.owner.urn, f"{rule.label} permits names without TLS: flowAppRequirement is {said}")


RULE = Rule(
    id="web-permits-demand-tls",
    severity=Severity.HIGH,
    info="Every permit with WebGroups requires TLS.",
    why="a plain HTTP request can write any approved name into its Host header on port 443, to any address",
    fix="set flowAppRequirement: TLS_REQUIRED in every permit with WebGroups",
    scope=Scope.STATED_OR_PLACE,
    check_stack=check_stack,
)
