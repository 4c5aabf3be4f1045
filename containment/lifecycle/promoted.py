"""Destinations of the evidence that today's policy permits, and the policy without those permits.

The observed policy is known by its digest only. A policy that was widened by promotions alone has that digest again once the permits of
the promoted destinations are removed: a pattern that permits one, or a whole rule that permits one by address.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address

from containment.config.spec import ContainmentSpec
from containment.names import HTTPS_PORT, Protocol
from containment.observe.evidence import AddressWithoutName, Evidence
from containment.policy.first_match import decide
from containment.policy.flow import Application, Decision, Flow, PolicyVerdict, UnresolvedAddress
from containment.policy.invariants import find_agent_sources
from containment.policy.rules import RuleSet
from containment.ternary import Ternary


@dataclass(frozen=True, slots=True)
class PermittedName:
    """A destination of the evidence that the policy permits, with the rules that permit it."""

    name: str
    rules: frozenset[str]


def find_permitted(spec: ContainmentSpec, ruleset: RuleSet, evidence: Evidence) -> dict[str, PermittedName]:
    """Return the would-be-denied destinations that a policy permits from every agent source, by name."""
    found = dict[str, PermittedName]()
    for name in dict.fromkeys(one.name for one in evidence.would_be_denied):
        flows = list(_generate_flows(spec, name, evidence.address_without_name))
        decisions = [decide(ruleset, flow) for flow in flows]
        if decisions and all(_is_permit(one) for one in decisions):
            found[name] = PermittedName(name, frozenset(one.rule for one in decisions if one.rule))
    return found


def remove_promoted(ruleset: RuleSet, permitted: Iterable[PermittedName]) -> RuleSet:
    """Return a policy without the permits of some destinations; a rule and a group that are left empty are removed."""
    listed = list(permitted)
    names = [one.name for one in listed if parse_address(one.name) is None]
    by_address = {rule for one in listed if parse_address(one.name) is not None for rule in one.rules}
    permits = {group for rule in ruleset.rules if rule.action.permits for group in rule.web_groups}
    groups = {}
    for key, group in ruleset.web_groups.items():
        patterns = group.patterns
        if key in permits:
            patterns = tuple(one for one in patterns if not any(one.matches(name) is Ternary.YES for name in names))
        if patterns or group.urls or group.unsure:
            groups[key] = replace(group, patterns=patterns)
    rules = tuple(rule for rule in ruleset.rules if rule.name not in by_address and all(group in groups for group in rule.web_groups))
    return replace(ruleset, rules=rules, web_groups=groups)


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a destination consists of, None for a name."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _generate_flows(spec: ContainmentSpec, name: str, addresses: Sequence[AddressWithoutName]) -> Iterable[Flow]:
    """Yield the flows to a destination, from every kind of agent source; none where the evidence leaves port or protocol open."""
    address = parse_address(name)
    for source in find_agent_sources(spec):
        if address is None:
            yield Flow(source, UnresolvedAddress.PUBLIC, Protocol.TCP, HTTPS_PORT, Application.TLS, name)
            continue
        for seen in addresses:
            if seen.address == name and seen.protocol.upper() in list(Protocol):
                protocol = Protocol(seen.protocol.upper())
                if seen.port is not None or protocol is Protocol.ICMP:
                    yield Flow(source, address, protocol, seen.port, Application.OTHER)


def _is_permit(decision: Decision) -> bool:
    return decision.verdict is PolicyVerdict.PERMIT
