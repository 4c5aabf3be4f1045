"""The agent's subnet leads nowhere but through the Aviatrix gateway.

Judged over relations only: a route is harmless until an agent's subnet uses its table.
"""

from __future__ import annotations

from containment.model.fqdn import Match
from policypack.finding import Fault, Rule, Severity
from policypack.graph import Graph
from policypack.hosts import Host, Placement, Where, find_hosts
from policypack.known_types import LIGHTSAIL
from policypack.plain import is_false
from policypack.routes import Table, leads_out_by_default, leaks, tables_of, tables_of_external


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for every route past the gateway that an agent's subnet uses, at the resource that states the route."""
    leaking: dict[tuple[str, str], dict[str, None]] = {}
    unseen: dict[tuple[str, str], None] = {}
    for host in find_hosts(graph):
        for placement in host.placements:
            for table in _tables(graph, placement):
                found = list(leaks(graph, table)) if table.resource is not None or table.literal else []
                user = f"{placement.subnet.label if placement.subnet else 'the subnet'} of {host.resource.label}"
                if table.resource is None and not found:
                    unseen[host.resource.urn, f"is in a subnet whose routes cannot be seen here ({table.label})"] = None
                elif table.resource is not None and leads_out_by_default(graph, table):
                    unseen[host.resource.urn, f"uses {table.label}, which AWS made with a route to an internet gateway"] = None
                for leak in found:
                    leaking.setdefault((leak.holder.urn, leak.what), {})[user] = None
            if placement.where is Where.DEFAULT_VPC and _says_no_public_ip(host):
                unseen[host.resource.urn, "has no subnet, so it runs in the default VPC, whose main table leads to an internet gateway"] = (
                    None
                )
    faults = [Fault(urn, f"{what}, and it applies to {', '.join(users)}") for (urn, what), users in leaking.items()]
    return [*faults, *(Fault(urn, what) for urn, what in unseen)]


def _tables(graph: Graph, placement: Placement) -> tuple[Table, ...]:
    if placement.subnet is not None:
        return tables_of(graph, placement.subnet)
    if placement.where is Where.EXTERNAL:
        return tables_of_external(graph, placement.literal) or (Table(None, literal=f"of {placement.literal}"),)
    return (Table(None),) if placement.where is Where.UNTRACED else ()


def _says_no_public_ip(host: Host) -> bool:
    """A host without a subnet is reported by the public-ip rule; only one that refuses the address is left for this rule."""
    return host.resource.type != LIGHTSAIL and is_false(host.resource.get("associatePublicIpAddress")) is Match.YES


RULE = Rule(
    id="agent-subnet-has-no-nat-route",
    severity=Severity.CRITICAL,
    info="An agent's subnet has no route to the internet or to other networks but the one the Aviatrix Controller injects.",
    why="a NAT gateway, an internet gateway, a peering or a transit route carries packets that the firewall never sees",
    fix="remove the route from the table the agent's subnet uses; the Controller injects 0.0.0.0/0 to the Aviatrix gateway itself",
    ids=("contradicts CKV2_AWS_35 on purpose",),
    check_stack=check_stack,
)
