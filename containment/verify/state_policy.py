"""Subjects read from a deployment: the policy, the agents and the networks that its resources state."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from containment.library import load_library
from containment.model.errors import InputError, Problem
from containment.model.names import DENY_GROUPS, RFC1918, HostTag, PolicyMode, WebGroupId
from containment.model.reach.approvals import approvals_of_names
from containment.model.reach.sources import ANYBODY, Sources
from containment.model.reach.subject import Subject, facts_of
from containment.model.ruleset import CidrSelector, Network, RuleSet
from policypack.graph import Graph, Resource
from policypack.hosts import Host, find_hosts
from policypack.known_types import VPCS
from policypack.plain import UNKNOWN
from policypack.proof.bound import current
from policypack.ruleset import ruleset_of
from policypack.space import parse, within
from policypack.stored import resources_in


def read_resources(path: Path) -> list[Resource]:
    """Return the resources in a checkpoint, stack export or preview file; raises InputError."""
    try:
        return resources_in(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        said = (
            str(error) if isinstance(error, OSError | UnicodeDecodeError) or not isinstance(error, json.JSONDecodeError) else "is not JSON"
        )
        fix = "give what `pulumi stack export`, `pulumi preview --json` or `containment lab export` prints"
        raise InputError("state cannot be read", [Problem(str(path), said, "no policy can be read from it", fix)]) from None


def subject_of_state(path: Path) -> Subject:
    """Return the subject of a deployed state; raises InputError when it states no rule."""
    found = subject_of_graph(Graph(read_resources(path)), path.name)
    if found is None:
        problem = Problem(
            str(path), "has no DCF rule", "there is no policy to ask about", "give the state of the stack that owns the rules"
        )
        raise InputError("nothing to ask about", [problem])
    return found


def subject_of_graph(graph: Graph, title: str) -> Subject | None:
    """Return the subject of a stack's resources, None when they state no rule."""
    stated = ruleset_of(graph)
    if stated is None:
        return None
    library = load_library()
    region = region_of(graph)
    facts = facts_of(library.sets.values(), region)
    denied = [one for name in sorted(library.sets) for one in library.sets[name].patterns(region) if _is_unapproved(library.sets[name])]
    hosts = find_hosts(graph)
    notes = list(stated.notes)
    if not hosts:
        notes.append("no agent host is in the state: answers are about flows of anybody")
    approved = {
        p for p in _permitted(stated.ruleset) if p.is_anchored and (fact := facts.get(p.text)) and fact.web_group not in DENY_GROUPS
    }
    notes.append("approved names are those of permits that are in presets/catalog")
    return Subject(
        title=title,
        ruleset=stated.ruleset,
        agents=tuple(_agents(hosts)) or ANYBODY,
        mode=_mode(hosts),
        denied=tuple(dict.fromkeys(denied)),
        approved=tuple(sorted(approved)),
        own=tuple(_own(graph, stated.ruleset)),
        resolvers=tuple(_resolvers(graph)),
        facts=facts,
        approvals=approvals_of_names(approved, facts),
        assumptions=(*notes, "no rule of another owner stands before these (say what does with --before and --after)"),
    )


def _agents(hosts: Iterable[Host]) -> Iterator[Sources]:
    """Yield every way to be an agent: a host's tags at any address, and any address of its subnets without tags."""
    for host in hosts:
        yield Sources(None, {key: str(values[0]) for key, values in host.tags.items() if len(values) == 1 and values[0] is not UNKNOWN})
        networks = tuple(
            network for place in host.placements if place.subnet is not None and (network := parse(place.subnet.get("cidrBlock")))
        )
        if networks:
            yield Sources(networks, {})


def _is_unapproved(found: Any) -> bool:
    return bool(found.web_group is WebGroupId.UNAPPROVED_MODELS)


def _permitted(ruleset: RuleSet) -> Iterator[Any]:
    for rule in ruleset.rules:
        if rule.action.permits:
            for name in rule.web_groups:
                yield from ruleset.web_groups[name].patterns
                yield from (url.host for url in ruleset.web_groups[name].urls)


def _mode(hosts: tuple[Host, ...]) -> PolicyMode | None:
    said = {value for host in hosts for value in host.tags.get(HostTag.POLICY_MODE.value, (None,))}
    return PolicyMode(said.pop()) if len(said) == 1 and said <= {mode.value for mode in PolicyMode} else None


def _own(graph: Graph, ruleset: RuleSet) -> Iterator[Network]:
    """Yield the VPCs' networks, and private networks that a permit names; a wider one than the bound is the neighborhood."""
    for vpc in graph.of(*VPCS):
        if network := parse(vpc.get("cidrBlock")):
            yield network
    for rule in ruleset.rules:
        for name in rule.destinations if rule.action.permits else ():
            for selector in ruleset.smart_groups[name].selectors:
                if isinstance(selector, CidrSelector) and _is_approved(selector.network):
                    yield selector.network


def _is_approved(network: Network) -> bool:
    """Tell whether a network that a permit states is private and no wider than what permits may reach in total."""
    return within(network, RFC1918) and network.num_addresses <= current().addresses


def _resolvers(graph: Graph) -> Iterator[Network]:
    for vpc in graph.of(*VPCS):
        if network := parse(vpc.get("cidrBlock")):
            found = parse(str(network.network_address + 2))
            if found is not None:
                yield found


def region_of(graph: Graph) -> str:
    """Return the region that the state's own names tell; the catalog's patterns need one."""
    for resource in graph.resources:
        for key in ("availabilityZone", "vpcReg"):
            value = resource.get(key) or resource.output(key)
            if isinstance(value, str) and value:
                return value.rstrip("abcdef") if key == "availabilityZone" else value
    return "us-east-1"
