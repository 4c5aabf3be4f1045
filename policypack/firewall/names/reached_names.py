"""Names that a DNS firewall answers although no rule of the program permits them: queries that carry data to a stranger's zone.

A name is reached if one of these is true:
- a permit's WebGroup has a name in common with it, or a name of the same registrable domain, whose owner the permit already trusts;
- it is an exact host of a deny, or of models: the attempt then reaches the deny, which names it in the log;
- it is below an AWS domain, which AWS's own name servers answer, and is no service of another region than the hosts';
- its top-level domain is for private use, so that no public server answers;
- it is exact, and a permit is for few addresses outside the VPC: the name of an internal service that is permitted by address (while ids
  are unknown, any group of few addresses may be one).

The WebGroups of denies and those of permits are inferred while no group has an id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from containment.names import WellKnownObject
from containment.patterns.domain import DomainPattern, parse_pattern
from containment.patterns.permitted_names.account_hosts import is_model_host
from containment.patterns.permitted_names.aws_regions import find_service_region
from containment.patterns.permitted_names.local_names import PRIVATE_USE
from containment.patterns.permitted_names.public_suffix import find_registrable_domain
from containment.patterns.permitted_names.resolution import AWS_DOMAINS
from containment.patterns.permitted_names.suffixes import find_suffix
from containment.ternary import Ternary
from policypack.facts.home_networks import find_home_networks
from policypack.facts.home_region import find_home_region
from policypack.firewall.effective_rules import EffectiveRules, get_effective_rules
from policypack.firewall.groups import IDENTITIES
from policypack.firewall.names.web_groups import find_deny_groups, read_names
from policypack.firewall.rules import RegisteredRule, read_rules
from policypack.firewall.smart_group_membership import get_networks
from policypack.graph.known_types import SMART_GROUP, WEB_GROUP
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource

WebGroups = tuple[Resource, ...]


def find_web_groups(chain: EffectiveRules) -> tuple[WebGroups, WebGroups]:
    """Return the WebGroups of the denies and those of the permits; inferred while ids are unknown."""
    return chain.graph.compute_once(find_web_groups, lambda: _find_web_groups(chain))


def _find_web_groups(chain: EffectiveRules) -> tuple[WebGroups, WebGroups]:
    if chain.is_certain:
        denied = tuple(group for rule in chain.denies for group in resolve_groups(chain, rule))
        return denied, tuple(dict.fromkeys(group for rule in chain.permits for group in resolve_groups(chain, rule)))
    every = chain.graph.find_by_type(WEB_GROUP)
    shadow, excused = find_deny_groups(every, count_deny_uses(chain))
    return tuple(shadow), tuple(group for group in every if group not in shadow and group not in excused)


def count_deny_uses(chain: EffectiveRules) -> int:
    """Return the number of references from denies to WebGroups, disabled denies included.

    Without a known deny, which other rules refuse, every group may belong to a deny.
    """
    denies = [rule for rule in read_rules(chain.graph) if rule.permits is Ternary.NO and chain.is_for_agents(rule)]
    return sum(len(rule.web_groups) for rule in denies) if denies else len(chain.graph.find_by_type(WEB_GROUP))


def resolve_groups(chain: EffectiveRules, rule: RegisteredRule) -> list[Resource]:
    """Return the WebGroups of this program that a rule uses."""
    references = [chain.graph.resolve(rule.owner, rule.key, value, (WEB_GROUP,), IDENTITIES) for value in rule.web_groups]
    return [group for reference in references for group in reference.found]


_MOST_INTERNAL: Final = 4096
"""Addresses of a group that can be an internal service's: a /20, the bound of permits without names."""


@dataclass(frozen=True, slots=True)
class ReachedNames:
    """Facts by which a name is reached: patterns of permits and their registrable domains, hosts of denies, region, internal services."""

    permitted: frozenset[DomainPattern]
    owners: frozenset[str]
    denied: frozenset[str]
    region: str | None
    has_internal: bool

    def has_name(self, pattern: DomainPattern) -> bool:
        """Return whether a name that the resolver answers is reached."""
        domain = pattern.fixed_domain
        if pattern in self.permitted or find_registrable_domain(domain) in self.owners or pattern.text in self.denied:
            return True
        if any(pattern.overlaps(other) is Ternary.YES for other in self.permitted):
            return True
        if find_suffix(domain, AWS_DOMAINS) is not None:
            return find_service_region(pattern) in (None, self.region)
        if domain.rpartition(".")[2] in PRIVATE_USE:
            return True
        return pattern.is_exact and (is_model_host(pattern.text) or self.has_internal)


def find_unreached_names(graph: Graph, names: Iterable[str]) -> list[str]:
    """Return the names, of those that a DNS firewall answers, that nothing of the program reaches."""
    reached = graph.compute_once(find_unreached_names, lambda: _collect_reached(graph))
    if reached is None:
        return []
    return [name for name in names if (pattern := parse_pattern(name)) is None or not reached.has_name(pattern)]


def _permits_every_name(chain: EffectiveRules) -> bool:
    """Return whether a permit, other than monitor's last one, is certainly for the web without a limit of names."""
    return any(
        WellKnownObject.ALL_WEB.value in rule.web_groups
        or (
            not rule.web_groups
            and rule.takes_https is Ternary.YES
            and chain.groups.has_all_internet(rule) is Ternary.YES
            and not chain.is_monitor_permit(rule)
        )
        for rule in chain.permits
    )


def _has_unseen_names(chain: EffectiveRules) -> bool:
    """Return whether a permit has a WebGroup of another program, or one whose names are empty or not known."""
    _, permitted = find_web_groups(chain)
    if any(not names or UNKNOWN in names for names in map(read_names, permitted)):
        return True
    uses = ((rule, value) for rule in chain.permits for value in rule.web_groups if chain.is_certain)
    return any(not chain.graph.resolve(rule.owner, rule.key, value, (WEB_GROUP,), IDENTITIES).found for rule, value in uses)


def _collect_reached(graph: Graph) -> ReachedNames | None:
    """Return by which facts names are reached; None where other rules refuse the permits, so that nothing can be compared."""
    chain = get_effective_rules(graph)
    if _permits_every_name(chain) or _has_unseen_names(chain):
        return None
    denied, permitted = find_web_groups(chain)
    strangers = (rule for rule in chain.rules if chain.is_certain and rule.permits is not Ternary.NO and not chain.is_for_agents(rule))
    permitted += tuple(group for rule in strangers for group in resolve_groups(chain, rule))  # `permits-are-for-agents` judges these rules
    patterns = frozenset(_read_patterns(permitted))
    owners = {find_registrable_domain(pattern.fixed_domain) for pattern in patterns}
    return ReachedNames(
        permitted=patterns,
        owners=frozenset(owner for owner in owners if owner),
        denied=frozenset(pattern.text for pattern in _read_patterns(denied) if pattern.is_exact),
        region=find_home_region(graph),
        has_internal=any(_is_internal_service(graph, group) for group in _find_destinations(chain)),
    )


def _read_patterns(groups: Iterable[Resource]) -> Iterator[DomainPattern]:
    for group in groups:
        yield from filter(None, map(parse_pattern, read_names(group)))


def _find_destinations(chain: EffectiveRules) -> list[Resource]:
    """Return the groups that permits without names lead to; every group while ids are unknown."""
    if not chain.is_certain:
        return chain.graph.find_by_type(SMART_GROUP)
    plain = ((rule, value) for rule in chain.permits if not rule.web_groups for value in rule.destinations)
    found = (chain.graph.resolve(rule.owner, rule.key, value, (SMART_GROUP,), IDENTITIES).found for rule, value in plain)
    return [group for groups in found for group in groups]


def _is_internal_service(graph: Graph, group: Resource) -> bool:
    """Return whether a group lists few addresses, and none of the hosts' own networks."""
    networks, home = get_networks(group), find_home_networks(graph)
    few = 0 < sum(network.num_addresses for network in networks) <= _MOST_INTERNAL
    return few and bool(home) and not any(network.version == own.version and network.overlaps(own) for network in networks for own in home)
