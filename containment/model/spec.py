"""What one stack is: preset and configuration resolved into plain, complete, checked facts.

Reports every mistake at once (`spec_checks`, `overlaps`). The result decides everything below it: `policy` makes rules
of it, the components make resources of it, and neither reads configuration again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from containment.model.checks import Checks
from containment.model.config import StackConfig
from containment.model.destinations import Destinations, destinations_of
from containment.model.errors import InputError
from containment.model.forbidden import check_kinds, check_letters, check_uploads, permits_of
from containment.model.fqdn import DomainPattern
from containment.model.internal_api import InternalApi, internal_apis
from containment.model.known_hosts import KnownHost, known_hosts
from containment.model.names import PolicyMode, WebGroupId
from containment.model.neighbour import Neighbour, check_neighbours
from containment.model.overlaps import check_overlaps
from containment.model.parse import parse_config
from containment.model.preset import Harness, Library, Preset
from containment.model.resolver_names import resolver_names
from containment.model.sanctions import check_sanctions, without_sanctioned
from containment.model.spec_checks import (
    check_addresses,
    check_class,
    check_features,
    check_internal_apis,
    check_logs,
    check_names,
    check_partition,
    check_resolvable,
    check_stack_name,
)

FIRST_AGENT_SUBNET = 10
"""Index of the first private agent subnet (published reference); the public gateway subnet is 0."""

HA_GATEWAY_SUBNET = 1
"""Index of the second gateway's public subnet (ours)."""

FIRST_ENDPOINT_SUBNET = 20
"""Index of the first endpoint subnet (ours: endpoints stand apart from the agent, design decision 10)."""


@dataclass(frozen=True)
class ContainmentSpec:
    """One agent stack, complete: nothing below this reads configuration or presets."""

    stack: str
    config: StackConfig
    preset: Preset
    harness: Harness
    destinations: Mapping[WebGroupId, Destinations]
    gateway_subnet: IPv4Network
    agent_subnets: tuple[IPv4Network, ...]
    endpoint_subnets: tuple[IPv4Network, ...]
    dns_resolver: IPv4Address
    ha_gateway_subnet: IPv4Network | None
    dns_names: tuple[DomainPattern, ...]
    internal_apis: tuple[InternalApi, ...]
    decrypted_urls: tuple[str, ...]
    known_hosts: tuple[KnownHost, ...]

    @property
    def mode(self) -> PolicyMode:
        """Monitor or enforce."""
        return self.config.policy_mode

    @property
    def prefix(self) -> str:
        """The name prefix, which rules carry."""
        return self.config.name_prefix

    @property
    def object_prefix(self) -> str:
        """The prefix of groups and resources: unique on a Controller because it holds the stack's name."""
        return f"{self.config.name_prefix}-{self.stack}"

    @property
    def strict_logging(self) -> bool:
        """Whether the class demands logs of everything, encrypted and kept long."""
        return self.preset.strict_logging

    @property
    def gateway_name(self) -> str:
        """The spoke gateway's name."""
        return self.config.spoke_gateway_name or self.object_prefix


def resolve(
    raw: Mapping[str, Any],
    library: Library,
    stack: str,
    where: str | None = None,
    today: date | None = None,
    neighbours: Sequence[Neighbour] = (),
) -> ContainmentSpec:
    """Return the spec of a stack; raises InputError with every problem, sorted.

    `where` names the stack file. `today` is what exceptions with an end are held against; without it none holds.
    `neighbours` are the other stacks, whose networks and names are taken.
    """
    file = where or f"Pulumi.{stack}.yaml"
    config, problems, wrong = parse_config(raw, file)
    checks = Checks(file, wrong)
    preset = library.presets.get(config.agent_class)
    if preset is None:
        checks.add("agent_class", config.agent_class, f"is not a class in presets/ ({', '.join(sorted(library.presets))})")
        preset = next(iter(library.presets.values()))
    harness = config.install_mode if config.install_mode is not None else preset.harness
    stated = destinations_of(config, library, preset, harness)
    destinations = without_sanctioned(stated, config)
    check_stack_name(stack, config, library, checks)
    check_names(stack, config, checks)
    check_partition(config, checks)
    check_features(config, preset, harness, checks)
    check_internal_apis(config, checks)
    check_class(config, preset, checks)
    check_neighbours(config, stack, neighbours, checks)
    permits = permits_of(config, preset, library, destinations, file)
    check_kinds(permits, preset, library, config.aws_region, checks)
    check_uploads(permits, destinations, config, preset, library, today, checks)
    denied, gateways = stated[WebGroupId.UNAPPROVED_MODELS], stated.get(WebGroupId.MODEL_GATEWAYS)
    check_sanctions(denied, gateways, config, preset, today, checks)
    check_letters(permits, library, config.aws_region, checks)
    check_logs(config, preset, checks)
    check_resolvable(destinations, config, checks)
    check_overlaps(destinations, config, preset, checks)
    subnets = _subnets(config, checks)
    check_addresses(config, subnets.agents, checks)
    problems += checks.problems
    if problems:
        raise InputError(f"{file} cannot be deployed", problems)
    return ContainmentSpec(
        stack,
        config,
        preset,
        harness,
        destinations,
        subnets.gateway,
        subnets.agents,
        subnets.endpoints,
        config.vpc_cidr.network_address + 2,
        subnets.ha_gateway if config.ha_gateway else None,
        resolver_names(config, destinations),
        internal_apis(config.approved_internal_apis),
        tuple(sorted(config.tls_decryption_urls)),
        known_hosts((permit.pattern for permit in permits if not permit.is_aws), library, config.aws_region),
    )


@dataclass(frozen=True)
class _Subnets:
    gateway: IPv4Network
    ha_gateway: IPv4Network
    agents: tuple[IPv4Network, ...]
    endpoints: tuple[IPv4Network, ...]


def _subnets(config: StackConfig, checks: Checks) -> _Subnets:
    prefix = config.vpc_cidr.prefixlen + config.private_subnet_newbits
    if prefix > 28:
        checks.add(
            "private_subnet_newbits", config.private_subnet_newbits, f"makes /{prefix} subnets, and AWS allows /28 at most", "vpc_cidr"
        )
        return _Subnets(config.vpc_cidr, config.vpc_cidr, (config.vpc_cidr,), (config.vpc_cidr,))

    def cut(place: int) -> IPv4Network:
        return IPv4Network((int(config.vpc_cidr.network_address) + (place << 32 - prefix), prefix))

    zones = range(config.availability_zone_count)
    return _Subnets(
        cut(0),
        cut(HA_GATEWAY_SUBNET),
        tuple(cut(FIRST_AGENT_SUBNET + zone) for zone in zones),
        tuple(cut(FIRST_ENDPOINT_SUBNET + zone) for zone in zones),
    )
