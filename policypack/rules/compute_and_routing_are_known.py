"""Every resource of a program with an agent host is of a type that the reviewed table has, within the bounds of its line.

The table (`policypack/type_table`) has the types that rules judge and the types that are harmless: they move no packets, run no code,
grant nothing and name nothing. Every other type, of any package, is refused by name. Components make nothing by themselves; the
resources inside them are judged. A program without an agent host, and without the agents' firewall rules, is no concern of this rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.hosts import find_hosts, is_tagged, own_tags
from policypack.known_types import AGENT_RULES
from policypack.type_table import addons, gateways, house, keys, providers
from policypack.type_table.bounds import breaches
from policypack.type_table.reasons import effect_of
from policypack.type_table.table import lines


def check_resource(resource: Resource, seen: Sequence[Resource] = ()) -> list[Fault]:
    """Return faults for a resource of no reviewed type, or out of its bounds, once an agent host or its rules were registered."""
    found = list(_of_one(resource, None, seen))
    return found if found and any(map(_is_of_agents, (*seen, resource))) else []


def check_stack(graph: Graph) -> list[Fault]:
    """Return the same for every resource, with what takes the whole program to judge, and the faults of the house's own lines."""
    if not find_hosts(graph) and not any(map(_is_of_agents, graph.resources)):
        return []
    found = [fault for resource in graph.resources for fault in _of_one(resource, graph)]
    for one, what in (*gateways.faults(graph), *addons.faults(graph), *keys.faults(graph), *providers.second_controllers(graph)):
        found.append(Fault(one.urn, f"{one.label} {what}"))
    return [*found, *(Fault("", str(problem)) for problem in house.current().problems)]


def _of_one(resource: Resource, graph: Graph | None, seen: Sequence[Resource] = ()) -> Iterator[Fault]:
    """Yield what is wrong with one resource; without the graph, what is wrong whatever the rest of the program is."""
    if resource.is_component:
        return
    line = lines().get(resource.type)
    if line is None:
        is_provider = resource.type.startswith(providers.PREFIX)
        if not (is_provider and providers.is_harmless(resource)) and not house.current().has(resource.type):
            yield Fault(resource.urn, f"{resource.type} is in no reviewed table of types: {effect_of(resource.type)}")
        return
    yield from (
        Fault(resource.urn, f"{resource.type} is reviewed within bounds only: {what}") for what in breaches(line, resource, graph, seen)
    )
    wrong = [*providers.wrong_settings(resource), *(providers.wrong_account(resource, graph) if graph else ())]
    yield from (Fault(resource.urn, f"{resource.label} {what}") for what in wrong)


def _is_of_agents(resource: Resource) -> bool:
    """Tell whether a resource makes a program one about agents: it has a host's tags, or is a part of the agents' firewall rules."""
    return bool(AGENT_RULES.fullmatch(resource.type)) or is_tagged(own_tags(resource))


RULE = Rule(
    id="compute-and-routing-are-known",
    severity=Severity.HIGH,
    info="Every resource next to an agent host is of a reviewed type, and within the bounds of its review.",
    why="code, packets, rights and names of a type that no rule reads may lead past the gateway",
    fix="use a reviewed type (docs/types.md); or waive it (policypack/waivers.yaml: owner, reason, an end at most 90 days away);"
    " or review the type (policypack/types.yaml: owner, reason, a review within one year);"
    " or keep the resource in a program of its own, without an agent host",
    scope=Scope.AGENTS,
    check_resource=check_resource,
    check_stack=check_stack,
)
