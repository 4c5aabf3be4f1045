"""The ordered DCF policy of one stack, built from its spec.

The rule table of seed 001 as a list of lines, each with its why and its source; a line that has nothing to permit is
left out. Rules kept here: the shadow-model deny is first; every permit of names demands TLS and goes to the Public
Internet only; external DNS is denied to Anywhere; the last named rule denies everything from the agent, watched in
monitor, and only in monitor one broad permit follows it. `check_invariants` proves these again with `decide`.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from containment.model.names import (
    DNS_PORT,
    HTTPS_PORT,
    Action,
    ControllerVersion,
    HostTag,
    PolicyMode,
    Priority,
    Protocol,
    RuleId,
    SmartGroupId,
    WebGroupId,
    WellKnown,
)
from containment.model.ruleset import (
    WELL_KNOWN_GROUPS,
    CidrSelector,
    Logging,
    PortRange,
    Rule,
    RuleSet,
    Selector,
    SmartGroup,
    TagSelector,
    WebGroup,
)
from containment.model.spec import ContainmentSpec

HTTPS = (PortRange(HTTPS_PORT, HTTPS_PORT),)
DNS = (PortRange(DNS_PORT, DNS_PORT),)

_WEB_PERMITS: tuple[tuple[Priority, RuleId, WebGroupId, str, str], ...] = (
    (Priority.OS_UPDATES, RuleId.OS_UPDATES, WebGroupId.OS_UPDATES, "HTTPS package mirrors for staged installs", "seed 001, row 31"),
    (Priority.MODEL_GATEWAYS, RuleId.MODEL_GATEWAYS, WebGroupId.MODEL_GATEWAYS, "sanctioned model gateways", "seed 001, row 40/41"),
    (Priority.CORE, RuleId.CORE, WebGroupId.CORE, "services the harness cannot start without", "seed 001, row 50"),
    (Priority.PACKAGES, RuleId.PACKAGES, WebGroupId.PACKAGES, "registries and source control for coding agents", "seed 001, row 60"),
    (Priority.SAAS_APIS, RuleId.SAAS_APIS, WebGroupId.SAAS_APIS, "business APIs approved for this class", "seed 001, row 70"),
    (Priority.MCP_GATEWAYS, RuleId.MCP_GATEWAYS, WebGroupId.MCP_GATEWAYS, "enterprise MCP and tool gateways", "seed 001, row 80"),
    (
        Priority.IDENTITY_TELEMETRY,
        RuleId.IDENTITY_TELEMETRY,
        WebGroupId.IDENTITY_TELEMETRY,
        "approved IdP and monitoring",
        "seed 001, row 90",
    ),
    (
        Priority.PUBLIC_REFERENCE,
        RuleId.PUBLIC_REFERENCE,
        WebGroupId.PUBLIC_REFERENCE,
        "search and reference, demos only",
        "seed 001, row 95",
    ),
)

_WEB_DENIES: tuple[tuple[Priority, RuleId, WebGroupId, str, str], ...] = (
    (
        Priority.SHADOW_MODEL_DENY,
        RuleId.SHADOW_MODEL_DENY,
        WebGroupId.UNAPPROVED_MODELS,
        "unapproved model providers, ahead of every permit so that attempts are named in the log",
        "seed 001, row 10",
    ),
    (
        Priority.DOH_DENY,
        RuleId.DOH_DENY,
        WebGroupId.DOH_RESOLVERS,
        "DNS over HTTPS walks around the resolver",
        "ours: port 53 is not all of DNS",
    ),
    (Priority.PASTE_DENY, RuleId.PASTE_DENY, WebGroupId.PASTE_AND_WEBHOOKS, "sites where strangers collect data", "ours: named in the log"),
)


def build_ruleset(spec: ContainmentSpec) -> RuleSet:
    """Return the stack's ordered policy with its groups."""
    smart = {name.value: group for name, group in smart_groups(spec).items()}
    smart |= {known.value: group for known, group in WELL_KNOWN_GROUPS.items()}
    web = {group.value: WebGroup(f"{spec.object_prefix}-{group.value}", found.patterns) for group, found in spec.destinations.items()}
    rules = sorted(_lines(spec), key=lambda rule: rule.priority)
    return RuleSet(tuple(rules), smart, web)


def smart_groups(spec: ContainmentSpec) -> dict[SmartGroupId, SmartGroup]:
    """Return the stack's own SmartGroups. The source is tags OR subnets: tags reach the Controller late, and can be removed."""

    def cidrs(*networks: IPv4Network) -> tuple[CidrSelector, ...]:
        return tuple(CidrSelector(network) for network in networks)

    tags = {spec.config.agent_workload_tag_key: spec.config.agent_workload_tag_value, HostTag.AGENT_STACK.value: spec.stack}
    members: dict[SmartGroupId, tuple[Selector, ...]] = {
        SmartGroupId.AGENT_WORKLOAD: (TagSelector(tags), *cidrs(*spec.agent_subnets)),
        SmartGroupId.VPC_DNS_RESOLVER: cidrs(IPv4Network(spec.dns_resolver)),
        SmartGroupId.VPC_ENDPOINTS: cidrs(*spec.endpoint_subnets) if spec.config.create_ssm_vpc_endpoints else (),
        SmartGroupId.MODEL_GATEWAY_CIDRS: cidrs(*spec.config.approved_model_gateway_cidrs),
        SmartGroupId.EAST_WEST_DENY: cidrs(*spec.config.east_west_deny_cidrs),
    }
    return {group: SmartGroup(f"{spec.object_prefix}-{group.value}", selectors) for group, selectors in members.items() if selectors}


def _lines(spec: ContainmentSpec) -> Iterator[Rule]:
    config = spec.config
    watch = spec.mode is PolicyMode.MONITOR
    permit_log = Logging.START if config.log_permit_rules else Logging.NONE
    verify_sni = config.verify_sni and config.controller_version is not ControllerVersion.V8_1

    def name(rule: RuleId) -> str:
        return f"{spec.prefix}-{rule.value}"

    def deny(
        priority: Priority,
        rule: RuleId,
        to: str,
        protocol: Protocol,
        why: str,
        source: str,
        ports: tuple[PortRange, ...] = (),
        web: str = "",
    ) -> Rule:
        return Rule(
            name(rule),
            priority,
            Action.DENY,
            (SmartGroupId.AGENT_WORKLOAD.value,),
            (to,),
            protocol,
            ports,
            (web,) if web else (),
            Logging.START,
            watch=watch,
            why=why,
            source=source,
        )

    def permit(
        priority: Priority, rule: RuleId, to: str, protocol: Protocol, why: str, source: str, ports: tuple[PortRange, ...], web: str = ""
    ) -> Rule:
        return Rule(
            name(rule),
            priority,
            Action.PERMIT,
            (SmartGroupId.AGENT_WORKLOAD.value,),
            (to,),
            protocol,
            ports,
            (web,) if web else (),
            permit_log,
            tls_required=bool(web),
            verify_sni=bool(web) and verify_sni,
            why=why,
            source=source,
        )

    for priority, rule, group, why, source in _WEB_DENIES:
        if group in spec.destinations:
            yield deny(priority, rule, WellKnown.PUBLIC_INTERNET.value, Protocol.TCP, why, source, HTTPS, group.value)
    resolver = SmartGroupId.VPC_DNS_RESOLVER.value
    yield permit(
        Priority.VPC_DNS_UDP, RuleId.VPC_DNS_UDP, resolver, Protocol.UDP, "keeps normal name resolution", "seed 001, row 18/19", DNS
    )
    yield permit(
        Priority.VPC_DNS_TCP, RuleId.VPC_DNS_TCP, resolver, Protocol.TCP, "keeps normal name resolution", "seed 001, row 18/19", DNS
    )
    anywhere = WellKnown.ANYWHERE.value
    yield deny(Priority.DNS_EXFIL_UDP, RuleId.DNS_EXFIL_UDP, anywhere, Protocol.UDP, "no external DNS resolver", "seed 001, row 20/21", DNS)
    yield deny(Priority.DNS_EXFIL_TCP, RuleId.DNS_EXFIL_TCP, anywhere, Protocol.TCP, "no external DNS resolver", "seed 001, row 20/21", DNS)
    if WebGroupId.AWS_INFRA in spec.destinations:
        own = config.create_ssm_vpc_endpoints
        to = SmartGroupId.VPC_ENDPOINTS.value if own else WellKnown.PUBLIC_INTERNET.value
        why = "AWS APIs at this VPC's own endpoints" if own else "AWS APIs over the internet: any account's (residual risk)"
        yield permit(Priority.AWS_INFRA, RuleId.AWS_INFRA, to, Protocol.TCP, why, "seed 001, row 30", HTTPS, WebGroupId.AWS_INFRA.value)
    for priority, rule, group, why, source in _WEB_PERMITS:
        if group in spec.destinations:
            yield permit(priority, rule, WellKnown.PUBLIC_INTERNET.value, Protocol.TCP, why, source, HTTPS, group.value)
    if config.approved_model_gateway_cidrs:
        to = SmartGroupId.MODEL_GATEWAY_CIDRS.value
        why = "internal model gateways by address"
        yield permit(Priority.MODEL_GATEWAY_CIDRS, RuleId.MODEL_GATEWAY_CIDRS, to, Protocol.TCP, why, "seed 001, row 40/41", HTTPS)
    if config.east_west_deny_cidrs:
        to = SmartGroupId.EAST_WEST_DENY.value
        yield deny(Priority.EAST_WEST_DENY, RuleId.EAST_WEST_DENY, to, Protocol.ANY, "no lateral movement", "seed 001, row 100")
    yield deny(
        Priority.DEFAULT_DENY,
        RuleId.DEFAULT_DENY,
        anywhere,
        Protocol.ANY,
        "everything not named above",
        "ours: seed 001's POST row, by name",
    )
    if watch:
        why = "whether a watched flow falls through is undocumented; this makes monitor deliver either way"
        yield Rule(
            name(RuleId.MONITOR_PERMIT),
            Priority.MONITOR_PERMIT,
            Action.PERMIT,
            (SmartGroupId.AGENT_WORKLOAD.value,),
            (anywhere,),
            Protocol.ANY,
            logging=Logging.START,
            why=why,
            source="ours: design decision 6",
        )
