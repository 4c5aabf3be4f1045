"""Lint of an OpenShell policy: settings that OpenShell accepts and that enforce less than they seem to."""

from __future__ import annotations

from typing import Final

from containment.errors import Problem
from containment.renderings.openshell.document import Policy
from containment.renderings.openshell.network_rules import NETWORK_RULES
from containment.renderings.openshell.rule import LintRule
from containment.renderings.openshell.sandbox_rules import SANDBOX_RULES

RULES: Final[tuple[LintRule, ...]] = tuple(sorted((*NETWORK_RULES, *SANDBOX_RULES), key=lambda rule: rule.id))


def lint_policy(policy: Policy, name: str) -> list[Problem]:
    """Return every violation of every rule, sorted by place.

    Args:
        policy: the policy.
        name: the name of its file, for the problems.
    """
    found = [Problem(f"{name}:{where}", f"{what} [{rule.id}]", rule.why, rule.fix) for rule in RULES for where, what in rule.find(policy)]
    return sorted(set(found))
