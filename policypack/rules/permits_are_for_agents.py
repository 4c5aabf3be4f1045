"""In a vended place every permit is for the agents and for nobody else.

A permit from Anywhere, from a group of another program or from a group that holds more than the agents opens other
hosts, through this place's gateway or (in the Controller's list) through every gateway there is. A group that holds agents
by their tags is judged by itself, because in a first preview nobody knows which rule uses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from containment.model.fqdn import Match
from containment.model.names import HostTag, WellKnown
from policypack.chain import Chain, in_places
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.hosts import own_tags
from policypack.known_types import SMART_GROUP, SUBNETS, TABLES
from policypack.members import expressions, holds_host, selects, tags_match
from policypack.plain import UNKNOWN, field, strongest, weakest
from policypack.routes import tables_of
from policypack.space import Network, parse, within

IDENTITIES = (HostTag.ROLE.value, HostTag.AGENT_CLASS.value, HostTag.AGENT_STACK.value)
"""Tags that say who is an agent."""


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for every permit that is for others too, and for every agents' group that holds others."""
    return in_places(graph, _judged)


def _judged(chain: Chain) -> Iterator[Fault]:
    wide = [group for group in chain.graph.of(SMART_GROUP) if _is_by_tag(chain, group) and _holds_agents_only(chain, group) is Match.NO]
    for group in wide:
        yield Fault(group.urn, "holds the agents by their tags, and other hosts as well")
    for rule in chain.rules:
        if rule.permits is Match.NO or not rule.sources:
            continue
        answers = [_source(chain, rule, value, wide) for value in rule.sources]
        if not chain.enough(rule, weakest(answers)):
            yield Fault(rule.owner.urn, f"{rule.label} permits others than the agents: its source is not the agents' group")


def _source(chain: Chain, rule: Any, value: Any, reported: list[Resource]) -> Match:
    if value in tuple(one.value for one in WellKnown):
        return Match.NO
    return chain.groups.ask(rule, value, SMART_GROUP, lambda group: Match.YES if group in reported else _holds_agents_only(chain, group))


def _is_by_tag(chain: Chain, group: Resource) -> bool:
    tagged = [one for one in expressions(group) if one is not UNKNOWN and field(one, "tags")]
    return bool(tagged) and any(holds_host(chain.graph, group, host) is Match.YES for host in chain.hosts)


def _holds_agents_only(chain: Chain, group: Resource) -> Match:
    """Tell whether a group holds no host but the agents: their subnets by address, or VMs by a tag that says who is an agent."""
    homes = [parse(subnet.get("cidrBlock")) for subnet in _agents_subnets(chain)]
    known = [home for home in homes if home is not None]
    answers = [_is_agents_only(chain, expression, known, len(known) == len(homes)) for expression in expressions(group)]
    return weakest(answers)


def _agents_subnets(chain: Chain) -> tuple[Resource, ...]:
    """Return the subnets that agents are in, and those that share a route table with them: places kept for more agents."""
    graph = chain.graph
    homes = [place.subnet for host in chain.hosts for place in host.placements if place.subnet is not None]
    tables = {table.resource for home in homes for table in tables_of(graph, home) if table.resource and table.resource.type in TABLES}
    beside = [one for one in graph.of(*SUBNETS) if any(table.resource in tables for table in tables_of(graph, one))]
    return tuple(dict.fromkeys([*homes, *beside]))


def _is_agents_only(chain: Chain, expression: Any, homes: list[Network], all_known: bool) -> Match:
    if expression is UNKNOWN:
        return Match.MAYBE
    network = parse(expression.get("cidr"))
    if network is not None:
        return Match.YES if within(network, homes) else Match.NO if all_known else Match.MAYBE
    if expression.get("cidr") is UNKNOWN:
        return Match.MAYBE
    tags, kind = expression.get("tags"), expression.get("type")
    if tags is UNKNOWN or kind is UNKNOWN:
        return Match.MAYBE
    if expression.get("resId") not in (None, "") and kind in ("vm", "subnet"):
        return strongest(selects(chain.graph, expression, host) for host in chain.hosts)
    if isinstance(tags, dict) and kind == "vm":
        told = {key: value for key, value in tags.items() if key in IDENTITIES or _is_own(chain, key, value)}
        return strongest(tags_match(told, host.tags) for host in chain.hosts) if told else Match.NO
    if isinstance(tags, dict) and kind == "subnet":
        agents = _agents_subnets(chain)
        tagged = {one: tags_match(tags, own_tags(one)) for one in chain.graph.of(*SUBNETS)}
        others = [answer for one, answer in tagged.items() if one not in agents]
        return Match.YES if not any(answer is not Match.NO for answer in others) else Match.NO
    return Match.NO


def _is_own(chain: Chain, key: str, value: Any) -> bool:
    """Tell whether a tag is one that every agent host of the program carries with this value: a stack may name its own key."""
    return key not in ("Name", HostTag.POLICY_MODE.value) and all(value in host.tags.get(key, ()) for host in chain.hosts)


RULE = Rule(
    id="permits-are-for-agents",
    severity=Severity.HIGH,
    info="Every permit's source is the agents' group, and that group holds only agents.",
    why="a permit for others opens hosts that nobody reviewed, and on a shared Controller those of other teams",
    fix="use the program's own SmartGroup as source: type vm with the agents' tags, and the CIDRs of the agents' subnets, nothing wider",
    scope=Scope.PLACE,
    check_stack=check_stack,
)
