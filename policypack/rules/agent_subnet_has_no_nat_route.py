"""The agent's subnet leads nowhere but through the Aviatrix gateway.

Judged over relations only: a route is harmless until an agent's subnet uses its table. Tables and subnets of other programs
may be another agent's, so a program with an agent host changes none of them.
"""

from __future__ import annotations

from containment.model.fqdn import Match
from policypack.finding import Fault, Rule, Severity
from policypack.graph import Graph
from policypack.hosts import Host, Placement, Where, find_hosts
from policypack.known_types import DEFAULT_SUBNET
from policypack.network.foreign import FOREIGN_ROUTING, find_foreign
from policypack.network.route import Leak
from policypack.plain import is_false
from policypack.routes import Table, leads_out_by_default, leaks, tables_of


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for every route past the gateway that an agent's subnet uses, at the resource that states the route."""
    leaking: dict[tuple[str, str], dict[str, None]] = {}
    faults: dict[Fault, None] = {}
    for host in find_hosts(graph):
        for placement in host.placements:
            where = placement.subnet.label if placement.subnet else "the subnet"
            for table in _tables(graph, placement):
                found = list(leaks(graph, table)) if table.is_known else []
                for leak in found:
                    leaking.setdefault((leak.holder.urn, leak.what), {})[f"{where} of {host.resource.label}"] = None
                what = _unsound(graph, table, found)
                if what:
                    faults[Fault(host.resource.urn, what)] = None
            if _is_in_default_vpc(graph, placement) and _says_no_public_ip(host):
                faults[Fault(host.resource.urn, "runs in the default VPC, whose main table leads to an internet gateway")] = None
    stated = [Fault(urn, f"{what}, and it applies to {', '.join(users)}") for (urn, what), users in leaking.items()]
    return list(dict.fromkeys([*stated, *faults, *find_foreign(graph, FOREIGN_ROUTING)]))


def _tables(graph: Graph, placement: Placement) -> tuple[Table, ...]:
    if _is_in_default_vpc(graph, placement):
        return ()
    if placement.subnet is not None:
        return tables_of(graph, placement.subnet)
    return (Table(None),)


def _unsound(graph: Graph, table: Table, found: list[Leak]) -> str:
    """Return what is wrong with a table as a whole: nobody here states its routes, or AWS made it with a way out."""
    if table.resource is None and not found:
        return f"is in a subnet whose routes cannot be seen here ({table.label})"
    if table.resource is not None and leads_out_by_default(graph, table):
        return f"uses {table.label}, which AWS made with a route to an internet gateway"
    return ""


def _is_in_default_vpc(graph: Graph, placement: Placement) -> bool:
    """Tell whether a host is where AWS puts it when nothing is said: no subnet, or a default subnet without a table of its own."""
    subnet = placement.subnet
    if subnet is not None and subnet.type == DEFAULT_SUBNET:
        return not any(table.is_known for table in tables_of(graph, subnet))
    return placement.where is Where.DEFAULT_VPC


def _says_no_public_ip(host: Host) -> bool:
    """The default VPC is reported by the public-ip rule; only a host that refuses an address is left for this rule."""
    return is_false(host.resource.get("associatePublicIpAddress")) is Match.YES


RULE = Rule(
    id="agent-subnet-has-no-nat-route",
    severity=Severity.CRITICAL,
    info="An agent's subnet has no route to the internet or to other networks but the one the Aviatrix Controller injects.",
    why="a NAT gateway, an internet gateway, a peering or a transit route carries packets that the firewall never sees",
    fix="remove the route from the table the agent's subnet uses, also one to the Aviatrix gateway: the Controller injects 0.0.0.0/0"
    " itself, and a gateway endpoint its own prefix list; leave tables and subnets of other programs to those programs",
    ids=("contradicts CKV2_AWS_35 on purpose",),
    check_stack=check_stack,
)
