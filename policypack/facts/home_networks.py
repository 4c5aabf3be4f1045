"""Own addresses of a program: the networks and the resolvers of the agents' VPCs.

The Amazon resolver answers at the second address of the VPC's primary network and at two fixed addresses (Amazon VPC user
guide, "DNS attributes for your VPC").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from containment.addresses.address_space import Network, parse_network
from policypack.facts.host_location import find_location
from policypack.graph.known_types import VPCS
from policypack.graph.resources import Graph, Resource

FIXED_RESOLVERS: Final = ("169.254.169.253/32", "fd00:ec2::253/128")
"""The Amazon resolver's addresses that are the same in every VPC."""
_MORE_NETWORKS: Final = "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation"


def find_home_networks(graph: Graph) -> tuple[Network, ...]:
    """Return the networks of the agents' VPCs, as far as they are known."""
    return graph.compute_once(find_home_networks, lambda: tuple(dict.fromkeys(_find_home_networks(graph))))


def _find_home_networks(graph: Graph) -> Iterator[Network]:
    home = find_location(graph)
    for one in (*home.vpcs, *home.subnets):
        if (network := _read_block(one)) is not None:
            yield network
    for more in graph.find_by_type(_MORE_NETWORKS):
        reference = graph.follow(more, "vpcId", VPCS)
        if len(reference.found) == 1 and reference.found[0] in home.vpcs and (network := _read_block(more)) is not None:
            yield network


def find_resolvers(graph: Graph) -> tuple[Network, ...]:
    """Return the resolver's addresses: the fixed ones, and the second address of each agents' VPC that is known."""
    return graph.compute_once(find_resolvers, lambda: tuple(dict.fromkeys(_find_resolvers(graph))))


def _find_resolvers(graph: Graph) -> Iterator[Network]:
    blocks = (*map(parse_network, FIXED_RESOLVERS), *(_compute_resolver(vpc) for vpc in find_location(graph).vpcs))
    yield from (network for network in blocks if network is not None)


def _compute_resolver(vpc: Resource) -> Network | None:
    network = _read_block(vpc)
    return None if network is None else parse_network(f"{network.network_address + 2}")


def _read_block(one: Resource) -> Network | None:
    return parse_network(one.get("cidrBlock")) or parse_network(one.get_output("cidrBlock"))
