"""Exact analysis of a program's policy (`containment.analysis`): is there a flow inside some sets and outside others?

A set is either all flows that a rule matches, whatever its position, or one of `FlowSet`; the flows are those of the hosts in their
subnets. NO is proved. YES comes with a witness. MAYBE means that a group cannot be read completely or that semantics are
undocumented: rules then compare groups one by one (`groups`), as they do while it is unknown which rule uses which group.
`parsed_policy` reads the policy from the resources. The analysis is built one time for each graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from containment.addresses.address_space import PUBLIC, Network
from containment.addresses.port_range import PortRange
from containment.analysis.classes.box import ANYWHERE, EVERYWHERE, Box, L7Match
from containment.analysis.classes.sources import ANYBODY, Sources
from containment.analysis.classes.table import Witness
from containment.analysis.questions import Analysis
from containment.names import DNS_PORT, HTTPS_PORT, RFC1918, Protocol
from containment.patterns.domain import DomainPattern
from containment.policy.rules import PUBLIC_INTERNET, CidrSelector, OpaqueSelector, Rule, SmartGroup, WebGroup
from containment.ternary import Ternary
from policypack.facts.compute import Host
from policypack.facts.home_networks import find_home_networks, find_resolvers
from policypack.facts.hosts import find_hosts
from policypack.firewall.groups import select_hosts_in_subnets
from policypack.firewall.model_providers import PROVIDERS
from policypack.firewall.parsed_policy import parse_policy
from policypack.firewall.rules import RegisteredRule, read_rules
from policypack.firewall.smart_group_membership import find_addresses
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph


class FlowSet(StrEnum):
    """Predefined sets of flows, in addition to those of the rules."""

    TO_IPV4 = "to any IPv4 address"
    HTTPS_OUT = "TCP 443 to a public address"
    DNS_OVER_UDP = "port 53, UDP, without a server name"
    DNS_OVER_TCP = "port 53, TCP, without a server name"
    DNS = "port 53, TCP or UDP"
    PRIVATE = "a private address"
    HOME = "an address of the VPC's own network"
    RESOLVERS = "an address of the VPC's own resolver"


Set: TypeAlias = RegisteredRule | FlowSet | str
"""A rule's flows, a set of `FlowSet`, or the flows over TLS that name one of `PROVIDERS`."""

_UNSAID: Final = frozenset({L7Match.TLS_BARE, L7Match.OTHER})
_ALL: Final = (EVERYWHERE,)
_DNS: Final = (PortRange(DNS_PORT, DNS_PORT),)
_BOXES: Final[dict[str, Box]] = {
    FlowSet.TO_IPV4: Box(_ALL, (ANYWHERE,)),
    FlowSet.HTTPS_OUT: Box(
        _ALL,
        (SmartGroup("public addresses", tuple(map(CidrSelector, PUBLIC))),),
        protocol=Protocol.TCP,
        ports=(PortRange(HTTPS_PORT, HTTPS_PORT),),
    ),
    FlowSet.DNS_OVER_UDP: Box(_ALL, _ALL, None, _UNSAID, Protocol.UDP, _DNS),
    FlowSet.DNS_OVER_TCP: Box(_ALL, _ALL, None, _UNSAID, Protocol.TCP, _DNS),
    FlowSet.DNS: Box(_ALL, _ALL, protocol=Protocol.ANY, ports=_DNS),
    FlowSet.PRIVATE: Box(_ALL, (SmartGroup("private addresses", tuple(map(CidrSelector, RFC1918))),)),
    **{name: Box(_ALL, _ALL, (WebGroup(name, (DomainPattern(name),)),), frozenset({L7Match.TLS_NAMED})) for name in PROVIDERS},
}
"""Sets that are the same for every program; the sets of its network are built from its resources."""


@dataclass(frozen=True, slots=True)
class FlowResult:
    """Whether a flow exists, and a witness (for MAYBE: under its assumptions about unknown facts)."""

    match: Ternary
    witness: Witness | None = None


@dataclass(frozen=True, eq=False)
class AnalyzedPolicy:
    """An analyzed policy, and the rules that it was read from in the same order."""

    analysis: Analysis
    read: tuple[RegisteredRule, ...]
    _places: Mapping[RegisteredRule, int]
    _probes: Mapping[str, int]

    def get_registered_rule(self, rule: Rule) -> RegisteredRule:
        """Return the program's rule that a rule of the analysis was read from; the latter's priority is its position."""
        return self.read[rule.priority - 1]

    def find_flow(self, inside: Iterable[Set], outside: Iterable[Set] = ()) -> FlowResult:
        """Find a flow of the hosts that is inside all of some sets and outside all of others; forged names are left out.

        Args:
            inside: sets that contain the flow; a set of the program's own network is empty while the network is unknown.
            outside: sets that do not contain it.

        Returns:
            NO when it is proved that there is none, YES with a witness, or MAYBE with a witness that depends on unknown facts.
        """
        inside, outside = tuple(inside), tuple(outside)
        table = self.analysis.table
        needed = [self._get_bit(one) for one in dict.fromkeys(inside)]
        witness = table.find(sum(needed), sum(map(self._get_bit, dict.fromkeys(outside))) | table.forged) if all(needed) else None
        if witness is None:
            return FlowResult(Ternary.NO)
        is_certain = witness.apex is None and not witness.given and all(self._is_readable(one) for one in (*inside, *outside))
        return FlowResult(Ternary.YES if is_certain else Ternary.MAYBE, witness)

    def _get_bit(self, one: Set) -> int:
        return self._probes.get(one, 0) if isinstance(one, str) else 1 << self._places[one]

    def _is_readable(self, one: Set) -> bool:
        """Return whether every group of a rule can be read completely."""
        if isinstance(one, str):
            return True
        ruleset = self.analysis.ruleset
        rule = ruleset.rules[self._places[one]]
        smart = (ruleset.smart_groups[name] for name in (*rule.sources, *rule.destinations))
        web = (ruleset.web_groups[name] for name in rule.web_groups)
        return all(map(_is_readable, smart)) and not any(group.urls or group.unsure for group in web)


def analyze_policy(graph: Graph) -> AnalyzedPolicy | None:
    """Return a program's policy for flows of its agents, None when it has no rule."""
    return graph.compute_once(analyze_policy, lambda: _analyze_policy(graph))


def find_sources(graph: Graph) -> tuple[Sources, ...]:
    """Return the agent hosts as sources of flows; anybody where no host is in a known subnet."""
    return tuple(map(build_source, select_hosts_in_subnets(find_hosts(graph)))) or ANYBODY


def _analyze_policy(graph: Graph) -> AnalyzedPolicy | None:
    stated = parse_policy(graph)
    if stated is None:
        return None
    read = read_rules(graph)
    hosts = find_sources(graph)
    own: dict[str, tuple[Network, ...]] = {FlowSet.HOME: find_home_networks(graph), FlowSet.RESOLVERS: find_resolvers(graph)}
    boxes: dict[str, Box] = {**_BOXES, **{name: _build_box(networks) for name, networks in own.items() if networks}}
    analysis = Analysis(stated.ruleset, hosts, list(boxes.values()))
    places = {rule: place for place, rule in enumerate(read)}
    return AnalyzedPolicy(analysis, read, places, {name: analysis.get_probe(number) for number, name in enumerate(boxes)})


def _build_box(networks: Iterable[Network]) -> Box:
    return Box(_ALL, (SmartGroup("the environment's own addresses", tuple(map(CidrSelector, networks))),))


def build_source(host: Host) -> Sources:
    """Return a host's networks and tags as a source of flows; None for either one that is not completely known."""
    tags = {key: str(value) for key, values in host.tags.items() for value in values}
    is_told = all(len(values) == 1 and values[0] is not UNKNOWN for values in host.tags.values())
    homes = find_addresses(host)
    networks = tuple(home for home in homes if home is not None)
    return Sources(networks if len(networks) == len(homes) else None, tags if is_told else None)


def _is_readable(group: SmartGroup) -> bool:
    return group == PUBLIC_INTERNET or not any(isinstance(one, OpaqueSelector) for one in group.selectors)
