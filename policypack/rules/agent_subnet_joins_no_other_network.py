"""An agent's subnet has no route to other private networks: what is east or west of it goes through the gateway too.

The default route is the gateway's, and the rule about NAT keeps public destinations with it. A route for a private network
through a peering, a transit gateway, a VPN or an appliance takes that network's traffic past the gateway's east-west deny.
"""

from __future__ import annotations

from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph
from policypack.hosts import find_hosts
from policypack.routes import joins, tables_of


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault at every route to a private network that an agent's subnet uses."""
    users: dict[tuple[str, str], dict[str, None]] = {}
    for host in find_hosts(graph):
        for place in host.placements:
            tables = tables_of(graph, place.subnet) if place.subnet else ()
            for table in (table for table in tables if table.is_known):
                for leak in joins(graph, table):
                    users.setdefault((leak.holder.urn, leak.what), {})[host.resource.label] = None
    return [Fault(urn, f"{what}, and {', '.join(hosts)} uses it") for (urn, what), hosts in users.items()]


RULE = Rule(
    id="agent-subnet-joins-no-other-network",
    severity=Severity.HIGH,
    info="An agent's subnet has no route to another private network past the Aviatrix gateway.",
    why="a peering or a transit route for one network is a way to everything in it, and back, that no firewall rule sees",
    fix="remove the route; reach internal services through the gateway, with an approved internal API",
    ids=("NIST SP 800-53 SC-7",),
    check_stack=check_stack,
    scope=Scope.STATED,
)
