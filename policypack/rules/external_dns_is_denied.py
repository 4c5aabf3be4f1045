"""Agents ask the VPC's resolver and nobody else: external DNS is denied, by UDP and TCP, ahead of any permit that could carry it.

Judged for plain DNS on port 53; DNS over TLS and HTTPS have no port of their own, and are denied by name or by default.
A permit with WebGroups carries no DNS: what is neither TLS nor HTTP matches none.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.model.fqdn import Match
from containment.model.names import DNS_PORT
from policypack.analysed import Answer
from policypack.chain import Chain, chain_of, in_places
from policypack.dcf import DcfRule
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph
from policypack.proof.resolvers import OVER, carries_dns, denies_of, passes_denies


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for a DNS deny that is missing, and for every permit that may carry DNS past the resolver before it."""
    chain = chain_of(graph)
    stated = list(_stated(chain)) if chain.hosts else []
    return list(dict.fromkeys([*stated, *in_places(graph, _judged)]))


def _stated(chain: Chain) -> Iterator[Fault]:
    """Yield permits that name port 53 and the internet: a hole in any program."""
    for rule in chain.permits:
        over = [one for one in OVER if rule.takes(one, DNS_PORT) is Match.YES]
        names_it = bool(over and rule.ports) and rule.takes_every_port is Match.NO and not rule.web_groups
        passes = any(passes_denies(chain, rule, protocol, denies_of(chain, protocol)) for protocol in over)
        if names_it and passes and chain.groups.meets_internet(rule) is Match.YES:
            yield _fault(rule, carries_dns(chain, rule))


def _judged(chain: Chain) -> Iterator[Fault]:
    for protocol in OVER:
        if not denies_of(chain, protocol):
            yield Fault(
                chain.only_owner, f"no rule denies external DNS over {protocol.value}: port {DNS_PORT} to Anywhere, from every agent"
            )
    yield from (_fault(rule, answer) for rule in chain.permits if (answer := carries_dns(chain, rule)).match is not Match.NO)


def _fault(rule: DcfRule, answer: Answer) -> Fault:
    shown = "" if answer.witness is None else f": for example {answer.witness}"
    what = f"{rule.label} may carry DNS to other resolvers than the VPC's, and no deny of port {DNS_PORT} comes first{shown}"
    return Fault(rule.owner.urn, what)


RULE = Rule(
    id="external-dns-is-denied",
    severity=Severity.CRITICAL,
    info="External DNS is denied over UDP and TCP ahead of every permit that could carry it; only the VPC's resolver is permitted.",
    why="a resolver of the attacker's own takes data out in names, and answers with any address",
    fix="permit port 53 to the resolver's /32 only, and put two DENY rules (UDP and TCP, port 53, to Anywhere) ahead of all other permits",
    scope=Scope.STATED_OR_PLACE,
    check_stack=check_stack,
)
