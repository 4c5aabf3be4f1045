"""Build the ordered DCF policy of one stack from its spec.

The policy follows the rule table of the Aviatrix blueprint (`blueprint_table`): every rule has its reason and its source, and a line
with nothing to permit is left out. Rules kept here:
- the shadow-model deny comes first;
- every permit by name requires TLS and goes to the Public Internet, or to the VPC's endpoints for AWS APIs;
- external DNS is denied to Anywhere;
- TLS is decrypted only by the rule that permits URLs;
- the default deny matches everything from the agent; in monitor it is watched, and one broad permit follows it;
- with a credential gateway, model providers are permitted to it alone, and every deny applies to it as well;
- in monitor every deny is watched, except those of the sets that `alwaysEnforce` names.
`invariants` checks the result again with `decide`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from containment.addresses.port_range import PortRange
from containment.config.spec import ContainmentSpec
from containment.names import (
    DNS_PORT,
    HTTPS_PORT,
    Action,
    HostTag,
    PolicyMode,
    Priority,
    Protocol,
    RuleId,
    SmartGroupId,
    WebGroupId,
    WellKnownObject,
    make_api_group_key,
    make_api_rule_name,
)
from containment.patterns.url import UrlPattern
from containment.policy.blueprint_table import WEB_DENIES, WEB_PERMITS
from containment.policy.rules import (
    WELL_KNOWN_GROUPS,
    CidrSelector,
    Logging,
    Rule,
    RuleSet,
    Selector,
    SmartGroup,
    TagSelector,
    WebGroup,
)

HTTPS = (PortRange(HTTPS_PORT, HTTPS_PORT),)
DNS = (PortRange(DNS_PORT, DNS_PORT),)
ANYWHERE = WellKnownObject.ANYWHERE.value
INTERNET = WellKnownObject.PUBLIC_INTERNET.value


def build_ruleset(spec: ContainmentSpec) -> RuleSet:
    """Return the stack's ordered policy with its groups."""
    smart = {**build_smart_groups(spec), **{known.value: group for known, group in WELL_KNOWN_GROUPS.items()}}
    rules = sorted(_RuleTable(spec).generate_rules(), key=lambda rule: rule.priority)
    return RuleSet(tuple(rules), smart, build_web_groups(spec))


def build_smart_groups(spec: ContainmentSpec) -> dict[str, SmartGroup]:
    """Return the stack's own SmartGroups by key.

    The agent group matches tags or subnets, because tags reach the Controller late and can be removed.
    """

    def cidrs(*networks: IPv4Network) -> tuple[CidrSelector, ...]:
        return tuple(CidrSelector(network) for network in networks)

    tags = {spec.config.agent_workload_tag_key: spec.config.agent_workload_tag_value, HostTag.AGENT_STACK.value: spec.stack}
    members: dict[str, tuple[Selector, ...]] = {
        SmartGroupId.AGENT_WORKLOAD: (TagSelector(tags), *cidrs(*spec.agent_subnets)),
        SmartGroupId.VPC_DNS_RESOLVER: cidrs(IPv4Network(spec.dns_resolver)),
        SmartGroupId.VPC_ENDPOINTS: cidrs(*spec.endpoint_subnets) if spec.config.create_ssm_vpc_endpoints else (),
        SmartGroupId.MODEL_GATEWAY_CIDRS: cidrs(*spec.config.model_gateway_networks),
        **{make_api_group_key(api.name): cidrs(*api.cidrs) for api in spec.internal_apis},
        SmartGroupId.CREDENTIAL_GATEWAY: cidrs(spec.credential_gateway.subnet) if spec.credential_gateway else (),
        SmartGroupId.EAST_WEST_DENY: cidrs(*spec.config.east_west_deny_cidrs),
    }
    return {str(key): SmartGroup(f"{spec.object_prefix}-{key}", selectors) for key, selectors in members.items() if selectors}


def build_web_groups(spec: ContainmentSpec) -> dict[str, WebGroup]:
    """Return the stack's WebGroups by key; each has either names or URLs, because the Controller's UI refuses both in one."""
    out = {group.value: WebGroup(f"{spec.object_prefix}-{group.value}", found.patterns) for group, found in spec.destinations.items()}
    if spec.decrypted_urls:
        key = WebGroupId.DECRYPTED_URLS.value
        out[key] = WebGroup(f"{spec.object_prefix}-{key}", (), tuple(map(UrlPattern.parse, spec.decrypted_urls)))
    return out


@dataclass(frozen=True)
class _RuleTable:
    """The rules of one stack, unsorted; each part of the table is one generator."""

    spec: ContainmentSpec

    def generate_rules(self) -> Iterator[Rule]:
        for line in WEB_DENIES:
            if line.group in self.spec.destinations:
                yield self._deny(line.priority, line.rule, INTERNET, Protocol.TCP, line.why, line.source, HTTPS, line.group.value)
        yield from self._generate_dns()
        yield from self._generate_url_permit()
        yield from self._generate_aws_permit()
        for line in WEB_PERMITS:
            if line.group in self.spec.destinations:
                yield self._permit(line.priority, line.rule, INTERNET, Protocol.TCP, line.why, line.source, HTTPS, line.group.value)
        yield from self._generate_address_permits()
        yield from self._generate_last()

    def _generate_dns(self) -> Iterator[Rule]:
        row, why = "Aviatrix blueprint, rule 18/19", "keeps normal name resolution"
        to = SmartGroupId.VPC_DNS_RESOLVER.value
        yield self._permit(Priority.VPC_DNS_UDP, RuleId.VPC_DNS_UDP, to, Protocol.UDP, why, row, DNS)
        yield self._permit(Priority.VPC_DNS_TCP, RuleId.VPC_DNS_TCP, to, Protocol.TCP, why, row, DNS)
        row, why = "Aviatrix blueprint, rule 20/21", "no external DNS resolver"
        yield self._deny(Priority.DNS_EXFIL_UDP, RuleId.DNS_EXFIL_UDP, ANYWHERE, Protocol.UDP, why, row, DNS)
        yield self._deny(Priority.DNS_EXFIL_TCP, RuleId.DNS_EXFIL_TCP, ANYWHERE, Protocol.TCP, why, row, DNS)

    def _generate_url_permit(self) -> Iterator[Rule]:
        if self.spec.decrypted_urls:
            why = "permitted by path, on decrypted and inspected TLS"
            row = "addition: Aviatrix blueprint, WebGroups by URL path, directly ahead of the permits by name"
            web = WebGroupId.DECRYPTED_URLS.value
            yield self._permit(Priority.DECRYPTED_URLS, RuleId.DECRYPTED_URLS, INTERNET, Protocol.TCP, why, row, HTTPS, web)

    def _generate_aws_permit(self) -> Iterator[Rule]:
        if WebGroupId.AWS_INFRA in self.spec.destinations:
            own = self.spec.config.create_ssm_vpc_endpoints
            to = SmartGroupId.VPC_ENDPOINTS.value if own else INTERNET
            why = "AWS APIs at this VPC's own endpoints" if own else "AWS APIs over the internet, of any account (residual risk)"
            web = WebGroupId.AWS_INFRA.value
            yield self._permit(Priority.AWS_INFRA, RuleId.AWS_INFRA, to, Protocol.TCP, why, "Aviatrix blueprint, rule 30", HTTPS, web)

    def _generate_address_permits(self) -> Iterator[Rule]:
        if gateway := self.spec.credential_gateway:
            to, why = SmartGroupId.CREDENTIAL_GATEWAY.value, "model calls without a key, which the gateway puts in"
            row, ports = "addition: docs/guides/credential-gateway.md", (PortRange(gateway.port, gateway.port),)
            yield self._permit(Priority.CREDENTIAL_GATEWAY, RuleId.CREDENTIAL_GATEWAY, to, Protocol.TCP, why, row, ports)
        if self.spec.config.model_gateway_networks:
            to, why = SmartGroupId.MODEL_GATEWAY_CIDRS.value, "internal model gateways by address"
            place = Priority.MODEL_GATEWAY_CIDRS
            yield self._permit(place, RuleId.MODEL_GATEWAY_CIDRS, to, Protocol.TCP, why, "Aviatrix blueprint, rule 40/41", HTTPS)
        for number, api in enumerate(self.spec.internal_apis, Priority.INTERNAL_APIS_FIRST):
            to, why = make_api_group_key(api.name), f"{api.reason} ({api.owner})"
            row = "addition: Aviatrix blueprint, class table, internal APIs"
            yield self._permit(number, make_api_rule_name(api.name), to, Protocol.TCP, why, row, api.ports)

    def _generate_last(self) -> Iterator[Rule]:
        if self.spec.config.east_west_deny_cidrs:
            to, why = SmartGroupId.EAST_WEST_DENY.value, "no lateral movement"
            yield self._deny(Priority.EAST_WEST_DENY, RuleId.EAST_WEST_DENY, to, Protocol.ANY, why, "Aviatrix blueprint, rule 100")
        why, row = "everything not named above", "addition: Aviatrix blueprint, rule POST, as a rule with a name"
        yield self._deny(Priority.DEFAULT_DENY, RuleId.DEFAULT_DENY, ANYWHERE, Protocol.ANY, why, row)
        if self.spec.mode is PolicyMode.MONITOR:
            yield Rule(
                name=f"{self.spec.prefix}-{RuleId.MONITOR_PERMIT.value}",
                priority=Priority.MONITOR_PERMIT,
                action=Action.PERMIT,
                sources=(SmartGroupId.AGENT_WORKLOAD.value,),
                destinations=(ANYWHERE,),
                protocol=Protocol.ANY,
                logging=self._log,
                why="whether a watched flow falls through is undocumented; this makes monitor deliver either way",
                source="addition: docs/adr/0002-monitor-keeps-deny.md",
            )

    @property
    def _denied(self) -> tuple[str, ...]:
        """The sources of every deny: the agents, and the credential gateway where there is one."""
        own = (SmartGroupId.AGENT_WORKLOAD.value,)
        return (*own, SmartGroupId.CREDENTIAL_GATEWAY.value) if self.spec.credential_gateway else own

    def _get_source(self, web: str) -> str:
        """Return the source of a permit: model providers are for the credential gateway alone where there is one."""
        is_model = web == WebGroupId.MODEL_GATEWAYS.value and self.spec.credential_gateway is not None
        return (SmartGroupId.CREDENTIAL_GATEWAY if is_model else SmartGroupId.AGENT_WORKLOAD).value

    @property
    def _log(self) -> Logging:
        return Logging.START_AND_END if self.spec.strict_logging else Logging.START

    def _deny(
        self,
        priority: int,
        rule: str,
        to: str,
        protocol: Protocol,
        why: str,
        source: str,
        ports: tuple[PortRange, ...] = (),
        web: str = "",
    ) -> Rule:
        always = bool(web) and WebGroupId(web) in self.spec.always_enforced
        return Rule(
            name=f"{self.spec.prefix}-{rule}",
            priority=priority,
            action=Action.DENY,
            sources=self._denied,
            destinations=(to,),
            protocol=protocol,
            ports=ports,
            web_groups=(web,) if web else (),
            logging=self._log,
            watch=self.spec.mode is PolicyMode.MONITOR and not always,
            always_applied=always,
            why=why,
            source=source,
        )

    def _permit(
        self, priority: int, rule: str, to: str, protocol: Protocol, why: str, source: str, ports: tuple[PortRange, ...], web: str = ""
    ) -> Rule:
        config, opened = self.spec.config, web == WebGroupId.DECRYPTED_URLS
        return Rule(
            name=f"{self.spec.prefix}-{rule}",
            priority=priority,
            action=Action.INSPECT_PERMIT if opened else Action.PERMIT,
            sources=(self._get_source(web),),
            destinations=(to,),
            protocol=protocol,
            ports=ports,
            web_groups=(web,) if web else (),
            logging=self._log if config.log_permit_rules else Logging.NONE,
            tls_required=bool(web),
            verify_sni=bool(web) and (config.verify_sni or opened),  # a decrypted client cannot verify the server itself
            decrypts=opened,
            why=why,
            source=source,
        )
