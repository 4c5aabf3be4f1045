"""Align two stacks for a comparison: common agents and a common network in place of each stack's own.

Stacks differ in tags and addresses by design; without the alignment, a comparison of classes or modes would report little else. The
stacks stay unchanged if their agents are equal already, if a group contains only some of the agents, or if that is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network

from containment.analysis.classes.sources import ANYBODY, Sources, build_source_classes
from containment.analysis.subject import Subject
from containment.policy.rules import CidrSelector, Network, RuleSet, Selector, SmartGroup

_NOBODY = SmartGroup("no agent", (CidrSelector(IPv4Network("255.255.255.255/32")),))


def make_comparable(before: Subject, after: Subject) -> tuple[Subject, Subject]:
    """Return both subjects with common agents and a common network, or unchanged when they cannot be aligned."""
    if before.agents == after.agents:
        return before, after
    one, two = _replace_sources(before), _replace_sources(after)
    if one is None or two is None:
        return before, after
    return one, _shift_network(two, before)


def _replace_sources(subject: Subject) -> Subject | None:
    """Return the subject with every source group replaced by all agents or no agent; None when a group contains only some.

    IP versions are separate: a group of all IPv4 addresses contains every agent that has such an address.
    """
    groups = dict(subject.ruleset.smart_groups)
    renamed: dict[str, str] = {}
    for rule in subject.ruleset.rules:
        for name in rule.sources:
            if name in renamed:
                continue
            held = _find_full_versions(groups[name], subject.agents)
            if held is None:
                return None
            renamed[name] = f"source {name}"
            groups[f"source {name}"] = SmartGroup(f"source {name}", held) if held else _NOBODY
    rules = tuple(replace(rule, sources=tuple(renamed[name] for name in rule.sources)) for rule in subject.ruleset.rules)
    ruleset = RuleSet(rules, groups, subject.ruleset.web_groups, subject.ruleset.default_action)
    return replace(subject, ruleset=ruleset, agents=ANYBODY)


def _find_full_versions(group: SmartGroup, agents: Sequence[Sources]) -> tuple[CidrSelector, ...] | None:
    """Return all addresses of each IP version in which a group contains every agent; None when it contains some, or is unknown."""
    held = []
    for whole in (IPv4Network("0.0.0.0/0"), IPv6Network("::/0")):
        some = [(one.networks if one.networks is not None else (whole,), one.tags) for one in agents]
        here = [Sources(tuple(net for net in networks if net.version == whole.version), tags) for networks, tags in some]
        kinds = build_source_classes([(group,)], [1], here)
        if len({kind.bits for kind in kinds}) > 1 or any(kind.options for kind in kinds):
            return None
        if any(kind.bits for kind in kinds):
            held.append(CidrSelector(whole))
    return tuple(held)


def _shift_network(subject: Subject, to: Subject) -> Subject:
    """Return the subject with its own network moved to the address of the other's, if both have the same size."""
    if not subject.own or not to.own or subject.own[0].prefixlen != to.own[0].prefixlen or subject.own[0].version != to.own[0].version:
        return subject
    here, there = subject.own[0], to.own[0]

    def place(selector: Selector) -> Selector:
        if not isinstance(selector, CidrSelector) or selector.network.version != here.version or not _is_inside(selector.network, here):
            return selector
        shift = int(there.network_address) - int(here.network_address)
        return CidrSelector(type(selector.network)((int(selector.network.network_address) + shift, selector.network.prefixlen)))

    groups = {key: SmartGroup(group.name, tuple(map(place, group.selectors))) for key, group in subject.ruleset.smart_groups.items()}
    return replace(subject, ruleset=RuleSet(subject.ruleset.rules, groups, subject.ruleset.web_groups, subject.ruleset.default_action))


def _is_inside(network: Network, other: Network) -> bool:
    return other.prefixlen <= network.prefixlen and network.network_address in other
