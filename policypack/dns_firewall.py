"""A VPC's DNS firewall as the resolver evaluates it: which rule decides about a name that nobody listed.

Groups are asked by the priority of their association, rules by their own; the first rule that fits a name decides. A rule for
one kind of record only, or for a list whose names are not known here, does not decide about every name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from containment.model.fqdn import Match, spelled
from policypack.graph import Graph, Reference, Resource
from policypack.known_types import DNS_ASSOCIATION, DNS_CONFIG, DNS_GROUP, DNS_LIST, DNS_RULE, VPCS
from policypack.plain import UNKNOWN, is_some, items, strongest, weakest

_EVERY_RECORD: Final = (None, "", "*", "ALL", "ANY")
_LAST: Final = float("inf")


@dataclass(frozen=True, slots=True)
class NameRule:
    """One firewall rule in one VPC. `takes_all` says whether it fits every name; `place` orders rules (None: not known)."""

    resource: Resource
    action: Any
    takes_all: Match
    place: tuple[float, float] | None

    def may_precede(self, other: NameRule) -> bool:
        """Tell whether this rule is, or cannot be shown not to be, asked before `other`."""
        return self.place is None or other.place is None or self.place <= other.place

    def does(self, action: str) -> Match:
        """Tell whether a name that fits is treated so."""
        if self.action is UNKNOWN:
            return Match.MAYBE
        return Match.YES if str(self.action).upper() == action else Match.NO


def associations_of(graph: Graph, vpc: Resource) -> list[Resource]:
    """Return the associations of rule groups with a VPC."""
    return [one for one in graph.of(DNS_ASSOCIATION) if graph.refer(one, "vpcId", one.get("vpcId"), VPCS).may_be(vpc)]


def configs_of(graph: Graph, vpc: Resource) -> list[Resource]:
    """Return the settings of a VPC's firewall."""
    return [one for one in graph.of(DNS_CONFIG) if graph.refer(one, "resourceId", one.get("resourceId"), VPCS).may_be(vpc)]


def rules_of(graph: Graph, vpc: Resource) -> list[NameRule]:
    """Return the rules that a VPC's resolver asks, as far as the program declares them, in order."""
    found: list[NameRule] = []
    for association in associations_of(graph, vpc):
        found.extend(_rule(graph, association, rule) for group in group_of(graph, association).found for rule in _rules_in(graph, group))
    return sorted(found, key=lambda rule: rule.place or (_LAST, _LAST))


def group_of(graph: Graph, association: Resource) -> Reference:
    """Return the rule group that an association applies."""
    return graph.refer(association, "firewallRuleGroupId", association.get("firewallRuleGroupId"), (DNS_GROUP,))


def has_unseen_groups(graph: Graph, vpc: Resource) -> bool:
    """Tell whether a group of another program is associated with a VPC: its rules cannot be seen."""
    return any(not group_of(graph, one).found for one in associations_of(graph, vpc))


def domains_of(graph: Graph, rule: Resource) -> Any:
    """Return the names in a rule's list; UNKNOWN when the list is not in the program, not known yet, or kept in a file."""
    lists = graph.refer(rule, "firewallDomainListId", rule.get("firewallDomainListId"), (DNS_LIST,)).found
    names = [name for one in lists for name in items(one.get("domains"))]
    is_unseen = len(lists) != 1 or UNKNOWN in names or not all(map(_states_its_names, lists))
    return UNKNOWN if is_unseen else [spelled(str(name)) for name in names]


def _states_its_names(domains: Resource) -> bool:
    """Tell whether the names of a list are in the program: AWS's API also takes a file of names, and a list may be filled elsewhere."""
    return domains.get("domains") is not None and is_some(domains.get("domainFileUrl")) is Match.NO


def _rules_in(graph: Graph, group: Resource) -> Iterator[Resource]:
    for one in graph.of(DNS_RULE):
        if graph.refer(one, "firewallRuleGroupId", one.get("firewallRuleGroupId"), (DNS_GROUP,)).may_be(group):
            yield one


def _rule(graph: Graph, association: Resource, rule: Resource) -> NameRule:
    outer, inner = association.get("priority"), rule.get("priority")
    known = isinstance(outer, int) and isinstance(inner, int)
    return NameRule(rule, rule.get("action"), _takes_all(graph, rule), (float(outer), float(inner)) if known else None)


def _takes_all(graph: Graph, rule: Resource) -> Match:
    kind, domains = rule.get("qType"), domains_of(graph, rule)
    records = Match.MAYBE if kind is UNKNOWN else Match.YES if kind in _EVERY_RECORD else Match.NO
    if rule.get("firewallDomainListId") in (None, ""):
        return Match.NO  # a rule about threats, not about names
    names = Match.MAYBE if domains is UNKNOWN else strongest(Match.YES if name == "*" else Match.NO for name in domains)
    return weakest([records, names])
