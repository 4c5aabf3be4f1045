"""What one stack is: preset and configuration resolved into plain, complete, checked facts.

Owns the checks between values, and reports every mistake at once. The result decides everything below it:
`policy` makes rules of it, the components make resources of it, and neither reads configuration again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from containment.model.config import StackConfig
from containment.model.errors import InputError, Problem
from containment.model.fqdn import DomainPattern, Match
from containment.model.names import DENY_GROUPS, ControllerVersion, HostTag, PolicyMode, WebGroupId
from containment.model.parse import alias_of, parse_config, problem
from containment.model.preset import Harness, Library, Preset

FIRST_AGENT_SUBNET = 10
"""Index of the first private agent subnet (published reference); the public gateway subnet is 0."""

FIRST_ENDPOINT_SUBNET = 20
"""Index of the first endpoint subnet (ours: endpoints stand apart from the agent, design decision 10)."""

LONGEST_NAME = 50
"""Longest name of a gateway (provider: `gw_name`); every other name made from the same prefix is allowed more."""

AWS_RESERVED = 4
"""AWS keeps the first four addresses of a subnet, and the last (VPC user guide)."""

OVERRIDES: Mapping[WebGroupId, str] = {
    WebGroupId.CORE: "openclaw_core_domains",
    WebGroupId.MODEL_GATEWAYS: "approved_model_gateway_domains",
    WebGroupId.PACKAGES: "package_registry_domains",
    WebGroupId.OS_UPDATES: "os_update_domains",
    WebGroupId.PUBLIC_REFERENCE: "public_reference_domains",
    WebGroupId.UNAPPROVED_MODELS: "unapproved_model_provider_domains",
}
ADDITIONS: Mapping[WebGroupId, str] = {
    WebGroupId.AWS_INFRA: "aws_infra_domains",
    WebGroupId.SAAS_APIS: "approved_saas_api_domains",
    WebGroupId.MCP_GATEWAYS: "approved_mcp_gateway_domains",
    WebGroupId.IDENTITY_TELEMETRY: "identity_and_telemetry_domains",
}


@dataclass(frozen=True, slots=True)
class Destinations:
    """The patterns of one WebGroup and where they come from (a catalog set, or a configuration key)."""

    patterns: tuple[DomainPattern, ...]
    origin: str


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
    def gateway_name(self) -> str:
        """The spoke gateway's name."""
        return self.config.spoke_gateway_name or self.object_prefix


def resolve(raw: Mapping[str, Any], library: Library, stack: str, where: str | None = None) -> ContainmentSpec:
    """Return the spec of a stack; raises InputError with every problem, sorted. `where` names the stack file."""
    file = where or f"Pulumi.{stack}.yaml"
    config, problems, wrong = parse_config(raw, file)
    checks = _Checks(file, wrong)
    preset = library.presets.get(config.agent_class)
    if preset is None:
        checks.add("agent_class", config.agent_class, f"is not a class in presets/ ({', '.join(sorted(library.presets))})")
        preset = next(iter(library.presets.values()))
    harness = config.install_mode if config.install_mode is not None else preset.harness
    destinations = _destinations(config, library, preset, harness)
    _check_stack_name(stack, config, library, checks)
    _check_names(stack, config, checks)
    _check_features(config, preset, harness, checks)
    _check_overlaps(destinations, config, file, problems)
    subnets = _subnets(config, checks)
    _check_addresses(config, subnets.agents, checks)
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
    )


class _Checks:
    """Collects problems between values, leaving out those about a value that is already known to be wrong."""

    def __init__(self, file: str, wrong: frozenset[str]) -> None:
        self.file, self.wrong, self.problems = file, wrong, list[Problem]()

    def add(self, name: str, value: Any, what: str, *others: str) -> None:
        if not self.wrong & {alias_of(name), *map(alias_of, others)}:
            self.problems.append(problem(self.file, alias_of(name), value, what))


@dataclass(frozen=True)
class _Subnets:
    gateway: IPv4Network
    agents: tuple[IPv4Network, ...]
    endpoints: tuple[IPv4Network, ...]


def _subnets(config: StackConfig, checks: _Checks) -> _Subnets:
    prefix = config.vpc_cidr.prefixlen + config.private_subnet_newbits
    if prefix > 28:
        checks.add(
            "private_subnet_newbits", config.private_subnet_newbits, f"makes /{prefix} subnets, and AWS allows /28 at most", "vpc_cidr"
        )
        return _Subnets(config.vpc_cidr, (config.vpc_cidr,), (config.vpc_cidr,))
    cut = list(config.vpc_cidr.subnets(new_prefix=prefix))
    zones = range(config.availability_zone_count)
    return _Subnets(
        cut[0], tuple(cut[FIRST_AGENT_SUBNET + zone] for zone in zones), tuple(cut[FIRST_ENDPOINT_SUBNET + zone] for zone in zones)
    )


def _destinations(config: StackConfig, library: Library, preset: Preset, harness: Harness) -> dict[WebGroupId, Destinations]:
    """Return the patterns of every WebGroup that is not empty: sets, or what the stack says instead of or beside them."""
    names = [*preset.permit_sets, *library.harness_sets[harness], *preset.deny_sets]
    switched_on = {
        WebGroupId.PACKAGES: preset.package_installs if config.enable_package_installs is None else config.enable_package_installs,
        WebGroupId.PUBLIC_REFERENCE: preset.public_reference if config.enable_public_reference is None else config.enable_public_reference,
    }
    names += [name for name, found in library.sets.items() if switched_on.get(found.web_group) and name not in names]
    out: dict[WebGroupId, Destinations] = {}
    for group in WebGroupId:
        members = [library.sets[name] for name in names if library.sets[name].web_group is group]
        patterns = {pattern for member in members for pattern in member.patterns(config.aws_region)}
        origins = [f"presets/catalog/{member.name}.yaml" for member in members]
        if group in OVERRIDES and (replaced := getattr(config, OVERRIDES[group])):
            patterns, origins = {DomainPattern.parse(domain) for domain in replaced}, [alias_of(OVERRIDES[group])]
        if group in ADDITIONS and (added := getattr(config, ADDITIONS[group])):
            patterns |= {DomainPattern.parse(domain) for domain in added}
            origins.append(alias_of(ADDITIONS[group]))
        if patterns and switched_on.get(group, True):
            out[group] = Destinations(tuple(sorted(patterns)), ", ".join(origins))
    return out


def _check_stack_name(stack: str, config: StackConfig, library: Library, checks: _Checks) -> None:
    """A stack named `<class>-<mode>` must be that class in that mode; other names say nothing."""
    for mode in PolicyMode:
        agent_class = stack.removesuffix(f"-{mode.value}")
        if agent_class == stack or agent_class not in library.presets:
            continue
        if config.agent_class != agent_class:
            checks.add("agent_class", config.agent_class, f"disagrees with the stack's name, {stack}")
        if config.policy_mode is not mode:
            checks.add("policy_mode", config.policy_mode.value, f"disagrees with the stack's name, {stack}")


def _check_names(stack: str, config: StackConfig, checks: _Checks) -> None:
    """Names fit where they go, and no tag of ours can be given to something else."""
    if len(f"{config.name_prefix}-{stack}") > LONGEST_NAME:
        checks.add(
            "name_prefix", config.name_prefix, f"and the stack's name make more than {LONGEST_NAME} characters, a gateway's longest name"
        )
    identity = {tag.value for tag in HostTag} | {config.agent_workload_tag_key}
    if taken := sorted(identity & set(config.tags)):
        checks.add(
            "tags",
            config.tags,
            f"holds {', '.join(taken)}, which says who is an agent; every resource would carry it",
            "agent_workload_tag_key",
        )
    if config.agent_workload_tag_key in {"Name", *(tag.value for tag in HostTag if tag is not HostTag.ROLE)}:
        checks.add("agent_workload_tag_key", config.agent_workload_tag_key, "is a tag the host carries with another meaning")


def _check_features(config: StackConfig, preset: Preset, harness: Harness, checks: _Checks) -> None:
    if config.controller_version is ControllerVersion.V8_1 and not config.manage_controller_policy:
        said = "has no rulesets, so a stack on it must own the policy list (manageControllerPolicy: true)"
        checks.add("controller_version", config.controller_version.value, said, "manage_controller_policy")
    if config.program_private_default_route and config.single_ip_snat:
        checks.add("program_private_default_route", True, "cannot be combined with singleIpSnat", "single_ip_snat")
    if not config.single_ip_snat:
        checks.add("single_ip_snat", False, "would switch off every WebGroup rule: they need SNAT on the gateway")
    for name, switch, on in (
        ("package_registry_domains", "enable_package_installs", preset.package_installs),
        ("public_reference_domains", "enable_public_reference", preset.public_reference),
    ):
        chosen = getattr(config, switch)
        if getattr(config, name) and not (on if chosen is None else chosen):
            checks.add(
                name, list(getattr(config, name)), f"is set while {alias_of(switch)} is off: no rule would use it", switch, "agent_class"
            )
    if config.enable_tls_decryption_design:
        checks.add("enable_tls_decryption_design", True, "is not offered by this version")
    if config.policy_mode is PolicyMode.ENFORCE and config.install_bootstrap_packages:
        checks.add("install_bootstrap_packages", True, "cannot work in enforce: package mirrors over HTTP are denied", "policy_mode")
    if config.auto_run_installer and harness in (Harness.NEMOCLAW, Harness.HERMES) and not config.auto_accept_third_party_software:
        checks.add("auto_accept_third_party_software", False, f"must be true to run the {harness.value} installer", "auto_run_installer")
    if config.copilot_public_ip and not config.copilot_private_ip:
        checks.add("copilot_public_ip", str(config.copilot_public_ip), "is set without copilotPrivateIp", "copilot_private_ip")


def _check_addresses(config: StackConfig, agents: Iterable[IPv4Network], checks: _Checks) -> None:
    first = next(iter(agents))
    if (address := config.agent_private_ip) and (
        address not in first or int(address) - int(first.network_address) < AWS_RESERVED or address == first.broadcast_address
    ):
        checks.add(
            "agent_private_ip",
            str(address),
            f"is not a usable address of the first agent subnet, {first}",
            "vpc_cidr",
            "private_subnet_newbits",
        )


def _overlap_key(group: WebGroupId, pattern: DomainPattern, denied: WebGroupId, config: StackConfig) -> str:
    """Return the key that brought the overlap in: what the stack says, else the key that can replace the permitted set."""
    key = {**OVERRIDES, **ADDITIONS}[group]
    if pattern.text not in getattr(config, key) and denied in OVERRIDES and getattr(config, OVERRIDES[denied]):
        key = OVERRIDES[denied]
    return alias_of(key)


def _check_overlaps(destinations: Mapping[WebGroupId, Destinations], config: StackConfig, file: str, problems: list[Problem]) -> None:
    """A destination cannot be approved and denied: compared by meaning, over every permitted WebGroup."""
    for denied_group in sorted(DENY_GROUPS & set(destinations)):
        denied = destinations[denied_group]
        for group, permitted in destinations.items():
            if group in DENY_GROUPS:
                continue
            for pattern in permitted.patterns:
                hits = [other for other in denied.patterns if pattern.overlaps(other) is not Match.NO]
                if hits:
                    problems.append(
                        Problem(
                            f"{file}:{_overlap_key(group, pattern, denied_group, config)}",
                            f"{str(pattern)!r} (from {permitted.origin}) is permitted, and {denied_group.value} denies "
                            + ", ".join(repr(str(hit)) for hit in hits[:3]),
                            "a destination cannot be approved and denied; which rule decides would hang on their order",
                            f"remove it from {permitted.origin}, or from {denied.origin}",
                        )
                    )
