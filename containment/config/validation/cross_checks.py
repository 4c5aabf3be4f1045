"""Checks between values of one stack: names, features, addresses and logs that disagree with each other.

Single values are checked where they are declared; `overlaps` checks for destinations that are approved and denied at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from containment.catalog.preset import Preset
from containment.config.destinations import ADDITIONS, OVERRIDES, Destinations
from containment.config.keys.logs import COPILOT_INDEX, SyslogProtocol
from containment.config.other_stacks import SECOND_GATEWAY
from containment.config.parser import get_alias
from containment.config.resolver_names import find_unlistable
from containment.config.stack_config import StackConfig
from containment.config.stack_name import find_site_problem, parse_stack_name
from containment.config.validation.problems import Checks
from containment.fixes.texts import make_slug
from containment.fixes.unfit_value import NO_VALUE
from containment.names import DENY_GROUPS, ControllerVersion, HostTag, WebGroupId

LONGEST_NAME = 50
"""The longest name of a gateway (provider: `gw_name`); every other name made from the same prefix is allowed more."""

OTHER_PARTITIONS = ("cn-", "us-iso", "eu-isoe", "eusc-")
"""Prefixes of the names of regions whose hosts have other names than *.amazonaws.com (AWS partitions)."""


def check_stack_name(stack: str, config: StackConfig, classes: Collection[str], checks: Checks) -> None:
    """Refuse a class or mode that disagrees with the stack's name, and a site that is the name of a class or a mode."""
    name = parse_stack_name(stack, classes)
    if problem := find_site_problem(name, classes):
        why = "class and mode are read from the name, and this one can be read in two ways"
        part = "-".join(one for one in (name.agent_class, name.mode.value if name.mode else "") if one)
        fix = f"rename the stack and its file, such as {part}-site-1"
        checks.report(f"stack name {stack!r}", problem, why, fix)
    what = f"disagrees with the stack's name, {stack}"
    if name.agent_class is not None and config.agent_class != name.agent_class:
        fix = f"set agentClass: {name.agent_class}, or rename the stack and its file"
        checks.add("agent_class", config.agent_class, what, fix=fix, replacement=name.agent_class)
    if name.mode is not None and config.policy_mode is not name.mode:
        fix = f"set policyMode: {name.mode.value}, or rename the stack and its file"
        checks.add("policy_mode", config.policy_mode.value, what, fix=fix, replacement=name.mode.value)


def check_names(stack: str, config: StackConfig, checks: Checks) -> None:
    """Refuse names that are too long, and tags that would mark other resources as an agent host."""
    longest = LONGEST_NAME - (len(SECOND_GATEWAY) if config.ha_gateway else 0)
    said = f"more than {longest} characters, a gateway's longest name" + (" with haGateway" if config.ha_gateway else "")
    if len(f"{config.name_prefix}-{stack}") > longest:
        near = make_slug(config.name_prefix, 3, longest - len(stack) - 1) if longest - len(stack) > 3 else None
        fix = f"write {near}" if near else f"give the stack a name of at most {longest - 4} characters"
        replacement = NO_VALUE if near is None else near
        what = f"and the stack's name make {said}"
        checks.add("name_prefix", config.name_prefix, what, "ha_gateway", fix=fix, replacement=replacement)
    if len(config.spoke_gateway_name) > longest:
        near = make_slug(config.spoke_gateway_name, 1, longest) or ""
        checks.add("spoke_gateway_name", config.spoke_gateway_name, f"has {said}", "ha_gateway", fix=f"write {near}", replacement=near)
    identity = {tag.value for tag in HostTag} | {config.agent_workload_tag_key}
    if taken := sorted(identity & set(config.tags)):
        checks.add(
            "tags",
            config.tags,
            f"contains {', '.join(taken)}, which identifies an agent; every resource would carry it",
            "agent_workload_tag_key",
            fix=f"remove {', '.join(taken)}",
            replacement={key: value for key, value in config.tags.items() if key not in taken},
        )
    if config.agent_workload_tag_key in {"Name", *(tag.value for tag in HostTag if tag is not HostTag.ROLE)}:
        what = "is a tag that the host carries with another meaning"
        role = HostTag.ROLE.value
        checks.add("agent_workload_tag_key", config.agent_workload_tag_key, what, fix=f"write {role}", replacement=role)


def check_features(config: StackConfig, preset: Preset, checks: Checks) -> None:
    """Refuse features that the Controller's release lacks, and switches that contradict each other."""
    if config.controller_version.line is ControllerVersion.V8_1 and not config.manage_controller_policy:
        said = "has no rulesets, so a stack on it must own the policy list (manageControllerPolicy: true)"
        fix = "write 8.2 or newer, as the Controller is; or set manageControllerPolicy: true on a Controller of the stack's own"
        checks.add("controller_version", str(config.controller_version), said, "manage_controller_policy", fix=fix, replacement="8.2")
    if config.verify_sni and not config.controller_version.line.has_rulesets:
        said = f"needs TLS profiles, which a Controller {config.controller_version} lacks; without them a client can claim any name"
        checks.add_explained(
            "verify_sni",
            said,
            "a check that does not exist protects nothing",
            "use Controller 8.2 or newer, or set verifySni: false knowingly",
            "controller_version",
            replacement=False,
        )
    if preset.strict_logging and not config.controller_version.line.has_rulesets:
        said = f"has no log profiles, and {preset.name} demands the end of every connection in the log"
        fix = "write 8.2 or newer, as the Controller is; or use a class without strict logging"
        checks.add("controller_version", str(config.controller_version), said, "agent_class", fix=fix, replacement="8.2")
    if config.program_private_default_route and config.single_ip_snat:
        what = "cannot be combined with singleIpSnat"
        checks.add("program_private_default_route", True, what, "single_ip_snat", fix="write false", replacement=False)
    if not config.single_ip_snat:
        what = "would switch off every WebGroup rule: they need SNAT on the gateway"
        checks.add("single_ip_snat", False, what, fix="write true", replacement=True)
    if config.policy_bundle and not config.create_s3_gateway_endpoint:
        what = "needs createS3GatewayEndpoint: without the endpoint the host cannot reach the bucket"
        checks.add("policy_bundle", config.policy_bundle, what, "create_s3_gateway_endpoint", fix='write "" (empty)', replacement="")
    for name, switch, on in (
        ("package_registry_domains", "enable_package_installs", preset.package_installs),
        ("public_reference_domains", "enable_public_reference", preset.public_reference),
    ):
        chosen = getattr(config, switch)
        if getattr(config, name) and not (on if chosen is None else chosen):
            what = f"is set while {get_alias(switch)} is off: no rule would use it"
            fix = f"write [], or set {get_alias(switch)}: true in a class that may reach such hosts"
            checks.add(name, list(getattr(config, name)), what, switch, "agent_class", fix=fix, replacement=[])


def check_sessions(config: StackConfig, checks: Checks) -> None:
    """Refuse a SAML provider without its issuer, and an issuer without a SAML provider: no session would be recognized."""
    is_saml = ":saml-provider/" in config.session_identity_provider
    if is_saml and not config.session_saml_issuer:
        what = "is not set, and sessionIdentityProvider is one of SAML"
        checks.add("session_saml_issuer", None, what, "session_identity_provider")
    if config.session_saml_issuer and not is_saml:
        what = "is set without a SAML provider in sessionIdentityProvider"
        fix = 'set sessionIdentityProvider to the ARN of the SAML provider, or write ""'
        checks.add("session_saml_issuer", None, what, "session_identity_provider", fix=fix, replacement="")


def check_region(config: StackConfig, regions: Collection[str] | None, checks: Checks) -> None:
    """Refuse a region that AWS does not have (where the list is known), and partitions whose hosts have other names."""
    if config.aws_region.startswith(OTHER_PARTITIONS):
        said = "is in a partition whose hosts have other names than *.amazonaws.com, and the Controller another cloud type"
        checks.add("aws_region", config.aws_region, said)
    elif regions is not None and config.aws_region not in regions:
        checks.add("aws_region", config.aws_region, "is not an AWS region")


def check_resolvable(destinations: Mapping[WebGroupId, Destinations], config: StackConfig, checks: Checks) -> None:
    """Refuse permitted names that a DNS firewall list cannot contain: they would never be resolved."""
    if not config.enable_dns_firewall:
        return
    for group, found in destinations.items():
        if group not in DENY_GROUPS and (lost := find_unlistable(found.patterns)):
            said = f"contains {', '.join(repr(str(pattern)) for pattern in lost)}, a wildcard that the DNS firewall does not have"
            field = {**OVERRIDES, **ADDITIONS}[group]
            fix = "write exact names, or a leading '*.' before a domain"
            checks.add_explained(field, said, "a name that is not resolved is not reached, permitted or not", fix, "enable_dns_firewall")


def check_logs(config: StackConfig, preset: Preset, checks: Checks) -> None:
    """Refuse logs in cleartext unless the stack allows them explicitly, and settings without a collector."""
    if config.copilot_public_ip and not config.copilot_private_ip:
        what = "is set without copilotPrivateIp"
        fix = 'set copilotPrivateIp, which logs are sent to, or write ""'
        checks.add("copilot_public_ip", str(config.copilot_public_ip), what, "copilot_private_ip", fix=fix, replacement="")
    if not config.syslog_server:
        for name in ("syslog_ca_certificate", "syslog_cleartext"):
            if getattr(config, name):
                nothing = "" if name == "syslog_ca_certificate" else False
                fix = "set syslogServer, or remove this key"
                what = "is set without syslogServer: nothing is sent anywhere"
                checks.add(name, None, what, "syslog_server", fix=fix, replacement=nothing)
        return
    if config.copilot_private_ip and config.syslog_index == config.copilot_syslog_index:
        said = f"is {config.syslog_index}, which copilotSyslogIndex has too: one would take the other's profile"
        free = next(one for one in range(COPILOT_INDEX) if one != config.copilot_syslog_index)
        checks.add("syslog_index", None, said, "copilot_syslog_index", "copilot_private_ip", fix=f"write {free}", replacement=free)
    if config.syslog_cleartext:
        if preset.strict_logging:
            what = f"is not allowed for {preset.name}, whose logs are strict"
            checks.add("syslog_cleartext", True, what, "agent_class", fix="write false, and set syslogCaCertificate", replacement=False)
        return
    if config.syslog_protocol is not SyslogProtocol.TCP:
        tcp = SyslogProtocol.TCP.value
        checks.add(
            "syslog_protocol", config.syslog_protocol.value, "cannot carry TLS", "syslog_cleartext", fix=f"write {tcp}", replacement=tcp
        )
    if not config.syslog_ca_certificate:
        checks.add("syslog_ca_certificate", None, "is not set, so the Controller would send logs in cleartext", "syslog_cleartext")
