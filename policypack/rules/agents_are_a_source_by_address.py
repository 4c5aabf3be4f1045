"""Denies hold every agent by its subnet's addresses, not by tags alone.

The Controller learns tags from an inventory that lags by up to an hour, and a host whose tag is removed is in no group
that is made of tags: until then, and from then on, no deny is for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.model.fqdn import Match
from containment.model.names import WellKnown
from policypack.chain import Chain, in_places
from policypack.dcf import DcfRule
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.hosts import Host
from policypack.known_types import SMART_GROUP
from policypack.members import expressions, holds_host, networks_of, selects
from policypack.plain import UNKNOWN, field, strongest, weakest
from policypack.space import parse, within


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for a group that holds the agents by tags alone, and for a deny whose source holds them in no other way."""
    return in_places(graph, _judged)


def _judged(chain: Chain) -> Iterator[Fault]:
    tagged = [group for group in chain.graph.of(SMART_GROUP) if _holds_by_tag(chain, group)]
    loose = [group for group in tagged if _holds_by_address(chain, group) is Match.NO]
    for group in loose:
        yield Fault(group.urn, "holds the agents by their tags alone, and not by the addresses of their subnets")
    for rule in chain.denies:
        if not loose and not chain.enough(rule, _source(chain, rule)):
            yield Fault(rule.owner.urn, f"{rule.label} is not for the addresses of every agents' subnet")


def _source(chain: Chain, rule: DcfRule) -> Match:
    return strongest(
        Match.YES
        if value == WellKnown.ANYWHERE.value
        else chain.groups.ask(rule, value, SMART_GROUP, lambda group: _holds_by_address(chain, group))
        for value in rule.sources
    )


def _holds_by_tag(chain: Chain, group: Resource) -> bool:
    is_tagged = any(one is not UNKNOWN and field(one, "cidr") in (None, "") for one in expressions(group))
    return is_tagged and any(holds_host(chain.graph, group, host) is Match.YES for host in chain.hosts)


def _holds_by_address(chain: Chain, group: Resource) -> Match:
    return weakest(_is_inside(chain.graph, group, host) for host in chain.hosts)


def _is_inside(graph: Graph, group: Resource, host: Host) -> Match:
    """Tell whether every subnet a host may be in lies in a group's networks."""
    by_subnet = strongest(selects(graph, one, host) for one in expressions(group) if field(one, "type") == "subnet")
    if by_subnet is not Match.NO:
        return by_subnet  # the Controller holds a subnet by its network
    homes = [parse(place.subnet.get("cidrBlock")) if place.subnet is not None else None for place in host.placements]
    unsure = any(field(expression, "cidr") is UNKNOWN for expression in expressions(group))
    answers = [
        Match.MAYBE if home is None or (unsure and not within(home, networks_of(group))) else _yes(within(home, networks_of(group)))
        for home in homes
    ]
    return weakest(answers) if answers else Match.MAYBE


def _yes(value: bool) -> Match:
    return Match.YES if value else Match.NO


RULE = Rule(
    id="agents-are-a-source-by-address",
    severity=Severity.HIGH,
    info="The agents' source group holds their subnets by address, beside their tags.",
    why="tags reach the Controller up to an hour late and can be removed: until then, and from then on, no rule is for that host",
    fix="add a match expression with the cidr of each agents' subnet to the source SmartGroup; expressions are OR-ed",
    scope=Scope.PLACE,
    check_stack=check_stack,
)
