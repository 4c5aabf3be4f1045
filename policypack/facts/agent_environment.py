"""A complete agent environment: host, VPC and gateway in one program, so that an unset setting is really unset.

If a program creates only a host, its flow logs, resolver rules and default deny may be in another program, and their absence is no
violation. If a program has a host with a tag that only this product sets, and a spoke gateway, it is complete: there an absent
setting is a hole. Rules about properties that are set do not depend on this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from containment.names import HostTag, PolicyMode
from policypack.facts.compute import Host
from policypack.facts.hosts import find_hosts
from policypack.graph.known_types import SPOKE_GATEWAY, SUBNETS, VPCS
from policypack.graph.resources import Graph, Resource

OWN_TAGS = (HostTag.AGENT_CLASS.value, HostTag.AGENT_STACK.value)
"""Tags that only this product sets on a host; `Role` is in general use."""


@dataclass(frozen=True, slots=True)
class AgentEnvironment:
    """Hosts in the same VPCs, those VPCs as far as the program declares them, and the spoke gateways that serve them."""

    hosts: tuple[Host, ...]
    vpcs: tuple[Resource, ...]
    gateways: tuple[Resource, ...]

    @property
    def anchors(self) -> tuple[Resource, ...]:
        """The resources at which an absent setting is reported: each VPC, or the first host if the program has no VPC."""
        return self.vpcs or (self.hosts[0].resource,)


def is_complete(graph: Graph) -> bool:
    """Return whether a program is a complete agent environment: it has a host with a tag of this product, and a spoke gateway."""
    return bool(graph.find_by_type(SPOKE_GATEWAY)) and any(key in host.tags for host in find_hosts(graph) for key in OWN_TAGS)


def has_agents(graph: Graph) -> bool:
    """Return whether some host has both tags of this product: it is an agent host even if its gateway is in another program."""
    return any(all(key in host.tags for key in OWN_TAGS) for host in find_hosts(graph))


def is_all_in_monitor(hosts: Sequence[Host]) -> bool:
    """Return whether every host has the tag PolicyMode=monitor and no other value of it; without a host, False."""
    return bool(hosts) and all(host.tags.get(HostTag.POLICY_MODE.value) == (PolicyMode.MONITOR.value,) for host in hosts)


def find_environments(graph: Graph) -> tuple[AgentEnvironment, ...]:
    """Return the agent environments of a program in the order of its hosts; empty if the program is not complete."""
    return graph.compute_once(find_environments, lambda: _find_environments(graph))


def _find_environments(graph: Graph) -> tuple[AgentEnvironment, ...]:
    if not is_complete(graph):
        return ()
    together: dict[frozenset[str], list[Host]] = {}
    for host in find_hosts(graph):
        together.setdefault(frozenset(vpc.urn for vpc in find_vpcs(graph, host)), []).append(host)
    return tuple(_build_environment(graph, tuple(hosts)) for hosts in together.values())


def find_vpcs(graph: Graph, host: Host) -> tuple[Resource, ...]:
    """Return the VPCs of this program that a host is, or may be, in."""
    subnets = (place.subnet for place in host.placements if place.subnet is not None and place.subnet.type in SUBNETS)
    found = (vpc for subnet in subnets for vpc in graph.follow(subnet, "vpcId", VPCS).found)
    return tuple(dict.fromkeys(found))


def _build_environment(graph: Graph, hosts: tuple[Host, ...]) -> AgentEnvironment:
    vpcs = tuple(dict.fromkeys(vpc for host in hosts for vpc in find_vpcs(graph, host)))
    every = tuple(graph.find_by_type(SPOKE_GATEWAY))
    near = tuple(one for one in every if any(graph.follow(one, "vpcId", VPCS).is_possibly(vpc) for vpc in vpcs))
    return AgentEnvironment(hosts, vpcs, near or every)  # a gateway that cannot be placed may serve any of them
