"""The spec of one stack: preset and configuration, resolved and checked.

Every mistake is reported at once (`validation`). Everything else follows from the spec: `policy` builds rules from it and the components
create resources from it; neither reads configuration again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from containment.addresses.address_space import MOST_ADDRESSES
from containment.catalog.known_hosts import KnownHost, find_known_hosts
from containment.catalog.preset import Harness, Library, Preset
from containment.config.destination_entry import get_names
from containment.config.destinations import Destinations, find_usable_harnesses, find_used_sets, resolve_destinations
from containment.config.internal_api import InternalApi, build_internal_apis
from containment.config.other_stacks import OtherStack, check_other_stacks
from containment.config.parser import parse_config
from containment.config.resolver_names import collect_resolver_names
from containment.config.sanctions import check_sanctions, remove_sanctioned
from containment.config.stack_config import StackConfig
from containment.config.validation.addresses import Subnets, check_addresses, check_bound, check_internal_apis, divide_network
from containment.config.validation.class_limits import (
    check_class,
    check_kinds,
    check_letters,
    check_uploads,
    collect_permits,
    find_always_enforced,
)
from containment.config.validation.computed_fixes import complete_fixes
from containment.config.validation.credential_routes import check_credential_routes, narrow_to_routes
from containment.config.validation.cross_checks import (
    check_features,
    check_logs,
    check_names,
    check_region,
    check_resolvable,
    check_sessions,
    check_stack_name,
)
from containment.config.validation.entries import check_entries, find_entry_warnings, refuse_bare_names
from containment.config.validation.harness import check_first_boot, check_harness_maturity
from containment.config.validation.host_limits import check_model_hosts, check_resolved_names, check_service_regions
from containment.config.validation.overlaps import check_overlaps
from containment.config.validation.problems import Checks
from containment.config.validation.tls_inspection import check_decryption, check_intrusion_detection
from containment.credential_gateway.route import RouteTable
from containment.errors import InputError, Problem
from containment.names import PolicyMode, WebGroupId
from containment.patterns.domain import DomainPattern

_GATEWAY_ADDRESS = 10
"""Place of the credential gateway in its subnet, which has 16 addresses or more."""


@dataclass(frozen=True, kw_only=True)
class CredentialGatewaySpec:
    """The credential gateway of one stack: its subnet, its port, its image, and the routes of the stack's class.

    `origins` has the group of destinations from which each host was routed.
    """

    subnet: IPv4Network
    port: int
    image_id: str
    routes: RouteTable
    origins: Mapping[str, WebGroupId]

    @property
    def address(self) -> IPv4Address:
        """The gateway's fixed address, which agents are given; AWS reserves the first four and the last of a subnet."""
        return self.subnet.network_address + _GATEWAY_ADDRESS

    @property
    def url(self) -> str:
        """The address that agents put in place of a provider's, before the provider's host."""
        return f"http://{self.address}:{self.port}"


@dataclass(frozen=True)
class ContainmentSpec:
    """One agent stack, complete: its users read neither configuration nor presets.

    `warnings` are mistakes that do not stop a deployment: bare names, and entries that end soon.
    `always_enforced` has the deny groups that are applied in monitor as well.
    `usable_harnesses` are those whose core services the stack permits.
    `credential_gateway` is None where agents reach model providers themselves.
    """

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
    warnings: tuple[Problem, ...] = ()
    always_enforced: frozenset[WebGroupId] = frozenset()
    usable_harnesses: frozenset[Harness] = frozenset()
    credential_gateway: CredentialGatewaySpec | None = None

    @property
    def mode(self) -> PolicyMode:
        """Monitor or enforce."""
        return self.config.policy_mode

    @property
    def prefix(self) -> str:
        """The name prefix of rules."""
        return self.config.name_prefix

    @property
    def object_prefix(self) -> str:
        """The prefix of groups and resources, unique on a Controller because it contains the stack's name."""
        return f"{self.config.name_prefix}-{self.stack}"

    @property
    def strict_logging(self) -> bool:
        """Whether the class requires logs of everything, encrypted and kept long."""
        return self.preset.strict_logging

    @property
    def gateway_name(self) -> str:
        """The spoke gateway's name."""
        return self.config.spoke_gateway_name or self.object_prefix


@dataclass(frozen=True, kw_only=True)
class StackContext:
    """The context in which a stack is checked: date, other stacks, regions and bound.

    Attributes:
        day: the date with which the ends of exceptions are compared; without it no exception applies.
        neighbours: the other stacks, whose networks and names are taken.
        regions: the existing AWS regions; None checks only the form of a region.
        most_addresses: private addresses that permits without names may reach together.
        classes: classes that have a file, though it may be unusable; those of the library by default.
        requires_entries: whether exceptions need an entry with owner, reason and end, as for every stack that is deployed: a bare name
            in enforce, and a harness that is not ready for production.
    """

    day: date | None = None
    neighbours: Sequence[OtherStack] = ()
    regions: Collection[str] | None = None
    most_addresses: int = MOST_ADDRESSES
    classes: Collection[str] = ()
    requires_entries: bool = False


def resolve(
    raw: Mapping[str, Any],
    library: Library,
    stack: str,
    where: str | None = None,
    today: date | None = None,
    neighbours: Sequence[OtherStack] = (),
    around: StackContext | None = None,
) -> ContainmentSpec:
    """Return the spec of a stack; raises InputError with every problem, sorted.

    Args:
        raw: the stack's values by key.
        library: the presets and the catalog.
        stack: the stack's name.
        where: the stack file, for the problems; `Pulumi.<stack>.yaml` by default.
        today: short for `around.day`.
        neighbours: short for `around.neighbours`.
        around: the context in which the stack is checked.
    """
    file = where or f"Pulumi.{stack}.yaml"
    beside = around or StackContext(day=today, neighbours=neighbours)
    config, problems, wrong = parse_config(raw, file)
    checks = Checks(file, wrong)
    _check_agent_class(config, library.presets, checks)
    preset = library.presets.get(config.agent_class) or next(iter(library.presets.values()))
    harness = config.install_mode if config.install_mode is not None else preset.harness
    stated = resolve_destinations(config, library, preset, harness)
    destinations = remove_sanctioned(stated, config)
    subnets = _check_own(config, preset, stack, library.presets, beside, checks)
    permits = collect_permits(config, preset, library, destinations, file)
    check_kinds(permits, preset, library, config.aws_region, checks)
    check_uploads(permits, destinations, config, preset, library, beside.day, checks)
    denied, gateways = stated[WebGroupId.UNAPPROVED_MODELS], stated.get(WebGroupId.MODEL_GATEWAYS)
    check_model_hosts(permits, destinations[WebGroupId.UNAPPROVED_MODELS], gateways, checks)
    check_service_regions(permits, config, checks)
    check_resolved_names(permits, config, checks)
    check_sanctions(denied, gateways, config, preset, beside.day, checks)
    always_enforced = find_always_enforced(config, preset, library, checks)
    check_letters(permits, library, config.aws_region, checks)
    check_resolvable(destinations, config, checks)
    check_overlaps(destinations, config, preset, checks)
    routes = check_credential_routes(config, destinations, library.credential_apis, checks)
    destinations, origins = narrow_to_routes(destinations, routes)
    sets = find_used_sets(config, library, preset, harness)
    check_entries(config, stack, sets, library, beside.day, checks)
    if beside.requires_entries:
        refuse_bare_names(config, stack, beside.day, checks)
        check_harness_maturity(config, preset, harness, library, beside.day, checks)
    problems = complete_fixes([*problems, *checks.problems], raw, config, library.presets, beside.neighbours, beside.regions, file)
    if problems:
        raise InputError(f"{file} cannot be deployed", problems)
    return ContainmentSpec(
        stack=stack,
        config=config,
        preset=preset,
        harness=harness,
        destinations=destinations,
        gateway_subnet=subnets.gateway,
        agent_subnets=subnets.agents,
        endpoint_subnets=subnets.endpoints,
        dns_resolver=config.vpc_cidr.network_address + 2,
        ha_gateway_subnet=subnets.ha_gateway if config.ha_gateway else None,
        dns_names=collect_resolver_names(config, destinations),
        internal_apis=build_internal_apis(config.approved_internal_apis),
        decrypted_urls=tuple(sorted(get_names(config.tls_decryption_urls))),
        known_hosts=find_known_hosts((permit.pattern for permit in permits if not permit.is_aws), library, config.aws_region),
        warnings=find_entry_warnings(config, stack, sets, library, beside.day, file),
        always_enforced=always_enforced,
        usable_harnesses=find_usable_harnesses(config, library, preset, harness),
        credential_gateway=_describe_gateway(config, routes, origins, subnets),
    )


def _describe_gateway(
    config: StackConfig, routes: RouteTable | None, origins: Mapping[str, WebGroupId], subnets: Subnets
) -> CredentialGatewaySpec | None:
    if routes is None:
        return None
    return CredentialGatewaySpec(
        subnet=subnets.credential_gateway,
        port=config.credential_gateway_port,
        image_id=config.credential_gateway_image_id,
        routes=routes,
        origins=origins,
    )


def check_without_destinations(
    raw: Mapping[str, Any], presets: Mapping[str, Preset], stack: str, where: str, around: StackContext
) -> list[Problem]:
    """Return every problem of a stack that is not about destinations, for a run in which the presets cannot be used.

    `presets` has the classes that can be read; the requirements of a class that only `around.classes` has are not checked.
    """
    config, problems, wrong = parse_config(raw, where)
    checks = Checks(where, wrong)
    known = {*presets, *around.classes}
    _check_agent_class(config, known, checks)
    _check_own(config, presets.get(config.agent_class), stack, known, around, checks)
    return complete_fixes([*problems, *checks.problems], raw, config, known, around.neighbours, around.regions, where)


def _check_agent_class(config: StackConfig, classes: Collection[str], checks: Checks) -> None:
    if config.agent_class not in classes:
        checks.add("agent_class", config.agent_class, f"is not a class in presets/ ({', '.join(sorted(classes))})")


def _check_own(
    config: StackConfig, preset: Preset | None, stack: str, classes: Collection[str], around: StackContext, checks: Checks
) -> Subnets:
    """Check everything but destinations, and return the subnets; without a preset, a class's requirements are left out."""
    check_stack_name(stack, config, classes, checks)
    check_names(stack, config, checks)
    check_sessions(config, checks)
    check_region(config, around.regions, checks)
    check_internal_apis(config, checks)
    check_bound(config, around.most_addresses, checks)
    check_other_stacks(config, stack, around.neighbours, checks)
    if preset is not None:
        harness = config.install_mode if config.install_mode is not None else preset.harness
        check_features(config, preset, checks)
        check_decryption(config, checks)
        check_intrusion_detection(config, checks)
        check_first_boot(config, preset, harness, checks)
        check_class(config, preset, checks)
        check_logs(config, preset, checks)
    subnets = divide_network(config, checks)
    check_addresses(config, subnets.agents, checks)
    return subnets
