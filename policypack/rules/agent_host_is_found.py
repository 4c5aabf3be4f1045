"""A program about agents has at least one host that the rules could judge: nothing found is a failure, not a success.

A program of Controller-wide objects only (enablement, default action, policy group) is not about hosts and passes.
"""

from __future__ import annotations

from policypack.finding import Fault, Rule, Severity
from policypack.graph import Graph
from policypack.hosts import find_hosts
from policypack.known_types import AGENT_SIDE


def check_stack(graph: Graph) -> list[Fault]:
    """Return one fault for the stack when it is about hosts and none was found."""
    about = [resource for resource in graph.resources if AGENT_SIDE.fullmatch(resource.type)]
    if not about or find_hosts(graph):
        return []
    return [Fault("", f"no agent host was found among {len(graph.resources)} resources, so nothing was judged")]


RULE = Rule(
    id="agent-host-is-found",
    severity=Severity.HIGH,
    info="The pack found the agent hosts it is there to judge.",
    why="a check that looked at nothing proves nothing",
    fix="tag the host Role=openclaw-agent-harness or AgentStack=<stack>, or keep the host and its Aviatrix policy in one program",
    check_stack=check_stack,
)
