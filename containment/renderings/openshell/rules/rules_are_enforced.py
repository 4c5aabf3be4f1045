"""Rules are enforced: by default OpenShell only logs what a rule does not permit."""

from __future__ import annotations

from collections.abc import Iterator

from containment.renderings.openshell.document import Policy
from containment.renderings.openshell.rule import Finding, LintRule, iterate_endpoints


def _find(policy: Policy) -> Iterator[Finding]:
    for where, endpoint in iterate_endpoints(policy):
        if endpoint.enforcement != "enforce":
            yield f"{where}.enforcement", f"is {endpoint.enforcement or 'not set, which means audit'}"


RULE = LintRule(
    id="rules-are-enforced",
    info="Every endpoint sets enforcement: enforce.",
    why="in audit a request outside of the rules is logged and delivered",
    fix="set enforcement: enforce",
    find=_find,
)
