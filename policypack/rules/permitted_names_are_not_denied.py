"""What is permitted by name is named: no wildcard over a top-level domain, none that takes in what is denied, no name on both sides.

Compared by meaning, whatever the order and the spelling: a wildcard that takes in a denied provider takes in its other hosts
too, which no deny names. Providers are those of the minimum set and whatever the program's own denies name. While no
group has an id, the group that names most providers is taken for the deny's, and every other for a permit's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from containment.model.fqdn import DomainPattern, Match
from containment.model.names import WellKnown
from policypack.chain import Chain, in_places
from policypack.dcf import DcfRule
from policypack.dcf_groups import IDENTITIES
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.known_types import WEB_GROUP
from policypack.members import expressions
from policypack.plain import UNKNOWN, field
from policypack.providers import PROVIDERS


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for every WebGroup of a permit that names too much, and for permits whose names cannot be seen."""
    return in_places(graph, _judged)


def _judged(chain: Chain) -> Iterator[Fault]:
    permits = [rule for rule in chain.permits if rule.web_groups]
    for rule in permits:
        if WellKnown.ALL_WEB.value in rule.web_groups:
            yield Fault(rule.owner.urn, f"{rule.label} permits every name: its WebGroup is All-Web")
    if chain.is_certain:
        denied = [group for rule in chain.denies for group in _groups(chain, rule)]
        permitted = dict.fromkeys(group for rule in permits for group in _groups(chain, rule))
        yield from (
            Fault(rule.owner.urn, f"{rule.label} permits names that cannot be seen here") for rule in permits if _is_hidden(chain, rule)
        )
    else:
        denied = _most_providers(chain.graph.of(WEB_GROUP))
        permitted = dict.fromkeys(group for group in chain.graph.of(WEB_GROUP) if group not in denied)
    names = [*(one for group in denied for one in _patterns(group) if one is not None), *map(DomainPattern, PROVIDERS)]
    for group in permitted:
        yield from (Fault(group.urn, what) for what in dict.fromkeys(_too_much(_patterns(group), names, denied)))


def _too_much(patterns: Iterable[DomainPattern | None], names: list[DomainPattern], denied: list[Resource]) -> Iterator[str]:
    named = [pattern for group in denied for pattern in _patterns(group) if pattern is not None]
    patterns = list(patterns)
    if not patterns:
        yield "is the WebGroup of a permit and names nothing: what an empty one takes in is documented nowhere"
    for pattern in patterns:
        if pattern is None:
            yield "permits a name that is not known before the update, or is none"
        elif not pattern.is_anchored:
            yield f"permits {pattern}: names under it can be registered by anybody"
        else:
            hits = [other.text for other in (named if pattern.is_exact else names) if pattern.overlaps(other) is not Match.NO]
            if hits:
                yield f"permits {pattern}, which takes in what is denied: {', '.join(dict.fromkeys(hits))}"


def _groups(chain: Chain, rule: DcfRule) -> list[Resource]:
    references = [chain.graph.refer(rule.owner, rule.key, value, (WEB_GROUP,), IDENTITIES) for value in rule.web_groups]
    return [group for reference in references for group in reference.found]


def _is_hidden(chain: Chain, rule: DcfRule) -> bool:
    own = [value for value in rule.web_groups if value != WellKnown.ALL_WEB.value]
    return any(not chain.graph.refer(rule.owner, rule.key, value, (WEB_GROUP,), IDENTITIES).found for value in own)


def _most_providers(groups: list[Resource]) -> list[Resource]:
    """Return the one group that names most providers, as a list; none when no group names one."""
    counts = {group: sum(any(_takes_in(one, name) for one in _patterns(group)) for name in PROVIDERS) for group in groups}
    most = max(counts, key=lambda group: counts[group], default=None)
    return [most] if most is not None and counts[most] else []


def _takes_in(pattern: DomainPattern | None, name: str) -> bool:
    return pattern is not None and pattern.is_anchored and pattern.matches(name) is not Match.NO


def _patterns(group: Resource) -> list[DomainPattern | None]:
    """Return a group's names, of URLs their hosts; None for what is not known or cannot be a name."""
    filters = [(field(one, "snifilter"), field(one, "urlfilter")) for one in expressions(group)]
    return [_pattern(url if name in (None, "") else name) for name, url in filters]


def _pattern(raw: Any) -> DomainPattern | None:
    try:
        return DomainPattern.parse(str(raw).split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0]) if raw is not UNKNOWN else None
    except ValueError:
        return None


RULE = Rule(
    id="permitted-names-are-not-denied",
    severity=Severity.CRITICAL,
    info="No permit names a denied destination, a wildcard that takes one in, a whole top-level domain, or All-Web.",
    why="the deny stops the hosts it names, and the wildcard lets through all the others of the same provider",
    fix="name the exact hosts that are needed; to sanction a provider, take it out of the deny and permit its exact host",
    scope=Scope.PLACE,
    check_stack=check_stack,
)
