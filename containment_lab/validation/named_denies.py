"""Denies by name, which `alwaysEnforce` can apply in monitor as well: their rule decides what monitor does to a flow."""

from __future__ import annotations

from containment.logs.record import DecisionRecord
from containment.policy.blueprint_table import WEB_DENIES
from containment.policy.flow import PolicyVerdict


def is_named_deny(rule: str) -> bool:
    """Return whether a rule, with its prefix, denies a WebGroup by name."""
    return any(rule == line.rule or rule.endswith(f"-{line.rule}") for line in WEB_DENIES)


def is_applied_by_name(decision: DecisionRecord) -> bool:
    """Return whether a deny by name decided and was applied, which `alwaysEnforce` makes possible in monitor."""
    return decision.verdict is PolicyVerdict.DENY and decision.enforced and is_named_deny(decision.rule or "")
