"""Permitted destinations that nobody promoted: names and networks of permits that are neither of the release nor of a valid decision.

The pack knows no stack file and no catalog, so it compares what the registered rules permit. A name is one of the release if any set of
it lists it; whether the class uses that set is part of the policy, whose digest an enforce decision names. What a permit matches and is
not known yet was not promoted either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final

from containment.addresses.address_space import Network, parse_network
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern
from containment.policy.rules import ANYWHERE, PUBLIC_INTERNET, CidrSelector, Rule, RuleSet
from policypack.facts.home_networks import find_home_networks, find_resolvers
from policypack.firewall.parsed_policy import parse_policy
from policypack.firewall.registered_policy import name_groups
from policypack.graph.resources import Graph

if TYPE_CHECKING:  # imported where a folder has a record; most have none
    from containment.record.gate import Record

_REGION: Final = re.escape("{region}")


def find_unpromoted(graph: Graph, record: Record, stack: str, agent_class: str, now: datetime) -> Iterator[str]:
    """Yield a sentence for each destination that the program's rules permit and that has no valid promotion.

    Args:
        graph: the program.
        record: approvers and decisions.
        stack: the stack that the host's tag names.
        agent_class: its class.
        now: the present moment.
    """
    parsed = parse_policy(name_groups(graph))
    if parsed is None:
        return
    decided = _list_decided(record, stack, agent_class, now)
    names = _compile_names(decided)
    networks = {network for text in decided for part in text.split(", ") if (network := parse_network(part)) is not None}
    own = (*find_home_networks(graph), *find_resolvers(graph))
    for rule in parsed.ruleset.rules:
        if rule.action.permits and not rule.disabled:
            for what in _list_destinations(rule, parsed.ruleset, networks, own):
                if not names.fullmatch(what):
                    yield f"{rule.name} permits {what}, which is not in the release, without a valid promotion decision for {stack}"


def _list_decided(record: Record, stack: str, agent_class: str, now: datetime) -> set[str]:
    """Return the names and networks of every valid promotion for a stack."""
    from containment.record.decision import DecisionKind
    from containment.record.refusal import Refusal

    found = set[str]()
    for _, decision in record.decisions:
        if decision.kind is not DecisionKind.PROMOTION or decision.stack != stack:
            continue
        try:
            valid = record.require_decision(
                DecisionKind.PROMOTION, stack, now=now, agent_class=agent_class, subject_digest=decision.subject_digest
            )
        except Refusal:
            continue  # it does not count, so it permits nothing; the program names the reason at the entry
        found |= {str(valid.subject[key]) for key in ("name", "cidrs") if valid.subject.get(key)}
    return found


def _compile_names(decided: set[str]) -> re.Pattern[str]:
    from containment.record.shipped import load_shipped_entries

    texts = sorted({*load_shipped_entries().list_patterns(), *decided})
    return re.compile("|".join(re.escape(_spell(text)).replace(_REGION, "[a-z0-9-]+") for text in texts))


def _spell(text: str) -> str:
    """Return a name or URL as a WebGroup has it."""
    parse = UrlPattern.parse if "/" in text else DomainPattern.parse
    try:
        return str(parse(text))
    except ValueError:
        return text


def _list_destinations(rule: Rule, ruleset: RuleSet, networks: set[Network], own: tuple[Network, ...]) -> Iterator[str]:
    """Yield the names of a permit; of one without names, the networks that are neither the VPC's own nor decided."""
    for key in rule.web_groups:
        group = ruleset.web_groups[key]
        yield from group.expressions
        if group.unsure:
            yield f"names of {group.name} that are not known"
    if rule.web_groups:
        return
    for key in rule.destinations:
        smart = ruleset.smart_groups[key]
        if smart in (ANYWHERE, PUBLIC_INTERNET):
            continue  # monitor's last permit; every other one is refused by permits-are-narrow
        for selector in smart.selectors:
            if not isinstance(selector, CidrSelector):
                yield f"addresses of {smart.name} that are not known"
            elif selector.network not in networks and not _is_inside(selector.network, own):
                yield str(selector.network)


def _is_inside(network: Network, own: tuple[Network, ...]) -> bool:
    return any(network.version == one.version and network.subnet_of(ip_network(one)) for one in own)  # type: ignore[arg-type]
