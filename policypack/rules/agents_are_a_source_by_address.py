"""Sources of denies contain every agent by its subnet's addresses, not by tags alone.

The Controller reads tags from an inventory that lags by up to an hour, and a host whose tag is removed leaves every group that
selects by tags: until the tag is read, and after it is removed, no deny applies to the host.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.addresses.address_space import is_inside, parse_network
from containment.names import WellKnownObject
from containment.ternary import Ternary, all_of, any_of
from policypack.facts.compute import Host
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.firewall.effective_rules import EffectiveRules, check_environment
from policypack.firewall.rules import RegisteredRule
from policypack.firewall.smart_group_membership import get_expressions, get_networks, has_host, is_selected
from policypack.graph.known_types import SMART_GROUP
from policypack.graph.plain_data import UNKNOWN, get_field
from policypack.graph.resources import Graph, Resource


def _check_rules(chain: EffectiveRules) -> Iterator[Violation]:
    """Yield a fault for every group that selects the agents by tags alone, and for every deny without their addresses."""
    tagged = [group for group in chain.graph.find_by_type(SMART_GROUP) if _has_agents_by_tag(chain, group)]
    loose = [group for group in tagged if _has_agents_by_address(chain, group) is Ternary.NO]
    for group in loose:
        yield Violation(group.urn, "selects the agents by their tags alone, and not by the addresses of their subnets")
    for rule in chain.denies:
        if not loose and not chain.is_yes_or_unresolved(rule, _has_source_by_address(chain, rule)):
            yield Violation(rule.owner.urn, f"{rule.label} does not apply to the addresses of every agents' subnet")


def _has_source_by_address(chain: EffectiveRules, rule: RegisteredRule) -> Ternary:
    return any_of(
        Ternary.YES
        if value == WellKnownObject.ANYWHERE.value
        else chain.groups.evaluate_group(rule, value, SMART_GROUP, lambda group: _has_agents_by_address(chain, group))
        for value in rule.sources
    )


def _has_agents_by_tag(chain: EffectiveRules, group: Resource) -> bool:
    is_tagged = any(one is not UNKNOWN and get_field(one, "cidr") in (None, "") for one in get_expressions(group))
    return is_tagged and any(has_host(chain.graph, group, host) is Ternary.YES for host in chain.hosts)


def _has_agents_by_address(chain: EffectiveRules, group: Resource) -> Ternary:
    return all_of(_is_inside(chain.graph, group, host) for host in chain.hosts)


def _is_inside(graph: Graph, group: Resource, host: Host) -> Ternary:
    """Return whether every subnet that a host may be in is within a group's networks."""
    by_subnet = any_of(is_selected(graph, one, host) for one in get_expressions(group) if get_field(one, "type") == "subnet")
    if by_subnet is not Ternary.NO:
        return by_subnet  # the Controller resolves a subnet to its network
    homes = [parse_network(place.subnet.get("cidrBlock")) if place.subnet is not None else None for place in host.placements]
    unsure = any(get_field(expression, "cidr") is UNKNOWN for expression in get_expressions(group))
    answers = [
        Ternary.MAYBE
        if home is None or (unsure and not is_inside(home, get_networks(group)))
        else Ternary.of(is_inside(home, get_networks(group)))
        for home in homes
    ]
    return all_of(answers) if answers else Ternary.MAYBE


RULE = Rule(
    id="agents-are-a-source-by-address",
    severity=Severity.HIGH,
    info="The agents' source group contains the addresses of their subnets, in addition to their tags.",
    why="tags reach the Controller up to an hour late and can be removed: without the tag, no rule applies to the host",
    fix="add a match expression with the cidr of each agents' subnet to the source SmartGroup; expressions are OR-ed",
    scope=Scope.PLACE,
    check_stack=lambda graph: check_environment(graph, _check_rules),
)
