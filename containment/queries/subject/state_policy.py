"""Read an analysis subject from a deployment: the policy, the agents and the networks that its resources define."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from containment.addresses.address_space import is_inside, parse_network
from containment.analysis.approvals import collect_name_approvals
from containment.analysis.classes.sources import ANYBODY, Sources
from containment.analysis.subject import Subject, collect_facts
from containment.errors import InputError, Problem
from containment.files import input_files
from containment.loaders.address_bound import read_bound
from containment.loaders.presets import load_library
from containment.names import DENY_GROUPS, RFC1918, HostTag, PolicyMode, WebGroupId
from containment.policy.rules import CidrSelector, Network, RuleSet
from policypack.facts.compute import Host
from policypack.facts.hosts import find_hosts
from policypack.firewall.parsed_policy import parse_policy
from policypack.graph.known_types import VPCS
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource
from policypack.stored_resources import load_resources


def read_resources(path: Path) -> list[Resource]:
    """Return the resources in a checkpoint, stack export or preview file; raise InputError if it cannot be read."""
    title, why = "state cannot be read", "no policy can be read from it"
    fix = "give a file that `pulumi stack export`, `pulumi preview --json` or `containment lab export` wrote"
    with input_files.explain_errors(title, why, fix):
        document = input_files.read_json(path)
    try:
        return load_resources(document)
    except ValueError as error:
        raise InputError(title, [Problem(str(path), str(error), why, fix)]) from None


def read_state_subject(path: Path) -> Subject:
    """Return the subject of a deployed state; raise InputError if the state has no DCF rule."""
    found = build_graph_subject(Graph(read_resources(path)), path.name)
    if found is None:
        problem = Problem(
            str(path), "has no DCF rule", "without rules there is no policy to analyze", "give the state of the stack that owns the rules"
        )
        raise InputError("no policy to analyze", [problem])
    return found


def build_graph_subject(graph: Graph, title: str) -> Subject | None:
    """Return the subject of a stack's resources, or None if they contain no DCF rule."""
    stated = parse_policy(graph)
    if stated is None:
        return None
    library = load_library()
    region = find_region(graph)
    facts = collect_facts(library.sets.values(), region)
    denied = [
        one for name in sorted(library.sets) for one in library.sets[name].make_patterns(region) if _is_unapproved(library.sets[name])
    ]
    hosts = find_hosts(graph)
    notes = list(stated.notes)
    if not hosts:
        notes.append("no agent host is in the state: answers are about flows from any source")
    approved = {
        p for p in _find_permitted(stated.ruleset) if p.is_anchored and (fact := facts.get(p.text)) and fact.web_group not in DENY_GROUPS
    }
    notes.append("approved names are the permitted names that are in presets/catalog")
    return Subject(
        title=title,
        ruleset=stated.ruleset,
        agents=tuple(_find_agents(hosts)) or ANYBODY,
        mode=_find_mode(hosts),
        denied=tuple(dict.fromkeys(denied)),
        approved=tuple(sorted(approved)),
        own=tuple(_find_own_networks(graph, stated.ruleset)),
        resolvers=tuple(_find_resolvers(graph)),
        facts=facts,
        approvals=collect_name_approvals(approved, facts),
        assumptions=(*notes, "no rule of another owner precedes these rules (give such rules with --before and --after)"),
    )


def _find_agents(hosts: Iterable[Host]) -> Iterator[Sources]:
    """Yield the ways to match an agent: a host's tags at any address, and any address of its subnets without tags."""
    for host in hosts:
        yield Sources(None, {key: str(values[0]) for key, values in host.tags.items() if len(values) == 1 and values[0] is not UNKNOWN})
        networks = tuple(
            network for place in host.placements if place.subnet is not None and (network := parse_network(place.subnet.get("cidrBlock")))
        )
        if networks:
            yield Sources(networks, {})


def _is_unapproved(found: Any) -> bool:
    return bool(found.web_group is WebGroupId.UNAPPROVED_MODELS)


def _find_permitted(ruleset: RuleSet) -> Iterator[Any]:
    for rule in ruleset.rules:
        if rule.action.permits:
            for name in rule.web_groups:
                yield from ruleset.web_groups[name].patterns
                yield from (url.host for url in ruleset.web_groups[name].urls)


def _find_mode(hosts: tuple[Host, ...]) -> PolicyMode | None:
    said = {value for host in hosts for value in host.tags.get(HostTag.POLICY_MODE.value, (None,))}
    return PolicyMode(said.pop()) if len(said) == 1 and said <= {mode.value for mode in PolicyMode} else None


def _find_own_networks(graph: Graph, ruleset: RuleSet) -> Iterator[Network]:
    """Yield the VPCs' networks and the private networks in permits; one larger than the bound is not the stack's own."""
    for vpc in graph.find_by_type(*VPCS):
        if network := parse_network(vpc.get("cidrBlock")):
            yield network
    for rule in ruleset.rules:
        for name in rule.destinations if rule.action.permits else ():
            for selector in ruleset.smart_groups[name].selectors:
                if isinstance(selector, CidrSelector) and _is_approved(selector.network):
                    yield selector.network


def _is_approved(network: Network) -> bool:
    """Return whether a permitted network is private and no larger than permits may reach in total."""
    return is_inside(network, RFC1918) and network.num_addresses <= read_bound().addresses


def _find_resolvers(graph: Graph) -> Iterator[Network]:
    for vpc in graph.find_by_type(*VPCS):
        if network := parse_network(vpc.get("cidrBlock")):
            found = parse_network(str(network.network_address + 2))
            if found is not None:
                yield found


def find_region(graph: Graph) -> str:
    """Return the region that the resources name, us-east-1 if none does; catalog patterns need one."""
    for resource in graph.resources:
        for key in ("availabilityZone", "vpcReg"):
            value = resource.get(key) or resource.get_output(key)
            if isinstance(value, str) and value:
                return value.rstrip("abcdef") if key == "availabilityZone" else value
    return "us-east-1"
