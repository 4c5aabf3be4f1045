"""Known shadow models are denied by name and logged, before any rule can permit them.

`policypack.firewall.shadow_models` judges a stack's rule lists and rulesets, their groups, and its hosts.
"""

from __future__ import annotations

from policypack.finding import Rule, Severity, Violation
from policypack.firewall.effective_rules import ORDERED, get_effective_rules
from policypack.firewall.shadow_models import find_shadow_violations
from policypack.graph.known_types import RULE_LISTS
from policypack.graph.resources import Graph


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault for every path to a shadow model and for every unlogged attempt, by the stack's inputs and by its outputs."""
    return list(dict.fromkeys(fault for view in dict.fromkeys((graph, graph.use_outputs(ORDERED))) for fault in _check_view(view)))


def _check_view(graph: Graph) -> list[Violation]:
    """Return the faults of one view of a stack.

    A stack without any Aviatrix resource has none: the other rules leave its hosts no egress path for which order matters.
    """
    chain = get_effective_rules(graph)
    contained = any(resource.type.startswith("aviatrix:") for resource in graph.resources)
    if not contained or not (chain.hosts or graph.find_by_type(*RULE_LISTS)):
        return []
    return [Violation(owner.urn if owner else chain.only_owner, what) for owner, what in find_shadow_violations(chain)]


RULE = Rule(
    id="shadow-model-deny-comes-first",
    severity=Severity.CRITICAL,
    info="A logged deny stops every known unapproved model provider by name, ahead of every rule that could permit it.",
    why="an agent that reaches an unapproved model gives it prompts and data, and a permit that comes first makes the deny ineffective",
    fix="put one DENY with logging, from the agents' SmartGroup to Public Internet, TCP 443, with a WebGroup of the unapproved providers,"
    " ahead of all permits; in monitor keep action DENY with watch, and tag the hosts PolicyMode=monitor",
    check_stack=check_stack,
)
