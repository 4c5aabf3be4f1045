"""Checks between values of one stack: names, features, addresses and logs that disagree with each other.

Single values are checked where they are declared; what is approved and denied at once is `overlaps`'.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from itertools import combinations

from containment.model.catalog import DestinationKind
from containment.model.checks import Checks
from containment.model.config import StackConfig
from containment.model.config_logs import SyslogProtocol
from containment.model.destinations import ADDITIONS, OVERRIDES, Destinations
from containment.model.internal_api import internal_apis
from containment.model.names import DENY_GROUPS, HTTPS_PORT, ControllerVersion, HostTag, PolicyMode, WebGroupId
from containment.model.neighbour import SECOND_GATEWAY
from containment.model.parse import alias_of
from containment.model.preset import Harness, Library, Preset
from containment.model.resolver_names import not_listable

LONGEST_NAME = 50
"""Longest name of a gateway (provider: `gw_name`); every other name made from the same prefix is allowed more."""

AWS_RESERVED = 4
"""AWS keeps the first four addresses of a subnet, and the last (VPC user guide)."""


def check_stack_name(stack: str, config: StackConfig, library: Library, checks: Checks) -> None:
    """A stack named `<class>-<mode>` is that class in that mode, one that ends in a mode is in it; other names say nothing."""
    for mode in PolicyMode:
        agent_class = stack.removesuffix(f"-{mode.value}")
        if agent_class == stack:
            continue
        if agent_class in library.presets and config.agent_class != agent_class:
            checks.add("agent_class", config.agent_class, f"disagrees with the stack's name, {stack}")
        if config.policy_mode is not mode:
            checks.add("policy_mode", config.policy_mode.value, f"disagrees with the stack's name, {stack}")


def check_names(stack: str, config: StackConfig, checks: Checks) -> None:
    """Names fit where they go, and no tag of ours can be given to something else."""
    longest = LONGEST_NAME - (len(SECOND_GATEWAY) if config.ha_gateway else 0)
    said = f"more than {longest} characters, a gateway's longest name" + (" with haGateway" if config.ha_gateway else "")
    if len(f"{config.name_prefix}-{stack}") > longest:
        checks.add("name_prefix", config.name_prefix, f"and the stack's name make {said}", "ha_gateway")
    if len(config.spoke_gateway_name) > longest:
        checks.add("spoke_gateway_name", config.spoke_gateway_name, f"has {said}", "ha_gateway")
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


def check_features(config: StackConfig, preset: Preset, harness: Harness, checks: Checks) -> None:
    """What a Controller release lacks, and switches that contradict each other."""
    if config.controller_version is ControllerVersion.V8_1 and not config.manage_controller_policy:
        said = "has no rulesets, so a stack on it must own the policy list (manageControllerPolicy: true)"
        checks.add("controller_version", config.controller_version.value, said, "manage_controller_policy")
    if config.verify_sni and not config.controller_version.has_rulesets:
        said = f"needs TLS profiles, which a Controller {config.controller_version.value} lacks; without them a client can claim any name"
        checks.say(
            "verify_sni",
            said,
            "a check that does not exist protects nothing",
            "use Controller 8.2 or newer, or set verifySni: false knowingly",
            "controller_version",
        )
    if preset.strict_logging and not config.controller_version.has_rulesets:
        said = f"has no log profiles, and {preset.name} demands the end of every connection in the log"
        checks.add("controller_version", config.controller_version.value, said, "agent_class")
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
    check_decryption(config, checks)
    check_first_boot(config, preset, harness, checks)
    if config.copilot_public_ip and not config.copilot_private_ip:
        checks.add("copilot_public_ip", str(config.copilot_public_ip), "is set without copilotPrivateIp", "copilot_private_ip")


def check_first_boot(config: StackConfig, preset: Preset, harness: Harness, checks: Checks) -> None:
    """In enforce a host starts from an image that has everything; installers run only when their licences are accepted."""
    needs_licence = harness in (Harness.NEMOCLAW, Harness.HERMES)
    if config.auto_run_installer and needs_licence and not config.auto_accept_third_party_software:
        checks.add("auto_accept_third_party_software", False, f"must be true to run the {harness.value} installer", "auto_run_installer")
    if config.policy_mode is not PolicyMode.ENFORCE:
        return
    for name in ("install_bootstrap_packages", "install_docker"):
        if getattr(config, name):
            checks.add(name, True, "cannot work in enforce: package mirrors over HTTP are denied", "policy_mode")
    if config.auto_run_installer and DestinationKind.REGISTRIES not in preset.may_reach:
        said = f"cannot work in enforce: {preset.name} does not reach what an installer fetches"
        checks.add("auto_run_installer", True, said, "policy_mode", "agent_class")
    if harness is not Harness.NONE and not config.agent_image_id:
        said = f"is not set, and {harness.value} in enforce starts from a prepared image: nothing can be installed there"
        checks.add("agent_image_id", None, said, "policy_mode", "install_mode", "agent_class")


def check_addresses(config: StackConfig, agents: Iterable[IPv4Network], checks: Checks) -> None:
    """A fixed address of the host is one it can have."""
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


def check_partition(config: StackConfig, checks: Checks) -> None:
    """The names of AWS's hosts are those of the commercial and GovCloud partitions."""
    if config.aws_region.startswith(("cn-", "us-iso", "eu-isoe", "eusc-")):
        said = "is in a partition whose hosts have other names than *.amazonaws.com, and the Controller another cloud type"
        checks.add("aws_region", config.aws_region, said)


def check_internal_apis(config: StackConfig, checks: Checks) -> None:
    """What is permitted by address lies outside the VPC, and no address and port belongs to two."""
    if inside := [str(cidr) for cidr in config.approved_model_gateway_cidrs if cidr.overlaps(config.vpc_cidr)]:
        said = f"holds {', '.join(inside)}, which meets the stack's own VPC, where traffic never meets the gateway"
        checks.add("approved_model_gateway_cidrs", None, said, "vpc_cidr")
    apis = internal_apis(config.approved_internal_apis)
    for api in apis:
        if inside := [str(cidr) for cidr in api.cidrs if cidr.overlaps(config.vpc_cidr)]:
            said = f"{api.name}.cidrs holds {', '.join(inside)}, which meets the stack's own VPC, where traffic never meets the gateway"
            checks.add("approved_internal_apis", None, said, "vpc_cidr")
        shared = [str(cidr) for cidr in api.cidrs if any(cidr.overlaps(other) for other in config.approved_model_gateway_cidrs)]
        if shared and any(HTTPS_PORT in ports for ports in api.ports):
            said = f"{api.name} shares {', '.join(shared)} and port 443 with approvedModelGatewayCidrs: the log would name either"
            checks.add("approved_internal_apis", None, said, "approved_model_gateway_cidrs")
    for one, two in combinations(apis, 2):
        same_port = any(p.low <= q.high and q.low <= p.high for p in one.ports for q in two.ports)
        if same_port and any(p.overlaps(q) for p in one.cidrs for q in two.cidrs):
            checks.add("approved_internal_apis", None, f"{one.name} and {two.name} share an address and a port: the log would name either")


def check_resolvable(destinations: Mapping[WebGroupId, Destinations], config: StackConfig, checks: Checks) -> None:
    """Behind a DNS firewall a permitted name must be one its list can hold, or it is permitted and never found."""
    if not config.enable_dns_firewall:
        return
    for group, found in destinations.items():
        if group not in DENY_GROUPS and (lost := not_listable(found.patterns)):
            said = f"holds {', '.join(repr(str(pattern)) for pattern in lost)}, a wildcard that the DNS firewall does not have"
            field = {**OVERRIDES, **ADDITIONS}[group]
            fix = "write exact names, or a leading '*.' before a domain"
            checks.say(field, said, "a name that is not resolved is not reached, permitted or not", fix, "enable_dns_firewall")


def check_class(config: StackConfig, preset: Preset, checks: Checks) -> None:
    """What a class demands of every stack: protections that stay on, and logs that are kept long enough."""
    keys = {alias_of(name): name for name in type(config).model_fields}
    for switch in preset.keeps_on:
        if not getattr(config, keys[switch.value]):
            checks.say(
                keys[switch.value],
                f"is false, and {preset.name} keeps it on",
                f"presets/{preset.name}.yaml demands it of every stack of the class",
                "leave true, or use another class",
                "agent_class",
            )
    if config.flow_log_retention_days < preset.minimum_log_retention_days:
        checks.say(
            "flow_log_retention_days",
            f"is {config.flow_log_retention_days}, and {preset.name} keeps logs for {preset.minimum_log_retention_days} days or more",
            "what happened must be readable for as long as it can be asked about",
            f"set {preset.minimum_log_retention_days} or more",
            "agent_class",
        )


def check_decryption(config: StackConfig, checks: Checks) -> None:
    """Decryption is chosen by its URLs, needs a Controller that has it, and SNAT beside it only knowingly."""
    if config.enable_tls_decryption_design and not config.tls_decryption_urls:
        checks.add(
            "enable_tls_decryption_design", True, "is set without tlsDecryptionUrls: nothing says what to decrypt", "tls_decryption_urls"
        )
    if not config.tls_decryption_urls:
        return
    if not config.controller_version.has_scoped_decryption:
        said = f"needs a Controller 9.0 or newer, and controllerVersion is {config.controller_version.value}"
        checks.add("tls_decryption_urls", list(config.tls_decryption_urls), said, "controller_version")
    elif config.single_ip_snat and not config.accept_decryption_with_snat:
        said = "is not accepted, and tlsDecryptionUrls asks for TLS decryption on a gateway with SNAT"
        checks.add("accept_decryption_with_snat", False, said, "tls_decryption_urls", "single_ip_snat")


def check_logs(config: StackConfig, preset: Preset, checks: Checks) -> None:
    """Logs leave the gateway encrypted, unless somebody said otherwise knowingly."""
    if not config.syslog_server:
        for name in ("syslog_ca_certificate", "syslog_cleartext"):
            if getattr(config, name):
                checks.add(name, None, "is set without syslogServer: nothing is sent anywhere", "syslog_server")
        return
    if config.copilot_private_ip and config.syslog_index == config.copilot_syslog_index:
        said = f"is {config.syslog_index}, which copilotSyslogIndex has too: one would take the other's profile"
        checks.add("syslog_index", None, said, "copilot_syslog_index", "copilot_private_ip")
    if config.syslog_cleartext:
        if preset.strict_logging:
            checks.add("syslog_cleartext", True, f"is not allowed for {preset.name}, whose logs are strict", "agent_class")
        return
    if config.syslog_protocol is not SyslogProtocol.TCP:
        checks.add("syslog_protocol", config.syslog_protocol.value, "cannot carry TLS", "syslog_cleartext")
    if not config.syslog_ca_certificate:
        checks.add("syslog_ca_certificate", None, "is not set, so the Controller would send logs in cleartext", "syslog_cleartext")
