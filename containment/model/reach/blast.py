"""Blast radius: what a fully compromised agent could still do, by kind, and which control would close it.

Judged as if every deny were applied; in monitor all of it, and more, is possible today. What DCF cannot see (the VPC's own
resolver, endpoints inside the VPC) is listed with the control that has to close it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from containment.model.fqdn import DomainPattern, Match
from containment.model.names import DENY_GROUPS, RFC1918, Protocol, WebGroupId
from containment.model.reach.analysis import Analysis
from containment.model.reach.box import EVERYWHERE, Box, Claim
from containment.model.reach.reachable import Reachable, reachable
from containment.model.reach.subject import Fact, Subject
from containment.model.ruleset import CidrSelector, PortRange, Rule, SmartGroup


class Kind(StrEnum):
    """What an attacker would want of an agent."""

    UPLOAD = "upload data to strangers"
    RELAY = "have a permitted host fetch from or send to others"
    CODE = "download code that strangers wrote"
    MODEL = "reach a model"
    UNKNOWN_NAMES = "reach hosts nobody has reviewed"
    ANY_SERVER = "reach any public server by claiming a permitted name"
    UNNAMED = "reach public addresses without naming a server"
    RESOLVE = "resolve names"
    AWS_APIS = "talk to AWS APIs of other accounts"
    NEIGHBOURS = "reach private addresses"


CLOSED_BY: Final = {
    Kind.UPLOAD: "an own mirror that cannot publish, in place of the public host",
    Kind.RELAY: "an exact host that does not forward",
    Kind.CODE: "an own registry of reviewed packages (enablePackageInstalls: false)",
    Kind.MODEL: "the gateway's own authentication, limits and log",
    Kind.UNKNOWN_NAMES: "an entry in presets/catalog, reviewed, or no permit",
    Kind.ANY_SERVER: "a TLS profile that verifies server names (verifySni, Controller 8.2)",
    Kind.UNNAMED: "a WebGroup and TLS_REQUIRED on the permit",
    Kind.RESOLVE: "Route 53 Resolver DNS Firewall (enableDnsFirewall): DCF never sees the VPC's own resolver",
    Kind.AWS_APIS: "endpoint policies on own endpoints (enableEndpointPolicies, createSsmVpcEndpoints)",
    Kind.NEIGHBOURS: "security groups and network ACLs: traffic inside the VPC never meets DCF",
}


@dataclass(frozen=True, slots=True)
class Ability:
    """One kind of thing a compromised agent can do: through what, one flow, and what would close it.

    `through` has (rule, name or network, owner or remark). Empty: proved impossible as far as DCF decides.
    """

    kind: Kind
    through: tuple[tuple[str, str, str], ...]
    witness: str
    closed_by: str


def blast_radius(subject: Subject) -> list[Ability]:
    """Return every kind, those that are open first."""
    radius = _Radius(subject)
    found = [Ability(kind, through, witness, CLOSED_BY[kind]) for kind in Kind for through, witness in (radius.of(kind),)]
    return sorted(found, key=lambda one: not one.through)


class _Radius:
    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        public = Box((EVERYWHERE,), (EVERYWHERE,))
        private = Box((EVERYWHERE,), (SmartGroup("neighbours", tuple(CidrSelector(network) for network in RFC1918)),))
        named = Box((EVERYWHERE,), (EVERYWHERE,), None, frozenset({Claim.TLS_NAMED, Claim.HTTP_NAMED}), Protocol.TCP)
        dns = [Box((EVERYWHERE,), (EVERYWHERE,), protocol=kind, ports=(PortRange(53, 53),)) for kind in (Protocol.UDP, Protocol.TCP)]
        self._analysis = Analysis(subject.ruleset, subject.agents, [public, private, named, *dns])
        self._lines = [line for line in reachable(self._analysis) if line.rule is not None]

    def of(self, kind: Kind) -> tuple[tuple[tuple[str, str, str], ...], str]:
        """Return through what a kind is possible, and one flow."""
        if kind in (Kind.UNNAMED, Kind.RESOLVE, Kind.NEIGHBOURS):
            return self._by_flow(kind)
        found: list[tuple[tuple[str, str, str], str]] = []
        for line in self._lines:
            assert line.rule is not None
            for text, fact in self._names(line):
                if remark := _remark(kind, line, fact):
                    found.append(((line.rule.name, text, remark), str(line.witness)))
        return tuple(dict.fromkeys(through for through, _ in found)), found[0][1] if found else ""

    def _names(self, line: Reachable) -> Iterable[tuple[str, Fact | None]]:
        """Yield every pattern of a line with what the catalog says of it; a wildcard is also whatever it lets through."""
        assert line.rule is not None
        for text in line.names:
            host = text.split("/", 1)[0].removesuffix(" (may be)")
            yield text, self._subject.facts.get(host) or self._covering(host)
            if "*" in host and host not in self._subject.facts:
                yield from ((text, fact) for fact in self._under(host, line.rule))

    def _covering(self, host: str) -> Fact | None:
        """Return what the catalog says of an exact name under one of its wildcards."""
        if "*" in host:
            return None
        pattern = DomainPattern(host)
        hits = [fact for text, fact in self._subject.facts.items() if "*" in text and DomainPattern(text).covers(pattern) is Match.YES]
        return hits[0] if hits else None

    def _under(self, host: str, rule: Rule) -> Iterable[Fact]:
        """Yield what the catalog says of names under a wildcard that the rule lets through."""
        wildcard = DomainPattern(host)
        ways = [outcome for outcome in self._analysis.view.outcomes() if outcome.rule is rule and outcome.permits]
        for text, fact in self._subject.facts.items():
            if (name := wildcard.common_name(DomainPattern(text))) is None:
                continue
            flows = self._analysis.table.naming(name, 0)
            if any(flows.find(way.need, way.avoid) for way in ways):
                yield fact

    def _by_flow(self, kind: Kind) -> tuple[tuple[tuple[str, str, str], ...], str]:
        probe = self._analysis.probe
        ways = {
            Kind.UNNAMED: [(0, probe(1) | probe(2))],
            Kind.RESOLVE: [(probe(3), 0), (probe(4), probe(2))],
            Kind.NEIGHBOURS: [(probe(1), 0)],
        }[kind]
        found = [way for need, avoid in ways for way in self._analysis.ways_into(need, avoid)]
        rows = tuple(
            (way.rule.name if way.rule else "default action", str(way.witness.flow.destination), str(way.witness.flow.protocol.value))
            for way in found
        )
        return tuple(dict.fromkeys(rows)), str(found[0].witness) if found else ""


def _remark(kind: Kind, line: Reachable, fact: Fact | None) -> str:
    """Return why a name of a line makes a kind possible, "" when it does not."""
    if kind is Kind.ANY_SERVER:
        public = any(to in ("any public address", "any IPv4 address") for to in line.destinations)
        return "the server name is the client's claim" if public and not line.verified else ""
    if kind is Kind.UNKNOWN_NAMES:
        if fact is None:
            return "not in the catalog"
        return "a denied name, permitted" if fact.web_group in DENY_GROUPS else ""
    if fact is None:
        return ""
    if kind is Kind.UPLOAD:
        return fact.owner if fact.uploads else ""
    if kind is Kind.RELAY:
        return fact.owner if fact.relays else ""
    if kind is Kind.CODE:
        return fact.owner if fact.web_group in (WebGroupId.PACKAGES, WebGroupId.OS_UPDATES) else ""
    if kind is Kind.MODEL:
        return fact.owner if fact.web_group in (WebGroupId.MODEL_GATEWAYS, WebGroupId.UNAPPROVED_MODELS) else ""
    if kind is Kind.AWS_APIS:
        return fact.owner if fact.web_group is WebGroupId.AWS_INFRA else ""
    return ""
