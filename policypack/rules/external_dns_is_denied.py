"""Agents ask the VPC's resolver and nobody else: external DNS is denied, by UDP and TCP, ahead of any permit that could carry it.

Judged for plain DNS on port 53; DNS over TLS and HTTPS have no port of their own, and are denied by name or by default.
A permit with WebGroups carries no DNS: what is neither TLS nor HTTP matches none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from containment.model.fqdn import Match
from containment.model.names import DNS_PORT, Protocol
from policypack.analysed import Flows
from policypack.chain import Chain, chain_of, in_places
from policypack.dcf import DcfRule
from policypack.dcf_scope import holds_everywhere, is_within
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph
from policypack.place import vpcs_of
from policypack.plain import weakest
from policypack.space import Network, parse

_OVER: Final = {Protocol.UDP: Flows.DNS_OVER_UDP, Protocol.TCP: Flows.DNS_OVER_TCP}
_ALWAYS = ("169.254.169.253/32", "fd00:ec2::253/128")
"""The Amazon resolver's addresses that do not depend on the VPC (VPC user guide)."""


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for a DNS deny that is missing, and for every permit that may carry DNS past the resolver before it."""
    chain = chain_of(graph)
    stated = list(_stated(chain)) if chain.hosts else []
    return list(dict.fromkeys([*stated, *in_places(graph, _judged)]))


def _stated(chain: Chain) -> Iterator[Fault]:
    """Yield permits that name port 53 and the internet: a hole in any program."""
    for rule in chain.permits:
        over = [one for one in _OVER if rule.takes(one, DNS_PORT) is Match.YES]
        names_it = bool(over and rule.ports) and rule.takes_every_port is Match.NO and not rule.web_groups
        passes = any(_passes(chain, rule, protocol, _denies(chain, protocol)) for protocol in over)
        if names_it and passes and chain.groups.meets_internet(rule) is Match.YES:
            yield _fault(rule)


def _judged(chain: Chain) -> Iterator[Fault]:
    resolvers = _resolvers(chain)
    for protocol in _OVER:
        denies = _denies(chain, protocol)
        if not denies:
            yield Fault(
                chain.only_owner, f"no rule denies external DNS over {protocol.value}: port {DNS_PORT} to Anywhere, from every agent"
            )
        for rule in chain.permits:
            if rule.web_groups or chain.is_monitor_permit(rule) or chain.enough(rule, is_within(chain.groups, rule, resolvers)):
                continue
            if _passes(chain, rule, protocol, denies):
                yield _fault(rule)


def _passes(chain: Chain, rule: DcfRule, protocol: Protocol, denies: list[DcfRule]) -> bool:
    """Tell whether a permit may take DNS before every deny of it that certainly comes first."""
    earlier = [deny for deny in denies if not rule.may_precede(deny)]
    met = chain.flow((rule, _OVER[protocol]), earlier).match
    if met is not Match.MAYBE:
        return met is Match.YES
    return rule.takes(protocol, DNS_PORT) is not Match.NO and not earlier


def _denies(chain: Chain, protocol: Protocol) -> list[DcfRule]:
    """Return the rules that deny DNS by its port, and nothing by name, from every agent to everywhere."""
    return [rule for rule in chain.denies if rule.ports and not rule.web_groups and _is_complete(chain, rule, protocol)]


def _is_complete(chain: Chain, rule: DcfRule, protocol: Protocol) -> bool:
    missed = chain.flow((_OVER[protocol], Flows.TO_IPV4), (rule,)).match
    if missed is not Match.MAYBE:
        return missed is Match.NO
    where = weakest([chain.groups.holds_agents(rule), holds_everywhere(chain.groups, rule)])
    what = weakest([rule.takes(protocol, DNS_PORT), rule.takes_tls, rule.takes_plain])
    return what is Match.YES and chain.enough(rule, where)


def _resolvers(chain: Chain) -> list[Network]:
    """Return the addresses of the resolver as the agents' VPCs have it: the network's second address, and the fixed ones."""
    found = [network for address in _ALWAYS if (network := parse(address)) is not None]
    for vpc in dict.fromkeys(vpc for host in chain.hosts for vpc in vpcs_of(chain.graph, host)):
        network = parse(vpc.get("cidrBlock"))
        second = parse(f"{network.network_address + 2}") if network is not None else None
        found.extend([second] if second is not None else [])
    return found


def _fault(rule: DcfRule) -> Fault:
    return Fault(
        rule.owner.urn, f"{rule.label} may carry DNS to other resolvers than the VPC's, and no deny of port {DNS_PORT} comes first"
    )


RULE = Rule(
    id="external-dns-is-denied",
    severity=Severity.CRITICAL,
    info="External DNS is denied over UDP and TCP ahead of every permit that could carry it; only the VPC's resolver is permitted.",
    why="a resolver of the attacker's own takes data out in names, and answers with any address",
    fix="permit port 53 to the resolver's /32 only, and put two DENY rules (UDP and TCP, port 53, to Anywhere) ahead of all other permits",
    scope=Scope.STATED_OR_PLACE,
    check_stack=check_stack,
)
