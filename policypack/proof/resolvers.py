"""DNS past the VPC's resolver: which permits may carry it, by the flows they decide.

A permit with WebGroups carries no DNS, because what is neither TLS nor HTTP matches no WebGroup.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from containment.model.fqdn import Match
from containment.model.names import DNS_PORT, Protocol
from containment.model.reach.table import Witness
from policypack.analysed import Answer, Flows
from policypack.chain import Chain
from policypack.dcf import DcfRule
from policypack.dcf_scope import holds_everywhere, is_within
from policypack.plain import weakest
from policypack.proof.decided import decided
from policypack.proof.extent import WIDE_MEMBERS, Kind, destinations_of
from policypack.proof.network import resolvers_of

OVER: Final = {Protocol.UDP: Flows.DNS_OVER_UDP, Protocol.TCP: Flows.DNS_OVER_TCP}
"""The flows of plain DNS by the protocol that carries them."""


def carries_dns(chain: Chain, rule: DcfRule) -> Answer:
    """Return whether a permit may carry DNS to another resolver than the VPC's; the witness is one such flow, when flows are known."""
    return chain.graph.once((carries_dns, rule), lambda: _carries_dns(chain, rule))


def _carries_dns(chain: Chain, rule: DcfRule) -> Answer:
    if rule.web_groups:
        return Answer(Match.NO)
    if chain.asked is not None:
        met = decided(chain, rule, (Flows.DNS,), (Flows.RESOLVERS,)) or _to_unread_members(chain, rule)
        return Answer(Match.NO) if met is None else Answer(Match.YES, met)
    if chain.is_monitor_permit(rule) or chain.enough(rule, is_within(chain.groups, rule, resolvers_of(chain.graph))):
        return Answer(Match.NO)
    passes = any(passes_denies(chain, rule, protocol, denies_of(chain, protocol)) for protocol in OVER)
    return Answer(Match.YES if passes else Match.NO)


def is_dns_alone(rule: DcfRule) -> bool:
    """Tell whether a rule names no port but DNS's."""
    return bool(rule.ports) and all(ends == (DNS_PORT, DNS_PORT) for ends in rule.ports)


def _to_unread_members(chain: Chain, rule: DcfRule) -> Witness | None:
    """Return a flow of DNS alone to members that only the Controller knows: no deny of Anywhere, which is IPv4, stops all of it."""
    unread = WIDE_MEMBERS - {Kind.PUBLIC, Kind.SPECIAL}
    if not is_dns_alone(rule) or all(one.kind not in unread for one in destinations_of(chain.graph, rule)):
        return None
    return chain.flow((rule, Flows.DNS), (*chain.enforced_before(rule), Flows.RESOLVERS)).witness


def passes_denies(chain: Chain, rule: DcfRule, protocol: Protocol, denies: Iterable[DcfRule]) -> bool:
    """Tell whether a permit may take DNS before every deny of it that certainly comes first."""
    earlier = [deny for deny in denies if not rule.may_precede(deny)]
    met = chain.flow((rule, OVER[protocol]), earlier).match
    if met is not Match.MAYBE:
        return met is Match.YES
    return rule.takes(protocol, DNS_PORT) is not Match.NO and not earlier


def denies_of(chain: Chain, protocol: Protocol) -> list[DcfRule]:
    """Return the rules that deny DNS by its port, and nothing by name, from every agent to everywhere."""
    return [rule for rule in chain.denies if rule.ports and not rule.web_groups and _is_complete(chain, rule, protocol)]


def _is_complete(chain: Chain, rule: DcfRule, protocol: Protocol) -> bool:
    missed = chain.flow((OVER[protocol], Flows.TO_IPV4), (rule,)).match
    if missed is not Match.MAYBE:
        return missed is Match.NO
    where = weakest([chain.groups.holds_agents(rule), holds_everywhere(chain.groups, rule)])
    what = weakest([rule.takes(protocol, DNS_PORT), rule.takes_tls, rule.takes_plain])
    return what is Match.YES and chain.enough(rule, where)
