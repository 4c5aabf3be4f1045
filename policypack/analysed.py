"""The analyser asked about a program's policy: `containment.model.reach` over what the resources state, made once a graph.

A question is one about flows: is there one inside these sets and outside those? A set is a rule's (all it matches, wherever
it stands) or one of `Flows`; the flows are those of the hosts as they stand in their subnets. NO is proved. YES comes with
a flow that shows it. MAYBE hangs on a group that cannot be read in full or on a semantics that nobody documents: rules then
reason about groups one by one (`dcf_groups`), as they do while it is not known which rule uses which group.
What resources state is read by `ruleset`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from containment.model.fqdn import DomainPattern, Match
from containment.model.names import DNS_PORT, HTTPS_PORT, RFC1918, Protocol
from containment.model.reach.analysis import Analysis
from containment.model.reach.box import ANYWHERE, EVERYWHERE, Box, Claim
from containment.model.reach.sources import ANYBODY, Sources
from containment.model.reach.table import Witness
from containment.model.ruleset import PUBLIC_INTERNET, CidrSelector, OpaqueSelector, PortRange, Rule, SmartGroup, WebGroup
from policypack.dcf import DcfRule, read_rules
from policypack.dcf_groups import in_subnets
from policypack.graph import Graph
from policypack.hosts import Host, find_hosts
from policypack.members import addresses_of
from policypack.plain import UNKNOWN
from policypack.proof.network import home_networks, resolvers_of
from policypack.providers import PROVIDERS
from policypack.ruleset import ruleset_of
from policypack.space import PUBLIC, Network


class Flows(StrEnum):
    """Sets of flows that rules ask about, beside the rules' own."""

    TO_IPV4 = "to any IPv4 address"
    HTTPS_OUT = "TCP 443 to a public address"
    DNS_OVER_UDP = "port 53, UDP, without a server name"
    DNS_OVER_TCP = "port 53, TCP, without a server name"
    DNS = "port 53, TCP or UDP"
    PRIVATE = "a private address"
    HOME = "an address of the VPC's own network"
    RESOLVERS = "an address of the VPC's own resolver"


Set: TypeAlias = DcfRule | Flows | str
"""A rule's flows, a set of `Flows`, or the flows over TLS that name one of `PROVIDERS`."""

_UNSAID: Final = frozenset({Claim.TLS_BARE, Claim.OTHER})
_ALL: Final = (EVERYWHERE,)
_DNS: Final = (PortRange(DNS_PORT, DNS_PORT),)
_BOXES: Final[dict[str, Box]] = {
    Flows.TO_IPV4: Box(_ALL, (ANYWHERE,)),
    Flows.HTTPS_OUT: Box(
        _ALL,
        (SmartGroup("public addresses", tuple(map(CidrSelector, PUBLIC))),),
        protocol=Protocol.TCP,
        ports=(PortRange(HTTPS_PORT, HTTPS_PORT),),
    ),
    Flows.DNS_OVER_UDP: Box(_ALL, _ALL, None, _UNSAID, Protocol.UDP, _DNS),
    Flows.DNS_OVER_TCP: Box(_ALL, _ALL, None, _UNSAID, Protocol.TCP, _DNS),
    Flows.DNS: Box(_ALL, _ALL, protocol=Protocol.ANY, ports=_DNS),
    Flows.PRIVATE: Box(_ALL, (SmartGroup("private addresses", tuple(map(CidrSelector, RFC1918))),)),
    **{name: Box(_ALL, _ALL, (WebGroup(name, (DomainPattern(name),)),), frozenset({Claim.TLS_NAMED})) for name in PROVIDERS},
}
"""Sets that are the same for every program; those of its own network are made from its resources."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether there is such a flow, and one that shows it (for MAYBE: if what is not known is so)."""

    match: Match
    witness: Witness | None = None


@dataclass(frozen=True, eq=False)
class Analysed:
    """A policy that can be asked about, and the rules it was read from, in its order."""

    analysis: Analysis
    read: tuple[DcfRule, ...]
    _places: Mapping[DcfRule, int]
    _probes: Mapping[str, int]

    def stated(self, rule: Rule) -> DcfRule:
        """Return what a rule of the analysis was read from; its priority is its place."""
        return self.read[rule.priority - 1]

    def flow(self, inside: Iterable[Set], outside: Iterable[Set] = ()) -> Answer:
        """Tell whether the hosts have a flow inside all of some sets and outside every one of others; names are not forged.

        A set of the program's own network is empty while the network is not known.
        """
        inside, outside = tuple(inside), tuple(outside)
        table = self.analysis.table
        needed = [self._bit(one) for one in dict.fromkeys(inside)]
        witness = table.find(sum(needed), sum(map(self._bit, dict.fromkeys(outside))) | table.forged) if all(needed) else None
        if witness is None:
            return Answer(Match.NO)
        is_certain = witness.apex is None and not witness.given and all(self._is_legible(one) for one in (*inside, *outside))
        return Answer(Match.YES if is_certain else Match.MAYBE, witness)

    def _bit(self, one: Set) -> int:
        return self._probes.get(one, 0) if isinstance(one, str) else 1 << self._place(one)

    def _place(self, rule: DcfRule) -> int:
        return self._places[rule]

    def _is_legible(self, one: Set) -> bool:
        """Tell whether nothing that a rule names is more than it can be read to be."""
        if isinstance(one, str):
            return True
        ruleset = self.analysis.ruleset
        rule = ruleset.rules[self._place(one)]
        smart = (ruleset.smart_groups[name] for name in (*rule.sources, *rule.destinations))
        web = (ruleset.web_groups[name] for name in rule.web_groups)
        return all(map(_is_read, smart)) and not any(group.urls or group.unsure for group in web)


def analysed(graph: Graph) -> Analysed | None:
    """Return a program's policy for flows of its agents, None when it states no rule."""
    return graph.once(analysed, lambda: _analysed(graph))


def _analysed(graph: Graph) -> Analysed | None:
    stated = ruleset_of(graph)
    if stated is None:
        return None
    read = read_rules(graph)
    hosts = tuple(map(_as_it_stands, in_subnets(find_hosts(graph)))) or ANYBODY
    own: dict[str, tuple[Network, ...]] = {Flows.HOME: home_networks(graph), Flows.RESOLVERS: resolvers_of(graph)}
    boxes: dict[str, Box] = {**_BOXES, **{name: _to(networks) for name, networks in own.items() if networks}}
    analysis = Analysis(stated.ruleset, hosts, list(boxes.values()))
    places = {rule: place for place, rule in enumerate(read)}
    return Analysed(analysis, read, places, {name: analysis.probe(number) for number, name in enumerate(boxes)})


def _to(networks: Iterable[Network]) -> Box:
    return Box(_ALL, (SmartGroup("the place's own addresses", tuple(map(CidrSelector, networks))),))


def _as_it_stands(host: Host) -> Sources:
    """Return a host with its tags where it is; what is not known of either may be anything."""
    tags = {key: str(value) for key, values in host.tags.items() for value in values}
    is_told = all(len(values) == 1 and values[0] is not UNKNOWN for values in host.tags.values())
    homes = addresses_of(host)
    networks = tuple(home for home in homes if home is not None)
    return Sources(networks if len(networks) == len(homes) else None, tags if is_told else None)


def _is_read(group: SmartGroup) -> bool:
    return group == PUBLIC_INTERNET or not any(isinstance(one, OpaqueSelector) for one in group.selectors)
