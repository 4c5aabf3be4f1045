"""Two stacks made comparable: each one's agents are "the agent", each one's own network is the same network.

Stacks differ in tags and addresses by design; a comparison of classes or modes would drown in that. Nothing is changed
when the agents are the same already, or when it cannot be told whether a group holds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network

from containment.model.reach.sources import ANYBODY, Sources, source_kinds
from containment.model.reach.subject import Subject
from containment.model.ruleset import CidrSelector, Network, RuleSet, Selector, SmartGroup

_NOBODY = SmartGroup("nobody asked about", (CidrSelector(IPv4Network("255.255.255.255/32")),))


def aligned(before: Subject, after: Subject) -> tuple[Subject, Subject]:
    """Return both subjects in the same terms, or as they are when they cannot be brought into them."""
    if before.agents == after.agents:
        return before, after
    one, two = _about_the_agent(before), _about_the_agent(after)
    if one is None or two is None:
        return before, after
    return one, _moved(two, before)


def _about_the_agent(subject: Subject) -> Subject | None:
    """Return the subject with source groups that hold every agent or none replaced; None when one holds some of them.

    The two kinds of address are told apart: a group of all IPv4 addresses holds every agent that has one.
    """
    groups = dict(subject.ruleset.smart_groups)
    renamed: dict[str, str] = {}
    for rule in subject.ruleset.rules:
        for name in rule.sources:
            if name in renamed:
                continue
            held = _held(groups[name], subject.agents)
            if held is None:
                return None
            renamed[name] = f"source {name}"
            groups[f"source {name}"] = SmartGroup(f"source {name}", held) if held else _NOBODY
    rules = tuple(replace(rule, sources=tuple(renamed[name] for name in rule.sources)) for rule in subject.ruleset.rules)
    ruleset = RuleSet(rules, groups, subject.ruleset.web_groups, subject.ruleset.default_action)
    return replace(subject, ruleset=ruleset, agents=ANYBODY)


def _held(group: SmartGroup, agents: Sequence[Sources]) -> tuple[CidrSelector, ...] | None:
    """Return the kinds of address of which a group holds every agent; None when it holds some, or it cannot be told."""
    held = []
    for whole in (IPv4Network("0.0.0.0/0"), IPv6Network("::/0")):
        some = [(one.networks if one.networks is not None else (whole,), one.tags) for one in agents]
        here = [Sources(tuple(net for net in networks if net.version == whole.version), tags) for networks, tags in some]
        kinds = source_kinds([(group,)], [1], here)
        if len({kind.bits for kind in kinds}) > 1 or any(kind.options for kind in kinds):
            return None
        if any(kind.bits for kind in kinds):
            held.append(CidrSelector(whole))
    return tuple(held)


def _moved(subject: Subject, to: Subject) -> Subject:
    """Return the subject with what lies in its own network at the same place of the other's, if both are as large."""
    if not subject.own or not to.own or subject.own[0].prefixlen != to.own[0].prefixlen or subject.own[0].version != to.own[0].version:
        return subject
    here, there = subject.own[0], to.own[0]

    def place(selector: Selector) -> Selector:
        if not isinstance(selector, CidrSelector) or selector.network.version != here.version or not _inside(selector.network, here):
            return selector
        shift = int(there.network_address) - int(here.network_address)
        return CidrSelector(type(selector.network)((int(selector.network.network_address) + shift, selector.network.prefixlen)))

    groups = {key: SmartGroup(group.name, tuple(map(place, group.selectors))) for key, group in subject.ruleset.smart_groups.items()}
    return replace(subject, ruleset=RuleSet(subject.ruleset.rules, groups, subject.ruleset.web_groups, subject.ruleset.default_action))


def _inside(network: Network, other: Network) -> bool:
    return other.prefixlen <= network.prefixlen and network.network_address in other
