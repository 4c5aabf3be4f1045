"""Every resource of a program with an agent host is of a reviewed type, within the bounds of that type's line.

The table (`policypack/type_table`) has the types that rules judge and the types that are harmless: they move no packets, run no code,
grant nothing and name nothing. Every other type, of any package, is refused by name. Components create nothing by themselves; the
resources inside them are judged. This rule does not judge a program without an agent host and without the agents' firewall rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from containment.names import HOSTS_TAG
from policypack.facts.compute import get_own_tags, is_tagged
from policypack.facts.hosts import find_hosts
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph.known_types import AGENT_RULES
from policypack.graph.resources import Graph, Resource
from policypack.type_table import accepted_types, addons, agent_hosts, gateways, providers
from policypack.type_table.bounds import find_breaches
from policypack.type_table.foreign_arns import find_foreign_arns
from policypack.type_table.reviewed_properties import find_unreviewed
from policypack.type_table.table import get_effect, load_lines


def check_resource(resource: Resource, seen: Sequence[Resource] = ()) -> list[Violation]:
    """Return the faults of a resource of an unreviewed type or outside its bounds, if an agent host or its rules are registered."""
    found = list(_check_one(resource, None, seen))
    return found if found and any(map(_is_of_agents, (*seen, resource))) else []


def check_stack(graph: Graph) -> list[Violation]:
    """Return the faults of every resource, of their relations, and of the accepted types in `policypack/types.yaml`."""
    if not find_hosts(graph) and not any(map(_is_of_agents, graph.resources)):
        return []
    found = [fault for resource in graph.resources for fault in _check_one(resource, graph)]
    for one, what in (
        *gateways.find_violations(graph),
        *addons.find_violations(graph),
        *agent_hosts.find_violations(graph),
        *providers.find_other_controllers(graph),
    ):
        found.append(Violation(one.urn, f"{one.label} {what}"))
    return [*found, *(Violation("", str(problem)) for problem in accepted_types.load_current().problems)]


def _check_one(resource: Resource, graph: Graph | None, seen: Sequence[Resource] = ()) -> Iterator[Violation]:
    """Yield the faults of one resource; without the graph, those that do not depend on the rest of the program."""
    if resource.is_component:
        return
    line = load_lines().get(resource.type)
    if line is None:
        is_provider = resource.type.startswith(providers.PREFIX)
        if not (is_provider and providers.is_harmless(resource)) and not accepted_types.load_current().has_type(resource.type):
            yield Violation(resource.urn, f"{resource.type} is in no reviewed table of types: {get_effect(resource.type)}")
        return
    yield from (
        Violation(resource.urn, f"{resource.type} is reviewed within bounds only: {what}")
        for what in find_breaches(line, resource, graph, seen)
    )
    yield from (
        Violation(resource.urn, f"{resource.type} is reviewed for resources of one account only: {what}")
        for what in find_foreign_arns(line, resource, graph)
    )
    yield from (
        Violation(resource.urn, f"{resource.type} is reviewed with the properties of provider release 10.1 only: {what}")
        for what in find_unreviewed(resource)
    )
    wrong = [*providers.find_wrong_settings(resource), *(providers.find_wrong_accounts(resource, graph) if graph else ())]
    yield from (Violation(resource.urn, f"{resource.label} {what}") for what in wrong)


def _is_of_agents(resource: Resource) -> bool:
    """Return whether a resource makes a program one about agents: the agents' firewall rules, a host's tags, or the count of hosts."""
    tags = get_own_tags(resource)
    return bool(AGENT_RULES.fullmatch(resource.type)) or HOSTS_TAG in tags or is_tagged(tags)


RULE = Rule(
    id="compute-and-routing-are-known",
    severity=Severity.HIGH,
    info="Every resource next to an agent host is of a reviewed type, and within the bounds of its review.",
    why="a type that no rule reads may run code, carry packets, grant rights or answer names past the gateway",
    fix="use a reviewed type (docs/types/index.md); or waive it (policypack/waivers.yaml: owner, reason, an end at most 90 days away);"
    " or review the type (policypack/types.yaml: owner, reason, a review within one year);"
    " or move the resource to a separate program, without an agent host",
    scope=Scope.AGENTS,
    check_resource=check_resource,
    check_stack=check_stack,
)
