"""Names and the policy: permitted names that no flow used, and whether the policy permits a name today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from containment.observe.evidence import NeverUsed
from containment.patterns.domain import DomainPattern
from containment.policy.rules import Logging, RuleSet
from containment.ternary import Ternary


def find_unused_names(ruleset: RuleSet, used: Iterable[str]) -> tuple[list[NeverUsed], list[str]]:
    """Return the permitted names without a flow, and the rules for which that is not known because they log nothing.

    Args:
        ruleset: The stack's policy.
        used: The names that flows had.
    """
    names = tuple(used)
    exact = frozenset(names)
    unused: list[NeverUsed] = []
    unlogged: list[str] = []
    for rule in ruleset.rules:
        if not rule.action.permits or rule.disabled or not rule.web_groups:
            continue
        if rule.logging is Logging.NONE:
            unlogged.append(rule.name)
            continue
        for group in rule.web_groups:
            found = ruleset.web_groups[group]
            patterns = {*found.patterns, *found.unsure, *(url.host for url in found.urls)}
            unused += [NeverUsed(name=str(one), rule=rule.name) for one in sorted(patterns) if not _is_used(one, names, exact)]
    return unused, unlogged


def _is_used(pattern: DomainPattern, names: Sequence[str], exact: frozenset[str]) -> bool:
    if pattern.is_exact:
        return pattern.text in exact
    return any(pattern.matches(name) is not Ternary.NO for name in names)


def is_permitted(ruleset: RuleSet, name: str) -> bool:
    """Return whether the first rule that may match a name permits it without a doubt; the broad rules by address do not count."""
    for rule in ruleset.rules:
        answers = [one.matches(name) for group in rule.web_groups for one in ruleset.web_groups[group].patterns]
        if not rule.disabled and any(one is not Ternary.NO for one in answers):
            return rule.action.permits and not rule.watch and Ternary.YES in answers
    return False
