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

from containment.address_space import MOST_ADDRESSES
from containment.catalog.known_hosts import KnownHost, find_known_hosts
from containment.catalog.preset import Harness, Library, Preset
from containment.config.destination_entry import get_names
from containment.config.destinations import Destinations, find_usable_harnesses, find_used_sets, resolve_destinations
from containment.config.internal_api import InternalApi, build_internal_apis
from containment.config.other_stacks import OtherStack, check_other_stacks, collect_taken_networks
from containment.config.parser import parse_config
from containment.config.resolver_names import collect_resolver_names
from containment.config.sanctions import check_sanctions, remove_sanctioned
from containment.config.stack_config import StackConfig
from containment.config.validation.addresses import check_addresses, check_bound, check_internal_apis
from containment.config.validation.always_enforced import find_always_enforced
from containment.config.validation.class_limits import check_class, check_kinds, check_letters, check_uploads, collect_permits
from containment.config.validation.credential_routes import check_credential_routes, narrow_to_routes
from containment.config.validation.cross_checks import (
    OTHER_PARTITIONS,
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
from containment.config.validation.overlaps import check_overlaps
from containment.config.validation.problems import Checks
from containment.config.validation.tls_inspection import check_decryption, check_intrusion_detection
from containment.credential_gateway.route import RouteTable
from containment.errors import InputError, Problem, Replacement
from containment.fixes.nearest_word import find_nearest, make_proposal
from containment.fixes.networks import find_free_network, is_private, read_network
from containment.fixes.unfit_value import NO_VALUE
from containment.names import PolicyMode, WebGroupId
from containment.patterns.domain import DomainPattern

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
    problems = _complete_fixes([*problems, *checks.problems], raw, config, library.presets, beside, file)
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
    config: StackConfig, routes: RouteTable | None, origins: Mapping[str, WebGroupId], subnets: _Subnets
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
    return _complete_fixes([*problems, *checks.problems], raw, config, known, around, where)


def _check_agent_class(config: StackConfig, classes: Collection[str], checks: Checks) -> None:
    if config.agent_class not in classes:
        checks.add("agent_class", config.agent_class, f"is not a class in presets/ ({', '.join(sorted(classes))})")


def _check_own(
    config: StackConfig, preset: Preset | None, stack: str, classes: Collection[str], around: StackContext, checks: Checks
) -> _Subnets:
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
    subnets = _divide_network(config, checks)
    check_addresses(config, subnets.agents, checks)
    return subnets


def _complete_fixes(
    problems: Sequence[Problem], raw: Mapping[str, Any], config: StackConfig, classes: Collection[str], around: StackContext, file: str
) -> list[Problem]:
    """Return the problems, with fixes computed from more than the wrong value: a free network, a class, a region."""
    out = []
    for one in problems:
        match one.where.removeprefix(f"{file}:"):
            case "vpcCidr":
                out.append(_suggest_free_network(one, raw.get("vpcCidr"), collect_taken_networks(config, around.neighbours)))
            case "agentClass" if one.what.startswith(("is not a class", "is not the name")):
                out.append(_suggest_nearest(one, "agentClass", str(raw.get("agentClass")), sorted(classes), "name a class from presets/"))
            case "awsRegion" if around.regions is not None:
                regions = sorted(one for one in around.regions if not one.startswith(OTHER_PARTITIONS))
                otherwise = "write an AWS region such as us-east-1"
                out.append(_suggest_nearest(one, "awsRegion", str(raw.get("awsRegion")), regions, otherwise))
            case _:
                out.append(one)
    return out


def _suggest_nearest(problem: Problem, key: str, text: str, known: Sequence[str], otherwise: str) -> Problem:
    near = find_nearest(text, known)
    return problem._replace(fix=make_proposal(text, known, otherwise), replacement=None if near is None else Replacement((key,), near))


def _suggest_free_network(problem: Problem, raw: Any, taken: Sequence[IPv4Network]) -> Problem:
    free = find_free_network(raw if isinstance(raw, str) else str(StackConfig.model_fields["vpc_cidr"].default), taken, 16, 24)
    if free is None:
        return problem
    note = ", the next free /16" if "meets " in problem.what and free.prefixlen == 16 else ""
    if "meets " in problem.what and free.prefixlen > 16:
        note = f" ({free.supernet(new_prefix=16)} is the next free /16)"
    given = read_network(raw) if isinstance(raw, str) else None
    if given is not None and "meets " not in problem.what and given.prefixlen in range(16, 25) and is_private(given) and given != free:
        note = f" ({given} is taken)"
    if "RFC 1918" in problem.what:
        note = ", which is free, or another network inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
    return problem._replace(fix=f"set vpcCidr: {free}{note}", replacement=Replacement(("vpcCidr",), str(free)))


@dataclass(frozen=True)
class _Subnets:
    gateway: IPv4Network
    ha_gateway: IPv4Network
    agents: tuple[IPv4Network, ...]
    endpoints: tuple[IPv4Network, ...]
    credential_gateway: IPv4Network


def _divide_network(config: StackConfig, checks: Checks) -> _Subnets:
    prefix = config.vpc_cidr.prefixlen + config.private_subnet_newbits
    if prefix > _SMALLEST_SUBNET:
        what = f"makes /{prefix} subnets, and AWS allows /28 at most"
        most = _SMALLEST_SUBNET - config.vpc_cidr.prefixlen
        fits = most >= _FEWEST_BITS
        fix = f"write {most}" if fits else f"set vpcCidr to a /{_SMALLEST_SUBNET - _FEWEST_BITS} or wider"
        replacement = most if fits else NO_VALUE
        checks.add("private_subnet_newbits", config.private_subnet_newbits, what, "vpc_cidr", fix=fix, replacement=replacement)
        return _Subnets(config.vpc_cidr, config.vpc_cidr, (config.vpc_cidr,), (config.vpc_cidr,), config.vpc_cidr)

    def cut(place: int) -> IPv4Network:
        return IPv4Network((int(config.vpc_cidr.network_address) + (place << 32 - prefix), prefix))

    zones = range(config.availability_zone_count)
    return _Subnets(
        cut(0),
        cut(HA_GATEWAY_SUBNET),
        tuple(cut(FIRST_AGENT_SUBNET + zone) for zone in zones),
        tuple(cut(FIRST_ENDPOINT_SUBNET + zone) for zone in zones),
        cut(CREDENTIAL_GATEWAY_SUBNET),
    )
