"""No route from an agent's subnet to another private network: east-west traffic goes through the gateway too.

The default route leads to the gateway, and `agent-subnet-has-no-nat-route` keeps public destinations on it. A route for a private
network through a peering, a transit gateway, a VPN or an appliance takes that network's traffic past the gateway's east-west deny.
"""

from __future__ import annotations

from policypack.facts.hosts import find_hosts
from policypack.facts.routing.routes import find_private_leaks, find_tables
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph.resources import Graph


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault at every route to a private network that an agent's subnet uses."""
    users: dict[tuple[str, str], dict[str, None]] = {}
    for host in find_hosts(graph):
        for place in host.placements:
            tables = find_tables(graph, place.subnet) if place.subnet else ()
            for table in (table for table in tables if table.is_known):
                for leak in find_private_leaks(graph, table):
                    users.setdefault((leak.holder.urn, leak.what), {})[host.resource.label] = None
    return [Violation(urn, f"{what}, and {', '.join(hosts)} uses it") for (urn, what), hosts in users.items()]


RULE = Rule(
    id="agent-subnet-joins-no-other-network",
    severity=Severity.HIGH,
    info="An agent's subnet has no route to another private network past the Aviatrix gateway.",
    why="a peering or a transit route connects the agents with a whole network, in both directions, past every firewall rule",
    fix="remove the route; reach internal services through the gateway, with an approved internal API",
    ids=("NIST SP 800-53 SC-7",),
    check_stack=check_stack,
    scope=Scope.STATED,
)
