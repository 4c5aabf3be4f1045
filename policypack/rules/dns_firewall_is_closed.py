"""An agent's resolver answers the names that are allowed, and no other: DNS carries data out where every connection is refused.

Judged is the rule that decides about a name nobody listed, in each VPC of a host: it must block (or alert, while every host
says PolicyMode=monitor). A place without such a rule is open; so is a firewall that lets names through when it fails. One that
says it may be taken off is refused; one that says nothing is not, for a protected one cannot be destroyed with its stack.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.model.fqdn import Match
from containment.model.permitted.resolution import is_resolved_by_strangers
from policypack.dns_firewall import NameRule, associations_of, configs_of, domains_of, group_of, has_unseen_groups, rules_of
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.home import home_of
from policypack.known_types import DNS_RULE, VPCS
from policypack.network.foreign import FOREIGN_NAMES, find_foreign
from policypack.network.where import describe_place, is_elsewhere
from policypack.place import all_in_monitor, places
from policypack.plain import UNKNOWN, is_false


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault at every part of the firewall that opens it, and at VPCs of a place that have none."""
    home, faults = home_of(graph), dict[Fault, None]()
    for vpc in home.vpcs:
        faults.update(dict.fromkeys(_stated(graph, vpc)))
        faults.update(dict.fromkeys(_decided(graph, vpc, is_monitor=all_in_monitor(home.hosts))))
    for anchor in (anchor for place in places(graph) for anchor in place.anchors):
        faults.update(dict.fromkeys(_missing(graph, anchor)))
    return list(dict.fromkeys([*faults, *find_foreign(graph, FOREIGN_NAMES)]))


def _stated(graph: Graph, vpc: Resource) -> Iterator[Fault]:
    for config in configs_of(graph, vpc):
        value = config.get("firewallFailOpen")
        if value is UNKNOWN or str(value or "DISABLED").upper() != "DISABLED":
            said = "not known before the update" if value is UNKNOWN else value
            yield Fault(config.urn, f"answers every name of {vpc.label} whenever the firewall fails: firewallFailOpen is {said}")
    for association in associations_of(graph, vpc):
        if is_false(association.get("mutationProtection")) is not Match.NO:
            yield Fault(association.urn, f"may be taken off {vpc.label} unseen: mutationProtection is not ENABLED")
        group = group_of(graph, association)
        if not group.found:
            given = group.literal or "a rule group that cannot be traced"
            yield Fault(association.urn, f"lets {given}, not of this program, decide about names of {vpc.label}: its rules cannot be seen")
        if is_elsewhere(association, vpc):
            yield Fault(association.urn, f"is made in {describe_place(association)}, while {vpc.label} is in {describe_place(vpc)}")


def _decided(graph: Graph, vpc: Resource, *, is_monitor: bool) -> Iterator[Fault]:
    """Yield faults for the rules that may decide about a name nobody listed."""
    rules = rules_of(graph, vpc)
    stop = next((rule for rule in rules if rule.takes_all is Match.YES and rule.does("BLOCK") is Match.YES and rule.place), None)
    for rule in rules:
        if stop is not None and not rule.may_precede(stop):
            continue
        yield from _answers_otherwise(rule)
        if rule.takes_all is Match.YES and rule is not stop:
            yield from _lets_through(rule, vpc, is_monitor=is_monitor)
        elif rule.does("ALLOW") is not Match.NO:
            yield from _too_wide(graph, rule)


def _answers_otherwise(rule: NameRule) -> Iterator[Fault]:
    """Yield a fault for a block that answers with a name of its author's choice, which the host then asks for."""
    response = rule.resource.get("blockResponse")
    if rule.does("BLOCK") is not Match.NO and (response is UNKNOWN or str(response or "").upper() == "OVERRIDE"):
        other = rule.resource.get("blockOverrideDomain")
        shown = "a name that is not known before the update" if UNKNOWN in (response, other) else other
        yield Fault(
            rule.resource.urn, f"sends hosts to {shown} in the place of the names it blocks: blockResponse is not NODATA or NXDOMAIN"
        )


def _lets_through(rule: NameRule, vpc: Resource, *, is_monitor: bool) -> Iterator[Fault]:
    if rule.does("ALLOW") is not Match.NO:
        said = "may allow (it is not known before the update)" if rule.action is UNKNOWN else "allows"
        yield Fault(rule.resource.urn, f"{said} every name that {vpc.label} asks for")
    elif rule.does("ALERT") is Match.YES and not is_monitor:
        yield Fault(rule.resource.urn, f"only alerts about names of {vpc.label}, while not every agent host says PolicyMode=monitor")
    elif rule.does("BLOCK") is Match.YES:
        yield Fault(rule.resource.urn, "may come after others: its priority is not known before the update")


def _too_wide(graph: Graph, rule: NameRule) -> Iterator[Fault]:
    """Yield a fault for a pattern under which strangers have name servers: every name, a public suffix, dynamic DNS, a tunnel.

    A list that cannot be read may contain such a pattern.
    """
    domains = domains_of(graph, rule.resource)
    if domains is UNKNOWN:
        if rule.resource.get("firewallDomainListId") not in (None, ""):
            yield Fault(rule.resource.urn, "allows names that cannot be seen here, or are not known before the update")
        return
    wide = [name for name in domains if is_resolved_by_strangers(name)]
    if wide:
        yield Fault(rule.resource.urn, f"allows {', '.join(wide)}: anybody's name server is in there")


def _missing(graph: Graph, anchor: Resource) -> Iterator[Fault]:
    """Yield a fault when nothing in a vended place stops a name that nobody listed."""
    if anchor.type not in VPCS:
        yield Fault(anchor.urn, "resolves in a VPC that is not in this program, so whether its names are stopped cannot be seen")
        return
    rules = rules_of(graph, anchor)
    if not associations_of(graph, anchor):
        apart = ", ".join(one.name for one in graph.of(DNS_RULE)[:3])
        yield Fault(
            anchor.urn, f"has no DNS firewall{f' (rules {apart} are associated with nothing here)' if apart else ''}: any name resolves"
        )
    elif not any(rule.takes_all is Match.YES for rule in rules):
        unseen = ", as far as its groups are in this program" if has_unseen_groups(graph, anchor) else ""
        yield Fault(anchor.urn, f"has a DNS firewall in which no rule is for every name{unseen}: what is on no list resolves")


RULE = Rule(
    id="dns-firewall-is-closed",
    severity=Severity.HIGH,
    info="The resolver of an agent's VPC answers listed names only, also when its firewall fails.",
    why="a question for a name in somebody's own zone carries data out, and no connection is ever made",
    fix="associate a rule group of this program with the VPC whose last rule blocks the list *, for every record type, with"
    " blockResponse NODATA or NXDOMAIN; associate no group of another program; keep firewallFailOpen DISABLED;"
    " ALERT only where every host is tagged PolicyMode=monitor",
    ids=("NIST SP 800-53 SC-7",),
    check_stack=check_stack,
    scope=Scope.STATED_OR_PLACE,
)
