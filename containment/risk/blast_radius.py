"""Blast radius: the abilities of a fully compromised agent, by kind, with the control that would close each.

Computed as if every deny were applied; in monitor all of it, and more, is possible today. Paths that DCF cannot see (the VPC's
resolver, endpoints inside the VPC) are listed with the control that has to close them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from containment.addresses.port_range import PortRange
from containment.analysis.classes.box import EVERYWHERE, Box, L7Match
from containment.analysis.questions import Analysis
from containment.analysis.reachability import ReachableSet, find_reachable
from containment.analysis.subject import Fact, Subject
from containment.names import DENY_GROUPS, RFC1918, Protocol, WebGroupId
from containment.patterns.domain import DomainPattern
from containment.policy.rules import CidrSelector, Rule, SmartGroup
from containment.ternary import Ternary


class AbilityKind(StrEnum):
    """Goal of an attacker who controls an agent, and the control that would close it."""

    closed_by: str

    UPLOAD = "upload data to another account", "a private mirror that cannot publish, in place of the public host"
    RELAY = "have a permitted host fetch from or send to others", "an exact host that does not forward"
    CODE = "download third-party code", "a private registry of reviewed packages (enablePackageInstalls: false)"
    MODEL = "reach a model", "the gateway's own authentication, limits and log"
    UNKNOWN_NAMES = "reach hosts that are not reviewed", "an entry in presets/catalog, reviewed, or no permit"
    ANY_SERVER = (
        "reach any public server by claiming a permitted name",
        "a TLS profile that verifies server names (verifySni, Controller 8.2)",
    )
    UNNAMED = "reach public addresses without naming a server", "a WebGroup and TLS_REQUIRED on the permit"
    RESOLVE = (
        "resolve names",
        "Route 53 Resolver DNS Firewall (enableDnsFirewall): DCF never sees queries to the VPC's resolver",
    )
    AWS_APIS = "call AWS APIs of other accounts", "endpoint policies on VPC endpoints (enableEndpointPolicies, createSsmVpcEndpoints)"
    NEIGHBOURS = "reach private addresses", "security groups and network ACLs: traffic inside the VPC does not cross DCF"

    def __new__(cls, what: str, closed_by: str) -> Self:
        """Return a member whose value describes the goal."""
        member = str.__new__(cls, what)
        member._value_, member.closed_by = what, closed_by
        return member


@dataclass(frozen=True, slots=True)
class Ability:
    """One kind of ability of a compromised agent, with an example flow.

    `through` lists (rule, name or network, owner or remark). Empty: proved impossible as far as DCF decides.
    """

    kind: AbilityKind
    through: tuple[tuple[str, str, str], ...]
    witness: str


def compute_blast_radius(subject: Subject) -> list[Ability]:
    """Return the ability of every kind, open ones first."""
    radius = _BlastRadius(subject)
    found = [Ability(kind, through, witness) for kind in AbilityKind for through, witness in (radius.find_ability(kind),)]
    return sorted(found, key=lambda one: not one.through)


class _BlastRadius:
    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        public = Box((EVERYWHERE,), (EVERYWHERE,))
        private = Box((EVERYWHERE,), (SmartGroup("private networks", tuple(CidrSelector(network) for network in RFC1918)),))
        named = Box((EVERYWHERE,), (EVERYWHERE,), None, frozenset({L7Match.TLS_NAMED, L7Match.HTTP_NAMED}), Protocol.TCP)
        dns = [Box((EVERYWHERE,), (EVERYWHERE,), protocol=kind, ports=(PortRange(53, 53),)) for kind in (Protocol.UDP, Protocol.TCP)]
        self._analysis = Analysis(subject.ruleset, subject.agents, [public, private, named, *dns])
        self._lines = [line for line in find_reachable(self._analysis) if line.rule is not None]

    def find_ability(self, kind: AbilityKind) -> tuple[tuple[tuple[str, str, str], ...], str]:
        """Return the rules and names through which a kind is possible, and one flow."""
        if kind in (AbilityKind.UNNAMED, AbilityKind.RESOLVE, AbilityKind.NEIGHBOURS):
            return self._find_by_flow(kind)
        found: list[tuple[tuple[str, str, str], str]] = []
        for line in self._lines:
            assert line.rule is not None
            for text, fact in self._find_names(line):
                if remark := _explain_ability(kind, line, fact):
                    found.append(((line.rule.name, text, remark), str(line.witness)))
        return tuple(dict.fromkeys(through for through, _ in found)), found[0][1] if found else ""

    def _find_names(self, line: ReachableSet) -> Iterable[tuple[str, Fact | None]]:
        """Yield every pattern of a line with its catalog facts; a wildcard also has those of each name that it lets through."""
        assert line.rule is not None
        for text in line.names:
            host = text.split("/", 1)[0].removesuffix(" (may be)")
            yield text, self._subject.facts.get(host) or self._find_covering_fact(host)
            if "*" in host and host not in self._subject.facts:
                yield from ((text, fact) for fact in self._find_covered_facts(host, line.rule))

    def _find_covering_fact(self, host: str) -> Fact | None:
        """Return the facts of the catalog's wildcard that covers an exact name."""
        if "*" in host:
            return None
        pattern = DomainPattern(host)
        hits = [fact for text, fact in self._subject.facts.items() if "*" in text and DomainPattern(text).covers(pattern) is Ternary.YES]
        return hits[0] if hits else None

    def _find_covered_facts(self, host: str, rule: Rule) -> Iterable[Fact]:
        """Yield the catalog facts of names under a wildcard that the rule lets through."""
        wildcard = DomainPattern(host)
        ways = [outcome for outcome in self._analysis.view.get_outcomes() if outcome.rule is rule and outcome.permits]
        for text, fact in self._subject.facts.items():
            if (name := wildcard.find_common_name(DomainPattern(text))) is None:
                continue
            flows = self._analysis.table.restrict_to_name(name, 0)
            if any(flows.find(way.need, way.avoid) for way in ways):
                yield fact

    def _find_by_flow(self, kind: AbilityKind) -> tuple[tuple[tuple[str, str, str], ...], str]:
        probe = self._analysis.get_probe
        ways = {
            AbilityKind.UNNAMED: [(0, probe(1) | probe(2))],
            AbilityKind.RESOLVE: [(probe(3), 0), (probe(4), probe(2))],
            AbilityKind.NEIGHBOURS: [(probe(1), 0)],
        }[kind]
        found = [way for need, avoid in ways for way in self._analysis.find_permitting_rules(need, avoid)]
        rows = tuple(
            (way.rule.name if way.rule else "default action", str(way.witness.flow.destination), str(way.witness.flow.protocol.value))
            for way in found
        )
        return tuple(dict.fromkeys(rows)), str(found[0].witness) if found else ""


def _explain_ability(kind: AbilityKind, line: ReachableSet, fact: Fact | None) -> str:
    """Return why a name of a line makes a kind possible, "" when it does not."""
    if kind is AbilityKind.ANY_SERVER:
        public = any(to in ("any public address", "any IPv4 address") for to in line.destinations)
        return "the client can claim any server name" if public and not line.verified else ""
    if kind is AbilityKind.UNKNOWN_NAMES:
        if fact is None:
            return "not in the catalog"
        return "a denied name, permitted" if fact.web_group in DENY_GROUPS else ""
    if fact is None:
        return ""
    if kind is AbilityKind.UPLOAD:
        return fact.owner if fact.uploads else ""
    if kind is AbilityKind.RELAY:
        return fact.owner if fact.relays else ""
    if kind is AbilityKind.CODE:
        return fact.owner if fact.web_group in (WebGroupId.PACKAGES, WebGroupId.OS_UPDATES) else ""
    if kind is AbilityKind.MODEL:
        return fact.owner if fact.web_group in (WebGroupId.MODEL_GATEWAYS, WebGroupId.UNAPPROVED_MODELS) else ""
    if kind is AbilityKind.AWS_APIS:
        return fact.owner if fact.web_group is WebGroupId.AWS_INFRA else ""
    return ""
