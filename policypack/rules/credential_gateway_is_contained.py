"""A credential gateway is recognized by proof: by the settings of its instance, and because it reaches only named providers.

An instance that reads secrets and is not proved to be a gateway is refused; the message names the missing settings
(`facts.credential_gateway`). Agents must not reach the gateway's providers directly, so that no call bypasses it with another key. The
firewall is judged by the analysis of every flow, as soon as it is known which rule uses which group.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.addresses.address_space import PUBLIC, parse_network
from containment.addresses.port_range import PortRange
from containment.analysis.classes.box import EVERYWHERE, Box, L7Match
from containment.analysis.questions import Analysis
from containment.names import HTTPS_PORT, Protocol
from containment.patterns.domain import DomainPattern
from containment.policy.rules import CidrSelector, SmartGroup, WebGroup
from containment.policy.rules import Rule as PolicyRule
from policypack.facts.credential_gateway import Candidate, find_candidates, find_gateways, find_readers
from policypack.facts.iam.roles import find_roles
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.firewall.analysis import build_source, find_sources
from policypack.firewall.effective_rules import EffectiveRules, check_environment
from policypack.firewall.parsed_policy import ParsedPolicy, parse_policy
from policypack.firewall.rules import read_rules
from policypack.graph.resources import Graph

_PUBLIC = SmartGroup("public addresses", tuple(map(CidrSelector, PUBLIC)))
_HTTPS = (PortRange(HTTPS_PORT, HTTPS_PORT),)


def check_stack(graph: Graph) -> list[Violation]:
    """Return what keeps each candidate from being a gateway, and what gateways and agents reach past it."""
    found = [
        Violation(one.host.resource.urn, f"reads secrets, and is not proved to be a credential gateway: it {what}")
        for one in find_candidates(graph)
        for what in one.faults
    ]
    secrets = [secret for one in find_gateways(graph) for secret in one.secrets]
    readers = find_readers(graph, list(find_roles(graph).uses), secrets) if secrets else ()
    found += [Violation(role.urn, "is an agent host's role, and may read keys of the credential gateway") for role in readers]
    return [*found, *check_environment(graph, _check_rules)]


def _check_rules(chain: EffectiveRules) -> Iterator[Violation]:
    gateways = find_gateways(chain.graph)
    stated = parse_policy(chain.graph) if gateways and chain.is_certain else None
    for gateway in gateways if stated is not None else ():
        assert stated is not None, "the rules are known"
        yield from _check_gateway(chain.graph, gateway, stated)


def _check_gateway(graph: Graph, gateway: Candidate, stated: ParsedPolicy) -> Iterator[Violation]:
    network = parse_network(gateway.subnet.get("cidrBlock")) if gateway.subnet else None
    urn = gateway.host.resource.urn
    if network is None:
        yield Violation(urn, "has a subnet whose network is not known, so what it reaches cannot be judged")
        return
    by_name = Box((EVERYWHERE,), (EVERYWHERE,), None, frozenset({L7Match.TLS_NAMED}), Protocol.TCP, _HTTPS)
    own = Analysis(stated.ruleset, (build_source(gateway.host),), [by_name])
    for way in own.find_permitting_rules(0, own.get_probe(0)):
        yield Violation(_find_owner(graph, way.rule, urn), f"lets the credential gateway reach more than names over TLS: {way.witness}")
    names: set[str] = set()
    for way in own.find_permitting_rules(own.get_probe(0)):
        groups = [stated.ruleset.web_groups[name] for name in way.rule.web_groups] if way.rule else []
        patterns = [pattern for group in groups for pattern in group.patterns]
        if not patterns or any(not pattern.is_exact for pattern in patterns) or any(group.urls or group.unsure for group in groups):
            yield Violation(
                _find_owner(graph, way.rule, urn), "lets the credential gateway reach names that are not exact providers' hosts"
            )
        names |= {pattern.text for pattern in patterns if pattern.is_exact}
    yield from _check_agents(graph, stated, names, urn)


def _check_agents(graph: Graph, stated: ParsedPolicy, names: set[str], urn: str) -> Iterator[Violation]:
    """Yield the rules that let agents reach a provider of the gateway themselves."""
    if not names:
        return
    providers = WebGroup("the gateway's providers", tuple(map(DomainPattern, sorted(names))))
    box = Box((EVERYWHERE,), (_PUBLIC,), (providers,), frozenset({L7Match.TLS_NAMED}), Protocol.TCP, _HTTPS)
    agents = Analysis(stated.ruleset, find_sources(graph), [box])
    for way in agents.find_permitting_rules(agents.get_probe(0)):
        yield Violation(
            _find_owner(graph, way.rule, urn), f"lets agents reach the credential gateway's providers themselves: {way.witness}"
        )


def _find_owner(graph: Graph, rule: PolicyRule | None, otherwise: str) -> str:
    """Return the resource that has a rule; a rule's priority is its position."""
    return read_rules(graph)[rule.priority - 1].owner.urn if rule is not None else otherwise


RULE = Rule(
    id="credential-gateway-is-contained",
    severity=Severity.CRITICAL,
    info="An instance that reads provider keys is proved to be a credential gateway, and agents reach its providers through it alone.",
    why="every key leaks if an agent can enter the host with the keys, or if that host reaches other destinations; a provider that agents"
    " reach directly takes data under any key",
    fix="give it a separate subnet, ingress on one TCP port from the agents' subnets, a role that only reads its secrets by their whole"
    " ARN, IMDSv2, an encrypted disk and no public address; permit exact provider hosts to it, and none of them to agents",
    ids=("OWASP LLM02", "AML.T0055"),
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
