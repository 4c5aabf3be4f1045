"""Permits name no denied or impermissible host, whatever the order of rules and the spelling of names.

The validator of permitted names (`containment.patterns.permitted_names`) judges every name of a permit's WebGroup. A wildcard that covers
a denied provider also covers hosts of it that no deny names. Providers are those of the minimum set, all names in the program's denies,
and all model hosts that this release lists: an exact model host may only be in the WebGroup of approved model gateways, where the
product writes sanctioned providers. An AWS service endpoint must be of the hosts' region. While no group has an id (a first preview),
the groups of denies are inferred, and every other group counts as a permit's. A program whose gateway is in another program is judged
only for names that anyone can obtain.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from containment.names import WebGroupId, WellKnownObject
from containment.patterns.domain import DomainPattern, parse_pattern
from containment.patterns.permitted_names.account_hosts import MODEL_HOSTS, is_model_host
from containment.patterns.permitted_names.aws_regions import find_service_region, move_to_region
from containment.patterns.permitted_names.name import find_lookalike_refusal, find_refusal
from containment.patterns.permitted_names.refusal import Cause
from containment.ternary import Ternary
from policypack.facts.agent_environment import is_complete
from policypack.facts.home_region import find_home_region
from policypack.facts.hosts import find_hosts
from policypack.facts.network.other_programs import is_of_program
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.firewall.effective_rules import EffectiveRules, check_environment, get_effective_rules
from policypack.firewall.groups import IDENTITIES
from policypack.firewall.model_providers import PROVIDERS
from policypack.firewall.names.reached_names import count_deny_uses, find_web_groups
from policypack.firewall.names.web_groups import is_gateway_group, read_names
from policypack.firewall.rules import RegisteredRule
from policypack.graph.known_types import RULE_LISTS, WEB_GROUP
from policypack.graph.resources import Graph, Resource

_MODELS: Final = tuple(map(DomainPattern, sorted(MODEL_HOSTS)))
_SANCTION: Final = (
    f"a program that sanctions it names the group ...{WebGroupId.MODEL_GATEWAYS.value}, and the stack file has the sanction with its owner"
)
_STRANGERS: Final = frozenset(
    {
        *(Cause.ADDRESS, Cause.ADDRESS_IN_NAME, Cause.METADATA, Cause.DYNAMIC_DNS, Cause.TUNNEL, Cause.RESOLVER, Cause.DROP_SITE),
        Cause.LOOK_ALIKE,
    }
)
"""Causes that depend on the name alone; the permissible width of a wildcard depends on the denies ahead of it."""


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault for every WebGroup of a permit that names too much, and for permits whose names cannot be seen."""
    if is_complete(graph):
        return check_environment(graph, _check_rules)
    return (
        list(dict.fromkeys(_find_obtainable_names(get_effective_rules(graph))))
        if find_hosts(graph) and graph.find_by_type(*RULE_LISTS)
        else []
    )


def _check_rules(chain: EffectiveRules) -> Iterator[Violation]:
    permits = [rule for rule in chain.permits if rule.web_groups]
    for rule in permits:
        if WellKnownObject.ALL_WEB.value in rule.web_groups:
            yield Violation(rule.owner.urn, f"{rule.label} permits every name: its WebGroup is All-Web")
    yield from (
        Violation(rule.owner.urn, f"{rule.label} permits names that cannot be seen here") for rule in permits if _is_hidden(chain, rule)
    )
    denied, permitted = find_web_groups(chain)
    named = [pattern for group in denied for raw in read_names(group) if (pattern := parse_pattern(raw)) is not None]
    for group in permitted:
        found = (*_find_unpermitted_names(group, named), *_find_foreign_endpoints(chain.graph, group))
        yield from (Violation(group.urn, what) for what in dict.fromkeys(found))


def _find_obtainable_names(chain: EffectiveRules) -> Iterator[Violation]:
    """Yield permitted names that anyone can obtain, for a gateway in another program: no rule elsewhere makes them safe."""
    denied, permitted = find_web_groups(chain)
    if not chain.is_certain and count_deny_uses(chain) > len(denied):
        return  # a deny uses another WebGroup, which is not known yet
    for group in permitted:
        for raw in read_names(group):
            refusal = find_refusal(raw) if isinstance(raw, str) else None
            if refusal is not None and refusal.cause in _STRANGERS:
                yield Violation(group.urn, f"permits {raw}, which {refusal}")
        yield from (Violation(group.urn, what) for what in _find_foreign_endpoints(chain.graph, group))


def _find_unpermitted_names(group: Resource, denied: list[DomainPattern]) -> Iterator[str]:
    names = read_names(group)
    if not names:
        yield "is the WebGroup of a permit and lists no name: it is undocumented which names an empty one matches"
    stated, minimum = tuple(denied), (*denied, *map(DomainPattern, PROVIDERS), *_MODELS)
    exact = [other.text for other in minimum if other.is_exact]
    for raw in names:
        pattern = parse_pattern(raw)
        refusal = find_refusal(raw) if isinstance(raw, str) else None
        if refusal is not None:
            yield f"permits {raw if pattern is None else pattern}, which {refusal}"
        elif pattern is None:
            yield "permits a name that is not known before the update, or is not valid"
        elif hits := _find_overlapping(pattern, stated if pattern.is_exact else minimum):
            yield f"permits {pattern}, which includes denied names: {', '.join(hits)}"
        elif pattern.is_exact and is_model_host(pattern.text) and not is_gateway_group(group):
            yield f"permits {pattern}, a host of models that only the WebGroup of approved model gateways may have; {_SANCTION}"
        elif like := find_lookalike_refusal(pattern.text, exact):
            yield f"permits {pattern}, which {like}"


def _find_foreign_endpoints(graph: Graph, group: Resource) -> Iterator[str]:
    """Yield a fault for each AWS service endpoint of a region that is not proved to be the hosts' own."""
    home = find_home_region(graph)
    for pattern in filter(None, map(parse_pattern, read_names(group))):
        region = find_service_region(pattern)
        if region is None or region == home:
            continue
        other = "the hosts' region is not known" if home is None else f"the hosts are in {home}"
        fix = "set the region of their provider" if home is None else f"write {move_to_region(pattern, home)}"
        yield f"permits {pattern}, an AWS service in {region} that serves every account, while {other}; {fix}"


@lru_cache(maxsize=65536)
def _find_overlapping(pattern: DomainPattern, others: tuple[DomainPattern, ...]) -> tuple[str, ...]:
    """Return the texts of the patterns that have a name in common with one; kept, because stacks share their lists."""
    return tuple(dict.fromkeys(other.text for other in others if pattern.overlaps(other) is not Ternary.NO))


def _is_hidden(chain: EffectiveRules, rule: RegisteredRule) -> bool:
    """Return whether a permit names a WebGroup of another program; an id that is not known yet may be any group's."""
    graph, key = chain.graph, rule.key
    own = [value for value in rule.web_groups if value != WellKnownObject.ALL_WEB.value]
    if any(isinstance(value, str) and not is_of_program(graph, rule.owner, key, value, (WEB_GROUP,), IDENTITIES) for value in own):
        return True
    return chain.is_certain and any(not graph.resolve(rule.owner, key, value, (WEB_GROUP,), IDENTITIES).found for value in own)


RULE = Rule(
    id="permitted-names-are-not-denied",
    severity=Severity.CRITICAL,
    info="No permit names a denied host, unsanctioned model, public suffix, relay, drop site, All-Web, or service of another region.",
    why="a name that anyone can obtain, or a wildcard over a denied one, lets data through to the name's holder",
    fix="list the exact hosts that are needed; to sanction a provider, remove it from the deny and permit its exact host"
    " in the WebGroup of approved model gateways",
    scope=Scope.STATED_OR_PLACE,
    check_stack=check_stack,
)
