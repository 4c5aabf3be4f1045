"""No route past the Aviatrix gateway in an agent's subnet.

A route is judged only if an agent's subnet uses its table. Tables and subnets of other programs may belong to other agents, so a
program with an agent host must not change them.
"""

from __future__ import annotations

from containment.ternary import Ternary
from policypack.facts.compute import Host, Placement, PlacementKind
from policypack.facts.hosts import find_hosts
from policypack.facts.network.other_programs import FOREIGN_ROUTING, find_foreign
from policypack.facts.routing.route import Leak
from policypack.facts.routing.routes import RouteTable, find_internet_leaks, find_tables, has_default_internet_route
from policypack.finding import Rule, Severity, Violation
from policypack.graph.known_types import DEFAULT_SUBNET
from policypack.graph.plain_data import is_false
from policypack.graph.resources import Graph


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault for every route past the gateway that an agent's subnet uses, at the resource that defines the route."""
    leaking: dict[tuple[str, str], dict[str, None]] = {}
    faults: dict[Violation, None] = {}
    for host in find_hosts(graph):
        for placement in host.placements:
            where = placement.subnet.label if placement.subnet else "the subnet"
            for table in _find_tables(graph, placement):
                found = list(find_internet_leaks(graph, table)) if table.is_known else []
                for leak in found:
                    leaking.setdefault((leak.holder.urn, leak.what), {})[f"{where} of {host.resource.label}"] = None
                what = _describe_defect(graph, table, found)
                if what:
                    faults[Violation(host.resource.urn, what)] = None
            if _is_in_default_vpc(graph, placement) and _is_refusing_public_ip(host):
                faults[Violation(host.resource.urn, "runs in the default VPC, whose main table leads to an internet gateway")] = None
    stated = [Violation(urn, f"{what}, and it applies to {', '.join(users)}") for (urn, what), users in leaking.items()]
    return list(dict.fromkeys([*stated, *faults, *find_foreign(graph, FOREIGN_ROUTING)]))


def _find_tables(graph: Graph, placement: Placement) -> tuple[RouteTable, ...]:
    if _is_in_default_vpc(graph, placement):
        return ()
    if placement.subnet is not None:
        return find_tables(graph, placement.subnet)
    return (RouteTable(None),)


def _describe_defect(graph: Graph, table: RouteTable, found: list[Leak]) -> str:
    """Return what is wrong with a table as a whole: its routes are not in the program, or AWS created it with a default route."""
    if table.resource is None and not found:
        return f"is in a subnet whose routes cannot be seen here ({table.label})"
    if table.resource is not None and has_default_internet_route(graph, table):
        return f"uses {table.label}, which AWS creates with a route to an internet gateway"
    return ""


def _is_in_default_vpc(graph: Graph, placement: Placement) -> bool:
    """Return whether a host is in the default VPC's network: without a subnet, or in a default subnet without a known table."""
    subnet = placement.subnet
    if subnet is not None and subnet.type == DEFAULT_SUBNET:
        return not any(table.is_known for table in find_tables(graph, subnet))
    return placement.where is PlacementKind.DEFAULT_VPC


def _is_refusing_public_ip(host: Host) -> bool:
    """Return whether a host refuses a public address; for any other, the public-ip rule reports the default VPC."""
    return is_false(host.resource.get("associatePublicIpAddress")) is Ternary.YES


RULE = Rule(
    id="agent-subnet-has-no-nat-route",
    severity=Severity.CRITICAL,
    info="The only route from an agent's subnet to other networks is the one that the Aviatrix Controller injects.",
    why="a NAT gateway, an internet gateway, a peering or a transit route carries packets past the firewall",
    fix="remove the route from the table that the agent's subnet uses, even a route to the Aviatrix gateway: the Controller injects"
    " 0.0.0.0/0, and a gateway endpoint its prefix list; do not change tables and subnets of other programs",
    ids=("contradicts CKV2_AWS_35 on purpose",),
    check_stack=check_stack,
)
