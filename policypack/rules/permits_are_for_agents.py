"""Every permit of a complete agent environment applies to the agents only.

A permit from Anywhere, from a group of another program or from a group with other members than the agents permits traffic of other
hosts, through this environment's gateway or (in the Controller's policy list) through every gateway. A group that selects agents by
their tags is judged by itself, because in a first preview it is unknown which rule uses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from containment.addresses.address_space import Network, is_inside, parse_network
from containment.names import HostTag, WellKnownObject
from containment.ternary import Ternary, all_of, any_of
from policypack.facts.compute import get_own_tags
from policypack.facts.credential_gateway import find_candidates
from policypack.facts.network.other_programs import is_of_program
from policypack.facts.routing.routes import find_tables
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.firewall.effective_rules import EffectiveRules, check_environment
from policypack.firewall.groups import IDENTITIES as GROUP_IDENTITIES
from policypack.firewall.proof.surplus_groups import find_used_groups
from policypack.firewall.rules import RegisteredRule
from policypack.firewall.smart_group_membership import get_expressions, has_host, has_tags, is_selected
from policypack.graph.known_types import SMART_GROUP, SUBNETS, TABLES
from policypack.graph.plain_data import UNKNOWN, get_field
from policypack.graph.resources import Resource

IDENTITIES = (HostTag.ROLE.value, HostTag.AGENT_CLASS.value, HostTag.AGENT_STACK.value)
"""Tags that identify an agent."""


def _check_rules(chain: EffectiveRules) -> Iterator[Violation]:
    """Yield a fault for every permit that applies to others too, and for every agents' group with other members."""
    wide = [
        group
        for group in chain.graph.find_by_type(SMART_GROUP)
        if _is_by_tag(chain, group) and _has_agents_only(chain, group) is Ternary.NO
    ]
    for group in wide:
        yield Violation(group.urn, "selects the agents by their tags, and other hosts as well")
    for rule in chain.rules:
        if rule.permits is Ternary.NO:
            continue
        if not rule.sources:
            yield Violation(
                rule.owner.urn, f"{rule.label} permits others than the agents: it has no source, and no documentation says what then"
            )
            continue
        answers = [_is_agents_source(chain, rule, value, wide) for value in rule.sources]
        if Ternary.NO not in answers and rule.sources.count(UNKNOWN) > 1:
            answers.append(_has_enough_groups(chain, rule))
        if not chain.is_yes_or_unresolved(rule, all_of(answers)):
            yield Violation(rule.owner.urn, f"{rule.label} permits others than the agents: its source is not the agents' group")


def _is_agents_source(chain: EffectiveRules, rule: RegisteredRule, value: Any, reported: list[Resource]) -> Ternary:
    if value in tuple(one.value for one in WellKnownObject):
        return Ternary.NO
    if isinstance(value, str) and not is_of_program(chain.graph, rule.owner, rule.key, value, (SMART_GROUP,), GROUP_IDENTITIES):
        return Ternary.NO  # another program's group: its members cannot be seen, and can change
    return chain.groups.evaluate_group(
        rule,
        value,
        SMART_GROUP,
        lambda group: Ternary.YES if group in reported else _is_source(chain, group),
    )


def _is_source(chain: EffectiveRules, group: Resource) -> Ternary:
    """Return whether a group contains agents only, or is that of a proved credential gateway."""
    return any_of([_has_agents_only(chain, group), _is_of_gateway(chain, group)])


def _is_of_gateway(chain: EffectiveRules, group: Resource) -> Ternary:
    """Return whether a group is the network of a credential gateway, which has a rule of its own, for its permits as well."""
    own = {network for one in find_candidates(chain.graph) if one.subnet and (network := parse_network(one.subnet.get("cidrBlock")))}
    if not own:
        return Ternary.NO
    cidrs = [get_field(expression, "cidr") for expression in get_expressions(group)]
    return all_of([Ternary.MAYBE if cidr is UNKNOWN else Ternary.of(parse_network(cidr) in own) for cidr in cidrs])


def _has_enough_groups(chain: EffectiveRules, rule: RegisteredRule) -> Ternary:
    """Return NO if a rule has more sources without an id than there are groups that may contain agents only (pigeonhole principle)."""
    used = [chain.graph.find_by_urn(urn) for urn in find_used_groups(chain, rule.owner)]
    fit = [one for one in used if one is not None and _is_source(chain, one) is not Ternary.NO]
    return Ternary.of(rule.sources.count(UNKNOWN) <= len(fit))


def _is_by_tag(chain: EffectiveRules, group: Resource) -> bool:
    tagged = [one for one in get_expressions(group) if one is not UNKNOWN and get_field(one, "tags")]
    return bool(tagged) and any(has_host(chain.graph, group, host) is Ternary.YES for host in chain.hosts)


def _has_agents_only(chain: EffectiveRules, group: Resource) -> Ternary:
    """Return whether a group contains the agents only: their subnets by address, or VMs by a tag that identifies an agent."""
    homes = [parse_network(subnet.get("cidrBlock")) for subnet in _find_agents_subnets(chain)]
    known = [home for home in homes if home is not None]
    answers = [_is_agents_only(chain, expression, known, len(known) == len(homes)) for expression in get_expressions(group)]
    return all_of(answers)


def _find_agents_subnets(chain: EffectiveRules) -> tuple[Resource, ...]:
    """Return the subnets of agents, and those that share a route table with them: they are reserved for more agents."""
    graph = chain.graph
    homes = [place.subnet for host in chain.hosts for place in host.placements if place.subnet is not None]
    tables = {table.resource for home in homes for table in find_tables(graph, home) if table.resource and table.resource.type in TABLES}
    beside = [one for one in graph.find_by_type(*SUBNETS) if any(table.resource in tables for table in find_tables(graph, one))]
    return tuple(dict.fromkeys([*homes, *beside]))


def _is_agents_only(chain: EffectiveRules, expression: Any, homes: list[Network], all_known: bool) -> Ternary:
    if expression is UNKNOWN:
        return Ternary.MAYBE
    network = parse_network(expression.get("cidr"))
    if network is not None:
        return Ternary.YES if is_inside(network, homes) else Ternary.NO if all_known else Ternary.MAYBE
    if expression.get("cidr") is UNKNOWN:
        return Ternary.MAYBE
    tags, kind = expression.get("tags"), expression.get("type")
    if tags is UNKNOWN or kind is UNKNOWN:
        return Ternary.MAYBE
    if expression.get("resId") not in (None, "") and kind in ("vm", "subnet"):
        return any_of(is_selected(chain.graph, expression, host) for host in chain.hosts)
    if isinstance(tags, dict) and kind == "vm":
        told = {key: value for key, value in tags.items() if key in IDENTITIES or _is_own(chain, key, value)}
        return any_of(has_tags(told, host.tags) for host in chain.hosts) if told else Ternary.NO
    if isinstance(tags, dict) and kind == "subnet":
        agents = _find_agents_subnets(chain)
        tagged = {one: has_tags(tags, get_own_tags(one)) for one in chain.graph.find_by_type(*SUBNETS)}
        others = [answer for one, answer in tagged.items() if one not in agents]
        return Ternary.of(all(answer is Ternary.NO for answer in others))
    return Ternary.NO


def _is_own(chain: EffectiveRules, key: str, value: Any) -> bool:
    """Return whether every agent host of the program has a tag with this value: a stack may use its own key."""
    return key not in ("Name", HostTag.POLICY_MODE.value) and all(value in host.tags.get(key, ()) for host in chain.hosts)


RULE = Rule(
    id="permits-are-for-agents",
    severity=Severity.HIGH,
    info="Every permit's source is the agents' group, and that group contains only agents.",
    why="a permit with another source applies to hosts that nobody reviewed, on a shared Controller also to those of other teams",
    fix="use the program's own SmartGroup as source: type vm with the agents' tags, and the CIDRs of the agents' subnets, nothing wider",
    scope=Scope.PLACE,
    check_stack=lambda graph: check_environment(graph, _check_rules),
)
