"""Known shadow models are denied by name, in the log, before any rule can permit them.

The reasoning is in `shadow`; this file reads it off a stack: its rule lists and rulesets, their groups, and its hosts.
"""

from __future__ import annotations

from policypack.chain import ORDERED, chain_of
from policypack.finding import Fault, Rule, Severity
from policypack.graph import Graph
from policypack.known_types import RULE_LISTS
from policypack.shadow import judge


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for every way a shadow model could be reached or go unnoticed: by what was asked for, and by what came of it."""
    return list(dict.fromkeys(fault for view in dict.fromkeys((graph, graph.as_answered(ORDERED))) for fault in _judged(view)))


def _judged(graph: Graph) -> list[Fault]:
    """Return the faults of one view of a stack.

    A stack without any Aviatrix resource has none: the other rules leave its hosts no way out that could be ordered wrongly.
    """
    chain = chain_of(graph)
    contained = any(resource.type.startswith("aviatrix:") for resource in graph.resources)
    if not contained or not (chain.hosts or graph.of(*RULE_LISTS)):
        return []
    return [Fault(owner.urn if owner else chain.only_owner, what) for owner, what in judge(chain)]


RULE = Rule(
    id="shadow-model-deny-comes-first",
    severity=Severity.CRITICAL,
    info="A logged deny stops every known unapproved model provider by name, ahead of every rule that could permit it.",
    why="an agent that reaches a model nobody approved hands it prompts and data; a permit that comes first makes the deny a decoration",
    fix="put one DENY with logging, from the agents' SmartGroup to Public Internet, TCP 443, with a WebGroup of the unapproved providers,"
    " ahead of all permits; in monitor keep action DENY with watch, and tag the hosts PolicyMode=monitor",
    check_stack=check_stack,
)
