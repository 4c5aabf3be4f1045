"""Two stacks are compared in the same terms: their agents are "the agent", their own networks are one; nothing else is moved."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest

from containment.addresses.port_range import PortRange
from containment.analysis.alignment import make_comparable
from containment.analysis.classes.sources import ANYBODY, Sources
from containment.analysis.difference import Change, find_differences
from containment.analysis.subject import Subject
from containment.loaders.stack_file import read_stack
from containment.names import Action, Protocol
from containment.policy.rules import CidrSelector, OpaqueSelector, Rule, RuleSet, SmartGroup, TagSelector
from containment.queries.subject.subjects import build_subject


def subject(own: str = "10.42.0.0/16", *, tag: str = "a", to: str | None = None, sources: tuple[object, ...] = ()) -> Subject:
    network = ip_network(own)
    agents = network if not sources else None
    groups = {
        "agents": SmartGroup("agents", sources or (CidrSelector(agents), TagSelector({"Stack": tag}))),  # type: ignore[arg-type]
        "inside": SmartGroup("inside", (CidrSelector(ip_network(to or str(next(network.subnets(new_prefix=24))))),)),
        "any": SmartGroup("any", (CidrSelector(ip_network("0.0.0.0/0")),)),
    }
    rules = (
        Rule("inside", 10, Action.PERMIT, ("agents",), ("inside",), Protocol.TCP, (PortRange(22, 22),)),
        Rule("deny", 20, Action.DENY, ("any",), ("any",), Protocol.ANY),
    )
    return Subject("s", RuleSet(rules, groups, {}), (Sources((network,), {}), Sources(None, {"Stack": tag})), own=(network,))


def changes(one: Subject, two: Subject) -> list[Change]:
    before, after = make_comparable(one, two)
    assert before.agents == after.agents
    return [difference.change for difference in find_differences(before.ruleset, after.ruleset, before.agents)]


def test_subjects_with_the_same_agents_are_left_alone() -> None:
    one, two = subject(), subject(to="10.42.9.0/24")
    assert make_comparable(one, two) == (one, two)


def test_two_stacks_that_differ_in_tag_and_network_are_equal() -> None:
    assert changes(subject(), subject("10.77.0.0/16", tag="b")) == []


def test_what_lies_at_another_place_of_the_own_network_is_a_change() -> None:
    assert {*changes(subject(), subject("10.77.0.0/16", tag="b", to="10.77.1.0/24"))} == {Change.NEWLY_ALLOWED, Change.NEWLY_DENIED}


def test_what_lies_outside_the_own_network_is_not_moved() -> None:
    assert changes(subject(to="172.16.1.0/24"), subject("10.77.0.0/16", tag="b", to="172.16.1.0/24")) == []
    assert changes(subject(to="172.16.1.0/24"), subject("10.77.0.0/16", tag="b", to="172.16.2.0/24"))


def test_networks_of_another_size_are_not_moved() -> None:
    one, two = subject("10.42.0.0/16"), subject("10.77.0.0/20", tag="b", to="10.77.0.0/24")
    before, after = make_comparable(one, two)
    assert before.agents == after.agents == ANYBODY
    assert after.ruleset.smart_groups["inside"].selectors == two.ruleset.smart_groups["inside"].selectors


@pytest.mark.parametrize(
    "sources",
    [(CidrSelector(ip_network("10.77.1.0/24")),), (OpaqueSelector("pods labelled agent"),)],
)
def test_where_a_group_contains_some_agents_or_is_unknown_nothing_is_changed(sources: tuple[object, ...]) -> None:
    one, two = subject(), subject("10.77.0.0/16", tag="b", sources=sources)
    assert make_comparable(one, two) == (one, two)
    assert make_comparable(two, one) == (two, one)


def test_a_group_of_strangers_contains_no_agent_in_either() -> None:
    strangers = SmartGroup("agents", (TagSelector({"Stack": "of somebody else"}),))
    one, two = subject(), subject("10.77.0.0/16", tag="b")
    groups = {**two.ruleset.smart_groups, "agents": strangers}
    theirs = replace(two, ruleset=RuleSet(two.ruleset.rules, groups, {}, two.ruleset.default_action))
    assert {*changes(one, theirs)} == {Change.NEWLY_DENIED}
    assert {*changes(theirs, one)} == {Change.NEWLY_ALLOWED}


def test_monitor_and_enforce_of_one_class_permit_the_same() -> None:
    one, two = (build_subject(read_stack(f"coding-{mode}")) for mode in ("monitor", "enforce"))
    assert all(change is Change.RELABELLED for change in changes(one, two))
