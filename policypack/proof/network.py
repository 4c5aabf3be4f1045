"""The addresses of a program's own: the networks of the agents' VPCs, and the resolvers of those VPCs.

The Amazon resolver answers at the second address of the VPC's primary network and at two fixed addresses (Amazon VPC user
guide, "DNS attributes for your VPC").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policypack.graph import Graph, Resource
from policypack.home import home_of
from policypack.known_types import VPCS
from policypack.space import Network, parse

FIXED_RESOLVERS: Final = ("169.254.169.253/32", "fd00:ec2::253/128")
"""The Amazon resolver's addresses that are the same in every VPC."""
_MORE_NETWORKS: Final = "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation"


def home_networks(graph: Graph) -> tuple[Network, ...]:
    """Return the networks of the agents' VPCs, as far as they are known."""
    return graph.once(home_networks, lambda: tuple(dict.fromkeys(_home_networks(graph))))


def _home_networks(graph: Graph) -> Iterator[Network]:
    home = home_of(graph)
    for one in (*home.vpcs, *home.subnets):
        if (network := _block(one)) is not None:
            yield network
    for more in graph.of(_MORE_NETWORKS):
        reference = graph.refer(more, "vpcId", more.get("vpcId"), VPCS)
        if len(reference.found) == 1 and reference.found[0] in home.vpcs and (network := _block(more)) is not None:
            yield network


def resolvers_of(graph: Graph) -> tuple[Network, ...]:
    """Return the resolver's addresses: the fixed ones, and the second address of each agents' VPC that is known."""
    return graph.once(resolvers_of, lambda: tuple(dict.fromkeys(_resolvers_of(graph))))


def _resolvers_of(graph: Graph) -> Iterator[Network]:
    blocks = (*map(parse, FIXED_RESOLVERS), *(_second(vpc) for vpc in home_of(graph).vpcs))
    yield from (network for network in blocks if network is not None)


def _second(vpc: Resource) -> Network | None:
    network = _block(vpc)
    return None if network is None else parse(f"{network.network_address + 2}")


def _block(one: Resource) -> Network | None:
    return parse(one.get("cidrBlock")) or parse(one.output("cidrBlock"))
