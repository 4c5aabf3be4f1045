"""Addresses of a stack: the subnets of its VPC, each at a fixed place, and checks of its other addresses.

The subnets are those of gateways, agents, endpoints and the credential gateway. The host's fixed address lies in an agent subnet; permits
by address stay small, outside the VPC and apart from each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

from containment.addresses.address_space import count_addresses
from containment.config.destination_entry import dump_item, get_name
from containment.config.internal_api import build_internal_apis
from containment.config.stack_config import StackConfig
from containment.config.validation.problems import Checks
from containment.fixes.unfit_value import NO_VALUE
from containment.names import HTTPS_PORT

AWS_RESERVED = 4
"""Addresses at the start of a subnet that AWS reserves; the last one is reserved too (VPC user guide)."""


def check_addresses(config: StackConfig, agents: Iterable[IPv4Network], checks: Checks) -> None:
    """Refuse a fixed address that the host cannot have."""
    first = next(iter(agents))
    if (address := config.agent_private_ip) and (
        address not in first or int(address) - int(first.network_address) < AWS_RESERVED or address == first.broadcast_address
    ):
        near = str(_find_usable_address(address, first))
        checks.add(
            "agent_private_ip",
            str(address),
            f"is not a usable address of the first agent subnet, {first}",
            "vpc_cidr",
            "private_subnet_newbits",
            fix=f'write {near}, or "" for any address',
            replacement=near,
        )


def _find_usable_address(address: IPv4Address, subnet: IPv4Network) -> IPv4Address:
    """Return the usable address of a subnet nearest to the position that `address` has in it."""
    place = int(address) & int(subnet.hostmask)
    return subnet.network_address + min(max(place, AWS_RESERVED), subnet.num_addresses - 2)


def check_bound(config: StackConfig, most: int, checks: Checks) -> None:
    """Refuse permits by address that reach more addresses together than the policy pack lets through."""
    networks = {
        "approvedModelGatewayCidrs": config.model_gateway_networks,
        "approvedInternalApis": tuple(cidr for api in build_internal_apis(config.approved_internal_apis) for cidr in api.cidrs),
    }
    total = count_addresses(network for found in networks.values() for network in found)
    if total <= most:
        return
    largest = max((network for found in networks.values() for network in found), key=lambda network: network.num_addresses)
    name = "approved_model_gateway_cidrs" if largest in config.model_gateway_networks else "approved_internal_apis"
    parts = ", ".join(f"{count_addresses(found)} in {key}" for key, found in networks.items() if found)
    checks.add_explained(
        name,
        f"permits {total} private addresses by address together ({parts}), and {most} is the most: the policy pack refuses more",
        "a permit by address has no name to check, so what it reaches must be few addresses with an owner",
        f"take {total - most} addresses off, {largest} first; or raise private-addresses in policypack/bounds.yaml to {total}"
        " with owner, reason and end",
        "approved_model_gateway_cidrs",
        "approved_internal_apis",
    )


def check_internal_apis(config: StackConfig, checks: Checks) -> None:
    """Refuse permits by address inside the VPC, and two permits for one address and port."""
    if inside := [str(cidr) for cidr in config.model_gateway_networks if cidr.overlaps(config.vpc_cidr)]:
        said = f"contains {', '.join(inside)}, which overlaps the stack's VPC, where traffic never reaches the gateway"
        left = [dump_item(item) for item in config.approved_model_gateway_cidrs if get_name(item) not in inside]
        fix = f"remove {', '.join(inside)}, or move the stack by its vpcCidr"
        checks.add("approved_model_gateway_cidrs", None, said, "vpc_cidr", fix=fix, replacement=left)
    apis = build_internal_apis(config.approved_internal_apis)
    for api in apis:
        if inside := [str(cidr) for cidr in api.cidrs if cidr.overlaps(config.vpc_cidr)]:
            said = f"{api.name}.cidrs contains {', '.join(inside)}, which overlaps the stack's VPC, where traffic never reaches the gateway"
            fix = f"remove {', '.join(inside)} from {api.name}.cidrs, or move the stack by its vpcCidr"
            checks.add("approved_internal_apis", None, said, "vpc_cidr", fix=fix)
        shared = [str(cidr) for cidr in api.cidrs if any(cidr.overlaps(other) for other in config.model_gateway_networks)]
        if shared and any(HTTPS_PORT in ports for ports in api.ports):
            said = f"{api.name} shares {', '.join(shared)} and port 443 with approvedModelGatewayCidrs: the log would name either"
            fix = f"remove {', '.join(shared)} from {api.name}.cidrs, or from approvedModelGatewayCidrs"
            checks.add("approved_internal_apis", None, said, "approved_model_gateway_cidrs", fix=fix)
    for one, two in combinations(apis, 2):
        same_port = any(p.low <= q.high and q.low <= p.high for p in one.ports for q in two.ports)
        if same_port and any(p.overlaps(q) for p in one.cidrs for q in two.cidrs):
            what = f"{one.name} and {two.name} share an address and a port: the log would name either"
            fix = f"give {one.name} and {two.name} different cidrs or ports, or make them one entry"
            checks.add("approved_internal_apis", None, what, fix=fix)


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
