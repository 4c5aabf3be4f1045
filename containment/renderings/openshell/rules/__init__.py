"""Lint of an OpenShell policy: settings that OpenShell accepts and that enforce less than they seem to, one rule per module."""

from __future__ import annotations

from typing import Final

from containment.errors import Problem
from containment.renderings.openshell.document import Policy
from containment.renderings.openshell.rule import LintRule
from containment.renderings.openshell.rules import (
    addresses_are_safe,
    binaries_are_named,
    credentials_are_bound,
    files_are_listed,
    hosts_are_named,
    landlock_is_required,
    mcp_tools_are_listed,
    middlewares_fail_closed,
    paths_are_read_once,
    read_only_stays_so,
    requests_are_inspected,
    rules_are_enforced,
    user_is_not_root,
)

RULES: Final[tuple[LintRule, ...]] = tuple(
    module.RULE
    for module in (
        addresses_are_safe,
        binaries_are_named,
        credentials_are_bound,
        files_are_listed,
        hosts_are_named,
        landlock_is_required,
        mcp_tools_are_listed,
        middlewares_fail_closed,
        paths_are_read_once,
        read_only_stays_so,
        requests_are_inspected,
        rules_are_enforced,
        user_is_not_root,
    )
)


def lint_policy(policy: Policy, name: str) -> list[Problem]:
    """Return every violation of every rule, sorted by place.

    Args:
        policy: the policy.
        name: the name of its file, for the problems.
    """
    found = [Problem(f"{name}:{where}", f"{what} [{rule.id}]", rule.why, rule.fix) for rule in RULES for where, what in rule.find(policy)]
    return sorted(set(found))
