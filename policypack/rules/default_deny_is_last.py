"""A vended place ends in a named deny of everything, and only monitor's one broad permit may follow it.

The Controller's default action is no substitute: it belongs to somebody else, its hits carry no rule, and a Controller that
loses it lets everything through. Whether the deny is applied and logged is `denies-are-applied`'s.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.chain import Chain, in_places
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph

_NEAR = "nearest: {}; it must be for every agent, to Anywhere, any protocol, all ports and without WebGroups"


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for a default deny that is missing, and for every rule that may come after it."""
    return in_places(graph, _judged)


def _judged(chain: Chain) -> Iterator[Fault]:
    denies = [rule for rule in chain.denies if chain.stops_everything(rule)]
    if not denies:
        near = [rule.label for rule in chain.denies if not rule.web_groups][-1:]
        hint = f"; {_NEAR.format(near[0])}" if near else ""
        yield Fault(chain.only_owner, f"no named rule denies what nothing else decides{hint}")
        return
    last = denies[-1]
    after = [rule for rule in chain.permits if last.may_precede(rule)]
    allowed = after[-1:] if chain.in_monitor else []
    for rule in after:
        if rule not in allowed:
            yield Fault(rule.owner.urn, f"{rule.label} permits after {last.label}, which denies everything")


RULE = Rule(
    id="default-deny-is-last",
    severity=Severity.CRITICAL,
    info="The last named rule denies everything from the agents; only in monitor one broad permit follows it.",
    why="without it what no rule names is decided by a default action that other stacks and consoles can change, and no log names it",
    fix="end the rules with one DENY from the agents' SmartGroup to Anywhere, protocol ANY, no ports, no WebGroups",
    scope=Scope.PLACE,
    check_stack=check_stack,
)
