"""The ordered DCF policy of one stack, built from its spec.

The rule table of seed 001 as a list of lines (`policy_table`), each with its why and its source; a line that has nothing
to permit is left out. Rules kept here: the shadow-model deny is first; every permit of names demands TLS and goes to the
Public Internet only; external DNS is denied to Anywhere; TLS is opened only on the rule that permits by URL; the last
named rule denies everything from the agent, watched in monitor, and only in monitor one broad permit follows it.
`check_invariants` proves these again with `decide`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from containment.model.names import (
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
    WellKnown,
    internal_api_group,
    internal_api_rule,
)
from containment.model.policy_table import WEB_DENIES, WEB_PERMITS
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
from containment.model.url import UrlPattern

HTTPS = (PortRange(HTTPS_PORT, HTTPS_PORT),)
DNS = (PortRange(DNS_PORT, DNS_PORT),)
ANYWHERE = WellKnown.ANYWHERE.value
INTERNET = WellKnown.PUBLIC_INTERNET.value


def build_ruleset(spec: ContainmentSpec) -> RuleSet:
    """Return the stack's ordered policy with its groups."""
    smart = {**smart_groups(spec), **{known.value: group for known, group in WELL_KNOWN_GROUPS.items()}}
    rules = sorted(_Lines(spec).all(), key=lambda rule: rule.priority)
    return RuleSet(tuple(rules), smart, web_groups(spec))


def smart_groups(spec: ContainmentSpec) -> dict[str, SmartGroup]:
    """Return the stack's own SmartGroups. The source is tags OR subnets: tags reach the Controller late, and can be removed."""

    def cidrs(*networks: IPv4Network) -> tuple[CidrSelector, ...]:
        return tuple(CidrSelector(network) for network in networks)

    tags = {spec.config.agent_workload_tag_key: spec.config.agent_workload_tag_value, HostTag.AGENT_STACK.value: spec.stack}
    members: dict[str, tuple[Selector, ...]] = {
        SmartGroupId.AGENT_WORKLOAD: (TagSelector(tags), *cidrs(*spec.agent_subnets)),
        SmartGroupId.VPC_DNS_RESOLVER: cidrs(IPv4Network(spec.dns_resolver)),
        SmartGroupId.VPC_ENDPOINTS: cidrs(*spec.endpoint_subnets) if spec.config.create_ssm_vpc_endpoints else (),
        SmartGroupId.MODEL_GATEWAY_CIDRS: cidrs(*spec.config.approved_model_gateway_cidrs),
        **{internal_api_group(api.name): cidrs(*api.cidrs) for api in spec.internal_apis},
        SmartGroupId.EAST_WEST_DENY: cidrs(*spec.config.east_west_deny_cidrs),
    }
    return {str(key): SmartGroup(f"{spec.object_prefix}-{key}", selectors) for key, selectors in members.items() if selectors}


def web_groups(spec: ContainmentSpec) -> dict[str, WebGroup]:
    """Return the stack's WebGroups; names and URLs are never mixed in one (the Controller's UI refuses it)."""
    out = {group.value: WebGroup(f"{spec.object_prefix}-{group.value}", found.patterns) for group, found in spec.destinations.items()}
    if spec.decrypted_urls:
        key = WebGroupId.DECRYPTED_URLS.value
        out[key] = WebGroup(f"{spec.object_prefix}-{key}", (), tuple(map(UrlPattern.parse, spec.decrypted_urls)))
    return out


@dataclass(frozen=True)
class _Lines:
    """The rules of one stack, in no particular order; each part of the table is one generator."""

    spec: ContainmentSpec

    def all(self) -> Iterator[Rule]:
        for line in WEB_DENIES:
            if line.group in self.spec.destinations:
                yield self._deny(line.priority, line.rule, INTERNET, Protocol.TCP, line.why, line.source, HTTPS, line.group.value)
        yield from self._dns()
        yield from self._by_url()
        yield from self._aws()
        for line in WEB_PERMITS:
            if line.group in self.spec.destinations:
                yield self._permit(line.priority, line.rule, INTERNET, Protocol.TCP, line.why, line.source, HTTPS, line.group.value)
        yield from self._by_address()
        yield from self._last()

    def _dns(self) -> Iterator[Rule]:
        row, why = "seed 001, row 18/19", "keeps normal name resolution"
        to = SmartGroupId.VPC_DNS_RESOLVER.value
        yield self._permit(Priority.VPC_DNS_UDP, RuleId.VPC_DNS_UDP, to, Protocol.UDP, why, row, DNS)
        yield self._permit(Priority.VPC_DNS_TCP, RuleId.VPC_DNS_TCP, to, Protocol.TCP, why, row, DNS)
        row, why = "seed 001, row 20/21", "no external DNS resolver"
        yield self._deny(Priority.DNS_EXFIL_UDP, RuleId.DNS_EXFIL_UDP, ANYWHERE, Protocol.UDP, why, row, DNS)
        yield self._deny(Priority.DNS_EXFIL_TCP, RuleId.DNS_EXFIL_TCP, ANYWHERE, Protocol.TCP, why, row, DNS)

    def _by_url(self) -> Iterator[Rule]:
        if self.spec.decrypted_urls:
            why = "permitted by path, on decrypted and inspected TLS"
            row = "ours: seed 001, WebGroups by URL path; directly ahead of the permits by name"
            web = WebGroupId.DECRYPTED_URLS.value
            yield self._permit(Priority.DECRYPTED_URLS, RuleId.DECRYPTED_URLS, INTERNET, Protocol.TCP, why, row, HTTPS, web)

    def _aws(self) -> Iterator[Rule]:
        if WebGroupId.AWS_INFRA in self.spec.destinations:
            own = self.spec.config.create_ssm_vpc_endpoints
            to = SmartGroupId.VPC_ENDPOINTS.value if own else INTERNET
            why = "AWS APIs at this VPC's own endpoints" if own else "AWS APIs over the internet: any account's (residual risk)"
            web = WebGroupId.AWS_INFRA.value
            yield self._permit(Priority.AWS_INFRA, RuleId.AWS_INFRA, to, Protocol.TCP, why, "seed 001, row 30", HTTPS, web)

    def _by_address(self) -> Iterator[Rule]:
        if self.spec.config.approved_model_gateway_cidrs:
            to, why = SmartGroupId.MODEL_GATEWAY_CIDRS.value, "internal model gateways by address"
            place = Priority.MODEL_GATEWAY_CIDRS
            yield self._permit(place, RuleId.MODEL_GATEWAY_CIDRS, to, Protocol.TCP, why, "seed 001, row 40/41", HTTPS)
        for number, api in enumerate(self.spec.internal_apis, Priority.INTERNAL_APIS_FIRST):
            to, why = internal_api_group(api.name), f"{api.reason} ({api.owner})"
            row = "ours: seed 001, class table, internal APIs"
            yield self._permit(number, internal_api_rule(api.name), to, Protocol.TCP, why, row, api.ports)

    def _last(self) -> Iterator[Rule]:
        if self.spec.config.east_west_deny_cidrs:
            to, why = SmartGroupId.EAST_WEST_DENY.value, "no lateral movement"
            yield self._deny(Priority.EAST_WEST_DENY, RuleId.EAST_WEST_DENY, to, Protocol.ANY, why, "seed 001, row 100")
        why, row = "everything not named above", "ours: seed 001's POST row, by name"
        yield self._deny(Priority.DEFAULT_DENY, RuleId.DEFAULT_DENY, ANYWHERE, Protocol.ANY, why, row)
        if self.spec.mode is PolicyMode.MONITOR:
            yield Rule(
                f"{self.spec.prefix}-{RuleId.MONITOR_PERMIT.value}",
                Priority.MONITOR_PERMIT,
                Action.PERMIT,
                (SmartGroupId.AGENT_WORKLOAD.value,),
                (ANYWHERE,),
                Protocol.ANY,
                logging=self._log,
                why="whether a watched flow falls through is undocumented; this makes monitor deliver either way",
                source="ours: design decision 6",
            )

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
        return Rule(
            f"{self.spec.prefix}-{rule}",
            priority,
            Action.DENY,
            (SmartGroupId.AGENT_WORKLOAD.value,),
            (to,),
            protocol,
            ports,
            (web,) if web else (),
            self._log,
            watch=self.spec.mode is PolicyMode.MONITOR,
            why=why,
            source=source,
        )

    def _permit(
        self, priority: int, rule: str, to: str, protocol: Protocol, why: str, source: str, ports: tuple[PortRange, ...], web: str = ""
    ) -> Rule:
        config, opened = self.spec.config, web == WebGroupId.DECRYPTED_URLS
        return Rule(
            f"{self.spec.prefix}-{rule}",
            priority,
            Action.INSPECT_PERMIT if opened else Action.PERMIT,
            (SmartGroupId.AGENT_WORKLOAD.value,),
            (to,),
            protocol,
            ports,
            (web,) if web else (),
            self._log if config.log_permit_rules else Logging.NONE,
            tls_required=bool(web),
            verify_sni=bool(web) and config.verify_sni,
            decrypts=opened,
            why=why,
            source=source,
        )
