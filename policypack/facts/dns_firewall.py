"""A VPC's DNS Firewall as the resolver evaluates it: the rule that decides about a name in no list.

Rule groups are evaluated in the priority of their associations, rules in their own priority; the first match decides. A rule for one
query type, or with a list whose names are unknown, does not decide about every name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from containment.patterns.domain import normalize_or_keep
from containment.ternary import Ternary, all_of, any_of
from policypack.graph.known_types import DNS_ASSOCIATION, DNS_CONFIG, DNS_GROUP, DNS_LIST, DNS_RULE, VPCS
from policypack.graph.plain_data import UNKNOWN, get_items, is_some
from policypack.graph.resources import Graph, Reference, Resource

_EVERY_RECORD: Final = (None, "", "*", "ALL", "ANY")
_LAST: Final = float("inf")


@dataclass(frozen=True, slots=True)
class NameRule:
    """One DNS Firewall rule in one VPC: whether it matches every name, and its place in the order (None: not known)."""

    resource: Resource
    action: Any
    takes_all: Ternary
    place: tuple[float, float] | None

    def is_possibly_before(self, other: NameRule) -> bool:
        """Return whether this rule is, or may be, evaluated before `other`."""
        return self.place is None or other.place is None or self.place <= other.place

    def has_action(self, action: str) -> Ternary:
        """Return whether the rule has an action (`ALLOW`, `BLOCK` or `ALERT`)."""
        if self.action is UNKNOWN:
            return Ternary.MAYBE
        return Ternary.of(str(self.action).upper() == action)


def find_associations(graph: Graph, vpc: Resource) -> list[Resource]:
    """Return the associations of rule groups with a VPC."""
    return graph.find_referrers(vpc, DNS_ASSOCIATION, "vpcId", VPCS)


def find_configs(graph: Graph, vpc: Resource) -> list[Resource]:
    """Return the DNS Firewall settings of a VPC."""
    return graph.find_referrers(vpc, DNS_CONFIG, "resourceId", VPCS)


def find_name_rules(graph: Graph, vpc: Resource) -> list[NameRule]:
    """Return the rules of a VPC's resolver in order, as far as the program declares them."""
    found: list[NameRule] = []
    for association in find_associations(graph, vpc):
        found.extend(
            _build_rule(graph, association, rule) for group in find_group(graph, association).found for rule in _find_rules(graph, group)
        )
    return sorted(found, key=lambda rule: rule.place or (_LAST, _LAST))


def find_group(graph: Graph, association: Resource) -> Reference:
    """Return the rule group that an association applies."""
    return graph.follow(association, "firewallRuleGroupId", (DNS_GROUP,))


def has_unseen_groups(graph: Graph, vpc: Resource) -> bool:
    """Return whether a rule group of another program is associated with a VPC: its rules are not available here."""
    return any(not find_group(graph, one).found for one in find_associations(graph, vpc))


def find_domains(graph: Graph, rule: Resource) -> Any:
    """Return the names in a rule's list; UNKNOWN if the list is not in the program, not known yet, or in a file."""
    lists = graph.follow(rule, "firewallDomainListId", (DNS_LIST,)).found
    names = [name for one in lists for name in get_items(one.get("domains"))]
    is_unseen = len(lists) != 1 or UNKNOWN in names or not all(map(_has_own_names, lists))
    return UNKNOWN if is_unseen else [normalize_or_keep(str(name)) for name in names]


def _has_own_names(domains: Resource) -> bool:
    """Return whether the program sets a list's names: AWS's API also takes a file, and another program may fill the list."""
    return domains.get("domains") is not None and is_some(domains.get("domainFileUrl")) is Ternary.NO


def _find_rules(graph: Graph, group: Resource) -> list[Resource]:
    return graph.find_referrers(group, DNS_RULE, "firewallRuleGroupId", (DNS_GROUP,))


def _build_rule(graph: Graph, association: Resource, rule: Resource) -> NameRule:
    outer, inner = association.get("priority"), rule.get("priority")
    known = isinstance(outer, int) and isinstance(inner, int)
    return NameRule(rule, rule.get("action"), _match_all(graph, rule), (float(outer), float(inner)) if known else None)


def _match_all(graph: Graph, rule: Resource) -> Ternary:
    kind, domains = rule.get("qType"), find_domains(graph, rule)
    records = Ternary.MAYBE if kind is UNKNOWN else Ternary.of(kind in _EVERY_RECORD)
    if rule.get("firewallDomainListId") in (None, ""):
        return Ternary.NO  # a rule for threats (advanced protection), without names
    names = Ternary.MAYBE if domains is UNKNOWN else any_of(Ternary.of(name == "*") for name in domains)
    return all_of([records, names])
