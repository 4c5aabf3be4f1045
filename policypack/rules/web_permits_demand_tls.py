"""A permit by name is for TLS only: anything else can claim a name in a Host header and go anywhere.

Provider default is no demand at all, so in a vended place silence is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from policypack.chain import chain_of, in_places
from policypack.dcf import DcfRule
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph
from policypack.plain import UNKNOWN

DEMANDED: Final = "TLS_REQUIRED"


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for every permit by name that says, or in a vended place implies, that TLS is not required."""
    chain = chain_of(graph)
    known = [rule for rule in chain.permits if rule.action is not UNKNOWN]  # a list not known as a whole states nothing
    stated = [_fault(rule) for rule in _loose(known) if rule.application is not None] if chain.hosts else []
    return list(dict.fromkeys([*stated, *in_places(graph, lambda view: map(_fault, _loose(view.permits)))]))


def _loose(permits: Iterable[DcfRule]) -> Iterator[DcfRule]:
    for rule in permits:
        if rule.web_groups and (rule.application is UNKNOWN or str(rule.application).upper() != DEMANDED):
            yield rule


def _fault(rule: DcfRule) -> Fault:
    said = "not known before the update" if rule.application is UNKNOWN else rule.application or "not stated"
    return Fault(rule.owner.urn, f"{rule.label} permits names without TLS: flowAppRequirement is {said}")


RULE = Rule(
    id="web-permits-demand-tls",
    severity=Severity.HIGH,
    info="Every permit with WebGroups requires TLS.",
    why="a plain HTTP request can write any approved name into its Host header on port 443, to any address",
    fix="state flowAppRequirement: TLS_REQUIRED in every permit with WebGroups",
    scope=Scope.STATED_OR_PLACE,
    check_stack=check_stack,
)
