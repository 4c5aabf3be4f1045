"""Names in permits are ones a permit may have, and none is denied: judged by meaning, whatever the order and the spelling.

Every name of a permit's WebGroup goes through the one validator of permitted names (`containment.model.permitted`). A
wildcard that covers a denied provider covers its other hosts too, which no deny names. Providers are those of the
minimum set and whatever the program's own denies name. While no group has an id (a first preview), `deny_groups` picks
the groups that are taken for the denies', and every other is taken for a permit's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from containment.model.fqdn import DomainPattern, Match
from containment.model.names import WellKnown
from containment.model.permitted.name import lookalike_refusal, refusal_of
from policypack.chain import Chain, chain_of, in_places
from policypack.dcf import DcfRule
from policypack.dcf_groups import IDENTITIES
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.hosts import find_hosts
from policypack.known_types import RULE_LISTS, WEB_GROUP
from policypack.names.web_groups import deny_groups, names_in, pattern_of
from policypack.place import is_vended
from policypack.providers import PROVIDERS


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for every WebGroup of a permit that names too much, and for permits whose names cannot be seen."""
    if is_vended(graph):
        return in_places(graph, _judged)
    return list(dict.fromkeys(_judged(chain_of(graph)))) if find_hosts(graph) and graph.of(*RULE_LISTS) else []


def _judged(chain: Chain) -> Iterator[Fault]:
    permits = [rule for rule in chain.permits if rule.web_groups]
    for rule in permits:
        if WellKnown.ALL_WEB.value in rule.web_groups:
            yield Fault(rule.owner.urn, f"{rule.label} permits every name: its WebGroup is All-Web")
    if chain.is_certain:
        denied = [group for rule in chain.denies for group in _groups(chain, rule)]
        permitted = list(dict.fromkeys(group for rule in permits for group in _groups(chain, rule)))
        if is_vended(chain.graph):  # elsewhere a group may be of the program that has the gateway
            yield from (
                Fault(rule.owner.urn, f"{rule.label} permits names that cannot be seen here") for rule in permits if _is_hidden(chain, rule)
            )
    else:
        every = list(chain.graph.of(WEB_GROUP))
        uses = sum(len(rule.web_groups) for rule in chain.denies) if chain.denies else len(every)  # no deny known: other rules refuse that
        denied, excused = deny_groups(every, uses)
        permitted = [group for group in every if group not in denied and group not in excused]
    named = [pattern for group in denied for raw in names_in(group) if (pattern := pattern_of(raw)) is not None]
    for group in permitted:
        yield from (Fault(group.urn, what) for what in dict.fromkeys(_too_much(names_in(group), named)))


def _too_much(names: Iterable[Any], denied: list[DomainPattern]) -> Iterator[str]:
    names = list(names)
    if not names:
        yield "is the WebGroup of a permit and names nothing: what an empty one takes in is documented nowhere"
    minimum = [*denied, *map(DomainPattern, PROVIDERS)]
    for raw in names:
        pattern = pattern_of(raw)
        refusal = refusal_of(raw) if isinstance(raw, str) else None
        if refusal is not None:
            yield f"permits {raw if pattern is None else pattern}, which {refusal}"
        elif pattern is None:
            yield "permits a name that is not known before the update, or is none"
        else:
            hits = [other.text for other in (denied if pattern.is_exact else minimum) if pattern.overlaps(other) is not Match.NO]
            if hits:
                yield f"permits {pattern}, which takes in what is denied: {', '.join(dict.fromkeys(hits))}"
            elif like := lookalike_refusal(pattern.text, [other.text for other in minimum if other.is_exact]):
                yield f"permits {pattern}, which {like}"


def _groups(chain: Chain, rule: DcfRule) -> list[Resource]:
    references = [chain.graph.refer(rule.owner, rule.key, value, (WEB_GROUP,), IDENTITIES) for value in rule.web_groups]
    return [group for reference in references for group in reference.found]


def _is_hidden(chain: Chain, rule: DcfRule) -> bool:
    own = [value for value in rule.web_groups if value != WellKnown.ALL_WEB.value]
    return any(not chain.graph.refer(rule.owner, rule.key, value, (WEB_GROUP,), IDENTITIES).found for value in own)


RULE = Rule(
    id="permitted-names-are-not-denied",
    severity=Severity.CRITICAL,
    info="No permit names a denied host, an address, a shared or public suffix, a tunnel, resolver or drop site, a look-alike, or All-Web.",
    why="a name that strangers can get, or a wildcard over a denied one, lets data through to whoever took the name",
    fix="name the exact hosts that are needed; to sanction a provider, take it out of the deny and permit its exact host",
    scope=Scope.STATED_OR_PLACE,
    check_stack=check_stack,
)
