"""A vended place: a whole agent's place in one program, so that what is missing in it is missing.

In a program that makes only a host, flow logs, resolver rules and a default deny may lie elsewhere and cannot be seen, and
silence means nothing. A program whose host carries a tag that only this product sets, and that declares the spoke gateway
too, is the place itself: there silence is a hole. Rules about what a program states do not ask this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from containment.model.names import HostTag, PolicyMode
from policypack.graph import Graph, Resource
from policypack.hosts import Host, find_hosts
from policypack.known_types import SPOKE_GATEWAY, SUBNETS, VPCS

OWN_TAGS = (HostTag.AGENT_CLASS.value, HostTag.AGENT_STACK.value)
"""Tags that only this product sets on a host; `Role` is anybody's."""


@dataclass(frozen=True, slots=True)
class Place:
    """Hosts that share their VPCs, those VPCs as far as the program declares them, and the spoke gateways that serve them."""

    hosts: tuple[Host, ...]
    vpcs: tuple[Resource, ...]
    gateways: tuple[Resource, ...]

    @property
    def anchors(self) -> tuple[Resource, ...]:
        """Where something missing is reported: at each VPC, or at the first host when no VPC is in the program."""
        return self.vpcs or (self.hosts[0].resource,)


def is_vended(graph: Graph) -> bool:
    """Tell whether a program vends a whole place: a host with a tag of this product, and a spoke gateway."""
    return bool(graph.of(SPOKE_GATEWAY)) and any(key in host.tags for host in find_hosts(graph) for key in OWN_TAGS)


def has_agents(graph: Graph) -> bool:
    """Tell whether some host carries both tags of this product: then it is an agent of this product, wherever its gateway is."""
    return any(all(key in host.tags for key in OWN_TAGS) for host in find_hosts(graph))


def all_in_monitor(hosts: Sequence[Host]) -> bool:
    """Tell whether every host carries PolicyMode=monitor and nothing else; a stack's name is no evidence, and no host is none."""
    return bool(hosts) and all(host.tags.get(HostTag.POLICY_MODE.value) == (PolicyMode.MONITOR.value,) for host in hosts)


def places(graph: Graph) -> tuple[Place, ...]:
    """Return the vended places of a program, in the order of its hosts; none when the program vends none."""
    return graph.once(places, lambda: _places(graph))


def _places(graph: Graph) -> tuple[Place, ...]:
    if not is_vended(graph):
        return ()
    together: dict[frozenset[str], list[Host]] = {}
    for host in find_hosts(graph):
        together.setdefault(frozenset(vpc.urn for vpc in vpcs_of(graph, host)), []).append(host)
    return tuple(_place(graph, tuple(hosts)) for hosts in together.values())


def vpcs_of(graph: Graph, host: Host) -> tuple[Resource, ...]:
    """Return the VPCs of this program that a host is, or may be, in."""
    subnets = (place.subnet for place in host.placements if place.subnet is not None and place.subnet.type in SUBNETS)
    found = (vpc for subnet in subnets for vpc in graph.refer(subnet, "vpcId", subnet.get("vpcId"), VPCS).found)
    return tuple(dict.fromkeys(found))


def _place(graph: Graph, hosts: tuple[Host, ...]) -> Place:
    vpcs = tuple(dict.fromkeys(vpc for host in hosts for vpc in vpcs_of(graph, host)))
    every = tuple(graph.of(SPOKE_GATEWAY))
    near = tuple(one for one in every if any(graph.refer(one, "vpcId", one.get("vpcId"), VPCS).may_be(vpc) for vpc in vpcs))
    return Place(hosts, vpcs, near or every)  # a gateway that cannot be placed may serve any of them
