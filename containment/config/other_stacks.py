"""Conflicts with other stacks: networks, gateway names and object prefixes that are already in use.

Two stacks on one network cannot be distinguished by address, and a Controller treats two gateways or groups of one name as one.
`containment.loaders.stack_file` reads the other stacks' files; this module only compares.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import chain, count

from containment.config.internal_api import build_internal_apis
from containment.config.stack_config import StackConfig
from containment.config.validation.problems import Checks

SECOND_GATEWAY = "-hagw"
"""Suffix that the Controller adds to a gateway's name for the second gateway (provider: HA gateways)."""


@dataclass(frozen=True, slots=True)
class OtherStack:
    """Another stack, as its file describes it; `permitted` has the networks of its permits by address."""

    file: str
    vpc_cidr: IPv4Network
    gateway_name: str
    object_prefix: str
    permitted: tuple[IPv4Network, ...] = ()


def check_other_stacks(config: StackConfig, stack: str, neighbours: Iterable[OtherStack], checks: Checks) -> None:
    """Refuse networks and names that another stack has, and permits by address into another agent's network."""
    own_prefix = f"{config.name_prefix}-{stack}"
    own_gateway = config.spoke_gateway_name or own_prefix
    others = list(neighbours)
    for other in others:
        if config.vpc_cidr.overlaps(other.vpc_cidr):
            checks.add("vpc_cidr", str(config.vpc_cidr), f"meets {other.vpc_cidr}, which {other.file} has")
        if own_prefix == other.object_prefix:
            near = f"{config.name_prefix[:28]}-2"
            what = f"makes {own_prefix}-..., names that {other.file} has"
            checks.add("name_prefix", config.name_prefix, what, fix=f"write another prefix, such as {near}", replacement=near)
        elif own_gateway in _get_names(other.gateway_name) or other.gateway_name in _get_names(own_gateway):
            _check_gateway(config, own_prefix, own_gateway, other, others, checks)
        for name, cidrs in (
            ("approved_model_gateway_cidrs", config.model_gateway_networks),
            ("approved_internal_apis", tuple(cidr for api in build_internal_apis(config.approved_internal_apis) for cidr in api.cidrs)),
        ):
            if inside := [str(cidr) for cidr in cidrs if cidr.overlaps(other.vpc_cidr)]:
                what = f"contains {', '.join(inside)}, which meets the network of {other.file}: one agent would reach another's"
                checks.add(name, None, what, fix=f"remove {', '.join(inside)}, or narrow it to networks outside {other.vpc_cidr}")


def _check_gateway(
    config: StackConfig, own_prefix: str, own_gateway: str, other: OtherStack, others: Iterable[OtherStack], checks: Checks
) -> None:
    """Refuse a gateway name that another stack has; the fix is the first name that no stack has."""
    taken = {name for one in others for name in _get_names(one.gateway_name)}
    numbered = (f"{own_prefix}-{number}" for number in count(2))
    free = next(name for name in chain([own_prefix], numbered) if not _get_names(name) & taken)
    what = f"makes {own_gateway}, a gateway's name that {other.file} has"
    fix, value = (f"write {free}", free) if free != own_prefix else (f"remove it: the default, {own_prefix}, is free", "")
    checks.add("spoke_gateway_name", config.spoke_gateway_name, what, "name_prefix", fix=fix, replacement=value)


def collect_taken_networks(config: StackConfig, neighbours: Iterable[OtherStack]) -> list[IPv4Network]:
    """Return the networks that a stack's VPC must not overlap: other stacks' VPCs and permits, and its own permits by address."""
    own = [
        *config.model_gateway_networks,
        *(cidr for api in build_internal_apis(config.approved_internal_apis) for cidr in api.cidrs),
    ]
    return own + [network for other in neighbours for network in (other.vpc_cidr, *other.permitted)]


def _get_names(gateway: str) -> frozenset[str]:
    return frozenset({gateway, gateway + SECOND_GATEWAY})
