"""The subnets of a stack's VPC: gateways, agents, endpoints and the credential gateway, each at a fixed place."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from containment.config.stack_config import StackConfig
from containment.config.validation.problems import Checks
from containment.fixes.unfit_value import NO_VALUE

FIRST_AGENT_SUBNET = 10
"""Index of the first private agent subnet (Aviatrix blueprint); the public gateway subnet is 0."""

HA_GATEWAY_SUBNET = 1
"""Index of the second gateway's public subnet; not from the Aviatrix blueprint."""

_SMALLEST_SUBNET = 28
"""Prefix length of the smallest subnet that AWS allows (VPC user guide)."""

_FEWEST_BITS = 5
"""The lowest `privateSubnetNewbits`: 32 subnets, of which those up to the credential gateway's are used."""

FIRST_ENDPOINT_SUBNET = 20
"""Index of the first endpoint subnet; endpoints have subnets apart from the agent's (not from the Aviatrix blueprint)."""

CREDENTIAL_GATEWAY_SUBNET = 30
"""Index of the credential gateway's subnet, in which nothing else is (not from the Aviatrix blueprint)."""


@dataclass(frozen=True)
class Subnets:
    """The subnets of one VPC; agents and endpoints have one per zone."""

    gateway: IPv4Network
    ha_gateway: IPv4Network
    agents: tuple[IPv4Network, ...]
    endpoints: tuple[IPv4Network, ...]
    credential_gateway: IPv4Network


def divide_network(config: StackConfig, checks: Checks) -> Subnets:
    """Return the subnets of the VPC; a division that AWS refuses is a problem, and its subnets are the whole network."""
    prefix = config.vpc_cidr.prefixlen + config.private_subnet_newbits
    if prefix > _SMALLEST_SUBNET:
        what = f"makes /{prefix} subnets, and AWS allows /28 at most"
        most = _SMALLEST_SUBNET - config.vpc_cidr.prefixlen
        fits = most >= _FEWEST_BITS
        fix = f"write {most}" if fits else f"set vpcCidr to a /{_SMALLEST_SUBNET - _FEWEST_BITS} or wider"
        replacement = most if fits else NO_VALUE
        checks.add("private_subnet_newbits", config.private_subnet_newbits, what, "vpc_cidr", fix=fix, replacement=replacement)
        return Subnets(config.vpc_cidr, config.vpc_cidr, (config.vpc_cidr,), (config.vpc_cidr,), config.vpc_cidr)

    def cut(place: int) -> IPv4Network:
        return IPv4Network((int(config.vpc_cidr.network_address) + (place << 32 - prefix), prefix))

    zones = range(config.availability_zone_count)
    return Subnets(
        cut(0),
        cut(HA_GATEWAY_SUBNET),
        tuple(cut(FIRST_AGENT_SUBNET + zone) for zone in zones),
        tuple(cut(FIRST_ENDPOINT_SUBNET + zone) for zone in zones),
        cut(CREDENTIAL_GATEWAY_SUBNET),
    )
