"""External DNS is denied over UDP and TCP, ahead of every permit that could carry it: agents query the VPC's resolver only.

The rule judges plain DNS on port 53; DNS over TLS and over HTTPS are denied by name or by default.
A permit with WebGroups carries no DNS: traffic that is neither TLS nor HTTP matches none.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.names import DNS_PORT
from containment.ternary import Ternary
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.firewall.analysis import FlowResult
from policypack.firewall.effective_rules import EffectiveRules, check_environment, get_effective_rules
from policypack.firewall.proof.resolvers import OVER, find_dns_denies, find_dns_flow, is_before_denies
from policypack.firewall.rules import RegisteredRule
from policypack.graph.resources import Graph


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault for a missing DNS deny, and for every permit that may carry DNS past the resolver before the deny."""
    chain = get_effective_rules(graph)
    stated = list(_find_explicit(chain)) if chain.hosts else []
    return list(dict.fromkeys([*stated, *check_environment(graph, _check_rules)]))


def _find_explicit(chain: EffectiveRules) -> Iterator[Violation]:
    """Yield permits that name port 53 and the internet, which are a violation in any program."""
    for rule in chain.permits:
        over = [one for one in OVER if rule.is_for_port(one, DNS_PORT) is Ternary.YES]
        names_it = bool(over and rule.ports) and rule.takes_every_port is Ternary.NO and not rule.web_groups
        passes = any(is_before_denies(chain, rule, protocol, find_dns_denies(chain, protocol)) for protocol in over)
        if names_it and passes and chain.groups.has_some_internet(rule) is Ternary.YES:
            yield _make_violation(rule, find_dns_flow(chain, rule))


def _check_rules(chain: EffectiveRules) -> Iterator[Violation]:
    for protocol in OVER:
        if not find_dns_denies(chain, protocol):
            yield Violation(
                chain.only_owner, f"no rule denies external DNS over {protocol.value}: port {DNS_PORT} to Anywhere, from every agent"
            )
    yield from (_make_violation(rule, answer) for rule in chain.permits if (answer := find_dns_flow(chain, rule)).match is not Ternary.NO)


def _make_violation(rule: RegisteredRule, answer: FlowResult) -> Violation:
    shown = "" if answer.witness is None else f": for example {answer.witness}"
    what = f"{rule.label} may carry DNS to other resolvers than the VPC's, and no deny of port {DNS_PORT} comes first{shown}"
    return Violation(rule.owner.urn, what)


RULE = Rule(
    id="external-dns-is-denied",
    severity=Severity.CRITICAL,
    info="External DNS is denied over UDP and TCP ahead of every permit that could carry it; only the VPC's resolver is permitted.",
    why="an attacker's resolver receives data in the queried names, and answers with any address",
    fix="permit port 53 to the resolver's /32 only, and put two DENY rules (UDP and TCP, port 53, to Anywhere) ahead of all other permits",
    scope=Scope.STATED_OR_PLACE,
    check_stack=check_stack,
)
