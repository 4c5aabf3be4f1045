"""The resolver of an agent's VPC answers allowed names only, because DNS can carry data out even if every connection is denied.

In each VPC of a host, the rule for unlisted names must block (or alert, while every host is tagged PolicyMode=monitor). A complete agent
environment without such a rule is a violation, and so is a firewall that fails open. If the program also has DCF rules, one of these must
permit each name that the resolver answers, or deny it by its exact name (`firewall.names.reached_names`). An association that disables
mutation protection is refused; an unset value passes, because a protected association cannot be destroyed with its stack.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.patterns.permitted_names.resolution import is_resolved_by_third_parties
from containment.ternary import Ternary
from policypack.facts import dns_firewall as facts
from policypack.facts.agent_environment import find_environments, is_all_in_monitor, is_complete
from policypack.facts.host_location import find_location
from policypack.facts.network.other_programs import FOREIGN_NAMES, find_foreign
from policypack.facts.routing.region import describe_place, is_elsewhere
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.firewall.names.reached_names import find_unreached_names
from policypack.graph.known_types import DNS_RULE, RULE_LISTS, VPCS
from policypack.graph.plain_data import UNKNOWN, is_false
from policypack.graph.resources import Graph, Resource


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault at every part of the firewall that opens it, and at VPCs of a complete agent environment without one."""
    home, faults = find_location(graph), dict[Violation, None]()
    for vpc in home.vpcs:
        faults.update(dict.fromkeys(_check_settings(graph, vpc)))
        faults.update(dict.fromkeys(_check_name_rules(graph, vpc, is_monitor=is_all_in_monitor(home.hosts))))
    for anchor in (anchor for place in find_environments(graph) for anchor in place.anchors):
        faults.update(dict.fromkeys(_check_presence(graph, anchor)))
    return list(dict.fromkeys([*faults, *find_foreign(graph, FOREIGN_NAMES)]))


def _check_settings(graph: Graph, vpc: Resource) -> Iterator[Violation]:
    for config in facts.find_configs(graph, vpc):
        value = config.get("firewallFailOpen")
        if value is UNKNOWN or str(value or "DISABLED").upper() != "DISABLED":
            said = "not known before the update" if value is UNKNOWN else value
            yield Violation(config.urn, f"answers every name of {vpc.label} whenever the firewall fails: firewallFailOpen is {said}")
    for association in facts.find_associations(graph, vpc):
        if is_false(association.get("mutationProtection")) is not Ternary.NO:
            yield Violation(association.urn, f"may be removed from {vpc.label} unnoticed: mutationProtection is not ENABLED")
        group = facts.find_group(graph, association)
        if not group.found:
            given = group.literal or "a rule group that cannot be traced"
            yield Violation(
                association.urn, f"lets {given}, not of this program, decide about names of {vpc.label}: its rules cannot be seen"
            )
        if is_elsewhere(association, vpc):
            yield Violation(association.urn, f"is created in {describe_place(association)}, while {vpc.label} is in {describe_place(vpc)}")


def _check_name_rules(graph: Graph, vpc: Resource, *, is_monitor: bool) -> Iterator[Violation]:
    """Yield faults for the rules that may decide about unlisted names."""
    rules = facts.find_name_rules(graph, vpc)
    stop = next((rule for rule in rules if rule.takes_all is Ternary.YES and rule.has_action("BLOCK") is Ternary.YES and rule.place), None)
    for rule in rules:
        if stop is not None and not rule.is_possibly_before(stop):
            continue
        yield from _find_override(rule)
        if rule.takes_all is Ternary.YES and rule is not stop:
            yield from _check_catch_all(rule, vpc, is_monitor=is_monitor)
        elif rule.has_action("ALLOW") is not Ternary.NO or (rule.has_action("BLOCK") is not Ternary.YES and not is_monitor):
            yield from _find_wide_patterns(graph, rule)
            yield from _find_names_without_permit(graph, rule)


def _find_override(rule: facts.NameRule) -> Iterator[Violation]:
    """Yield a fault for a block that answers with another name, which the host then resolves."""
    response = rule.resource.get("blockResponse")
    if rule.has_action("BLOCK") is not Ternary.NO and (response is UNKNOWN or str(response or "").upper() == "OVERRIDE"):
        other = rule.resource.get("blockOverrideDomain")
        shown = "a name that is not known before the update" if UNKNOWN in (response, other) else other
        yield Violation(
            rule.resource.urn, f"sends hosts to {shown} instead of the names it blocks: blockResponse is not NODATA or NXDOMAIN"
        )


def _check_catch_all(rule: facts.NameRule, vpc: Resource, *, is_monitor: bool) -> Iterator[Violation]:
    if rule.has_action("ALLOW") is not Ternary.NO:
        said = "may allow (it is not known before the update)" if rule.action is UNKNOWN else "allows"
        yield Violation(rule.resource.urn, f"{said} every name that {vpc.label} resolves")
    elif rule.has_action("ALERT") is Ternary.YES and not is_monitor:
        yield Violation(
            rule.resource.urn, f"only alerts about names of {vpc.label}, while not every agent host is tagged PolicyMode=monitor"
        )
    elif rule.has_action("BLOCK") is Ternary.YES:
        yield Violation(rule.resource.urn, "may come after others: its priority is not known before the update")


def _find_wide_patterns(graph: Graph, rule: facts.NameRule) -> Iterator[Violation]:
    """Yield a fault for a pattern that includes other people's name servers: every name, a public suffix, dynamic DNS, a tunnel.

    A list that cannot be read may contain such a pattern. A rule that only alerts answers the name as well.
    """
    domains = facts.find_domains(graph, rule.resource)
    does = "only alerts about" if rule.has_action("ALERT") is Ternary.YES else "allows"
    if domains is UNKNOWN:
        is_listed = rule.resource.get("firewallDomainListId") not in (None, "")
        what = "names that cannot be seen here, or are not known before the update" if is_listed else "names that it takes for threats"
        yield Violation(
            rule.resource.urn, f"{does} {what}{'' if is_listed else ', and no later rule blocks them: the first match decides'}"
        )
        return
    wide = [name for name in domains if is_resolved_by_third_parties(name)]
    if wide:
        yield Violation(rule.resource.urn, f"{does} {', '.join(wide)}: anyone can run a name server under it")


def _find_names_without_permit(graph: Graph, rule: facts.NameRule) -> Iterator[Violation]:
    """Yield a fault for names that no permit reaches; nothing while the firewall's rules are in another program."""
    domains = facts.find_domains(graph, rule.resource)
    if domains is UNKNOWN or not is_complete(graph) or not graph.find_by_type(*RULE_LISTS):
        return
    unreached = find_unreached_names(graph, (name for name in domains if name != "*" and not is_resolved_by_third_parties(name)))
    if unreached:
        fix = "remove them from its list, or permit them by a WebGroup"
        yield Violation(
            rule.resource.urn, f"allows {', '.join(unreached)}, which no permit reaches: queries carry data to their zones; {fix}"
        )


def _check_presence(graph: Graph, anchor: Resource) -> Iterator[Violation]:
    """Yield a fault when no rule of a complete agent environment stops unlisted names."""
    if anchor.type not in VPCS:
        yield Violation(anchor.urn, "resolves in a VPC that is not in this program, so a DNS firewall there cannot be seen")
        return
    rules = facts.find_name_rules(graph, anchor)
    if not facts.find_associations(graph, anchor):
        apart = ", ".join(one.name for one in graph.find_by_type(DNS_RULE)[:3])
        yield Violation(
            anchor.urn, f"has no DNS firewall{f' (rules {apart} are associated with nothing here)' if apart else ''}: any name resolves"
        )
    elif not any(rule.takes_all is Ternary.YES for rule in rules):
        unseen = ", as far as its groups are in this program" if facts.has_unseen_groups(graph, anchor) else ""
        yield Violation(anchor.urn, f"has a DNS firewall in which no rule matches every name{unseen}: unlisted names resolve")


RULE = Rule(
    id="dns-firewall-is-closed",
    severity=Severity.HIGH,
    info="The resolver of an agent's VPC answers only names that a rule permits or denies by name, even if the DNS firewall fails.",
    why="a query for a name in an attacker's zone carries data out without any connection",
    fix="list only names that a permit reaches; associate a rule group of this program with the VPC whose last rule blocks the list *,"
    " for every record type, with blockResponse NODATA or NXDOMAIN; associate no group of another program; keep firewallFailOpen"
    " DISABLED; ALERT only where every host is tagged PolicyMode=monitor",
    ids=("NIST SP 800-53 SC-7",),
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
