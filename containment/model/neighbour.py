"""What other stacks beside this one already have: a network, gateway names, a prefix of objects.

Two stacks on one network cannot be told apart by address, and two gateways or groups of one name are one to a
Controller. Reading the other stacks' files is `containment.stack_file`'s; here is only the comparison.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network

from containment.model.checks import Checks
from containment.model.config import StackConfig
from containment.model.internal_api import internal_apis

SECOND_GATEWAY = "-hagw"
"""What the Controller adds to a gateway's name for its second one (provider: HA gateways)."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another stack, as its file describes it."""

    file: str
    vpc_cidr: IPv4Network
    gateway_name: str
    object_prefix: str


def check_neighbours(config: StackConfig, stack: str, neighbours: Iterable[Neighbour], checks: Checks) -> None:
    """Refuse what another stack already has, and permits by address that lead into another agent's network."""
    own_prefix = f"{config.name_prefix}-{stack}"
    own_gateway = config.spoke_gateway_name or own_prefix
    permits = {
        "approved_model_gateway_cidrs": config.approved_model_gateway_cidrs,
        "approved_internal_apis": tuple(cidr for api in internal_apis(config.approved_internal_apis) for cidr in api.cidrs),
    }
    for other in neighbours:
        if config.vpc_cidr.overlaps(other.vpc_cidr):
            checks.add("vpc_cidr", str(config.vpc_cidr), f"meets {other.vpc_cidr}, which {other.file} has")
        if own_prefix == other.object_prefix:
            checks.add("name_prefix", config.name_prefix, f"makes {own_prefix}-..., names that {other.file} has")
        elif own_gateway in _names(other.gateway_name) or other.gateway_name in _names(own_gateway):
            checks.add(
                "spoke_gateway_name",
                config.spoke_gateway_name,
                f"makes {own_gateway}, a gateway's name that {other.file} has",
                "name_prefix",
            )
        for name, cidrs in permits.items():
            if inside := [str(cidr) for cidr in cidrs if cidr.overlaps(other.vpc_cidr)]:
                checks.add(
                    name, None, f"holds {', '.join(inside)}, which meets the network of {other.file}: one agent would reach another's"
                )


def _names(gateway: str) -> frozenset[str]:
    return frozenset({gateway, gateway + SECOND_GATEWAY})
