"""DNS past the VPC's resolver: find the permits that may carry it, by the flows they decide.

A permit with WebGroups carries no DNS, because traffic that is neither TLS nor HTTP matches no WebGroup.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from containment.analysis.classes.table import Witness
from containment.names import DNS_PORT, Protocol
from containment.ternary import Ternary, all_of
from policypack.facts.home_networks import find_resolvers
from policypack.firewall.analysis import FlowResult, FlowSet
from policypack.firewall.effective_rules import EffectiveRules
from policypack.firewall.proof.decided_flows import find_decided_flow
from policypack.firewall.proof.extent import WIDE_MEMBERS, MemberKind, read_destinations
from policypack.firewall.rules import RegisteredRule
from policypack.firewall.scope import has_every_address, is_within

OVER: Final = {Protocol.UDP: FlowSet.DNS_OVER_UDP, Protocol.TCP: FlowSet.DNS_OVER_TCP}
"""Flows of plain DNS by transport protocol."""


def find_dns_flow(chain: EffectiveRules, rule: RegisteredRule) -> FlowResult:
    """Return whether a permit may carry DNS to another resolver than the VPC's, with a witness once ids are known."""
    return chain.graph.compute_once((find_dns_flow, rule), lambda: _find_dns_flow(chain, rule))


def _find_dns_flow(chain: EffectiveRules, rule: RegisteredRule) -> FlowResult:
    if rule.web_groups:
        return FlowResult(Ternary.NO)
    if chain.analyzed_policy is not None:
        met = find_decided_flow(chain, rule, (FlowSet.DNS,), (FlowSet.RESOLVERS,)) or _find_unread_flow(chain, rule)
        return FlowResult(Ternary.NO) if met is None else FlowResult(Ternary.YES, met)
    if chain.is_monitor_permit(rule) or chain.is_yes_or_unresolved(rule, is_within(chain.groups, rule, find_resolvers(chain.graph))):
        return FlowResult(Ternary.NO)
    passes = any(is_before_denies(chain, rule, protocol, find_dns_denies(chain, protocol)) for protocol in OVER)
    return FlowResult(Ternary.of(passes))


def is_dns_alone(rule: RegisteredRule) -> bool:
    """Return whether a rule names the DNS port only."""
    return bool(rule.ports) and all(ends == (DNS_PORT, DNS_PORT) for ends in rule.ports)


def _find_unread_flow(chain: EffectiveRules, rule: RegisteredRule) -> Witness | None:
    """Return a flow of a DNS-only permit to members known to the Controller only: no deny of Anywhere, which is IPv4, stops all."""
    unread = WIDE_MEMBERS - {MemberKind.PUBLIC, MemberKind.SPECIAL}
    if not is_dns_alone(rule) or all(one.kind not in unread for one in read_destinations(chain.graph, rule)):
        return None
    return chain.find_flow((rule, FlowSet.DNS), (*chain.find_enforced_before(rule), FlowSet.RESOLVERS)).witness


def is_before_denies(chain: EffectiveRules, rule: RegisteredRule, protocol: Protocol, denies: Iterable[RegisteredRule]) -> bool:
    """Return whether a permit may match DNS that no certainly earlier deny stops.

    Args:
        chain: the effective rules.
        rule: the permit.
        protocol: UDP or TCP.
        denies: the complete denies of DNS over this protocol.
    """
    earlier = [deny for deny in denies if not rule.is_possibly_before(deny)]
    met = chain.find_flow((rule, OVER[protocol]), earlier).match
    if met is not Ternary.MAYBE:
        return met is Ternary.YES
    return rule.is_for_port(protocol, DNS_PORT) is not Ternary.NO and not earlier


def find_dns_denies(chain: EffectiveRules, protocol: Protocol) -> list[RegisteredRule]:
    """Return the rules that deny DNS by its port, without names, from every agent to every address."""
    return [rule for rule in chain.denies if rule.ports and not rule.web_groups and _is_complete(chain, rule, protocol)]


def _is_complete(chain: EffectiveRules, rule: RegisteredRule, protocol: Protocol) -> bool:
    missed = chain.find_flow((OVER[protocol], FlowSet.TO_IPV4), (rule,)).match
    if missed is not Ternary.MAYBE:
        return missed is Ternary.NO
    where = all_of([chain.groups.has_all_agents(rule), has_every_address(chain.groups, rule)])
    what = all_of([rule.is_for_port(protocol, DNS_PORT), rule.takes_tls, rule.takes_plain])
    return what is Ternary.YES and chain.is_yes_or_unresolved(rule, where)
