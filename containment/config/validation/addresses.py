"""Checks of addresses: the host's fixed one, and permits by address, which stay small, outside the VPC and apart from each other."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

from containment.addresses.address_space import count_addresses
from containment.config.destination_entry import dump_item, get_name
from containment.config.internal_api import build_internal_apis
from containment.config.stack_config import StackConfig
from containment.config.validation.problems import Checks
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
