"""The readable set says everything that is let through, rule by rule, and nothing that is not."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from containment.addresses.port_range import PortRange
from containment.analysis.classes.view import WatchReading
from containment.analysis.questions import Analysis
from containment.analysis.reachability import describe_members, find_reachable
from containment.names import Action, Protocol
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern
from containment.policy.rules import (
    ANYWHERE,
    PUBLIC_INTERNET,
    CidrSelector,
    OpaqueSelector,
    Rule,
    RuleSet,
    SmartGroup,
    TagSelector,
    WebGroup,
)
from tests.proofs.compare import case_of, listed_of
from tests.proofs.exhaustive import decided

GROUPS = {
    "any": ANYWHERE,
    "public": PUBLIC_INTERNET,
    "lan": SmartGroup("lan", (CidrSelector(ip_network("10.0.0.0/8")), TagSelector({"Role": "db", "Env": "x"}))),
    "feed": SmartGroup("feed", (OpaqueSelector("a threat feed"),)),
}
WEB = {"web": WebGroup("web", (DomainPattern("a.example"),), (UrlPattern.parse("b.example/x*"),), (DomainPattern("c.example"),))}


def rule(name: str, priority: int, action: Action, to: str, **more: object) -> Rule:
    return Rule(name, priority, action, ("any",), (to,), **{"protocol": Protocol.ANY, **more})  # type: ignore[arg-type]


def lines(*rules: Rule, default: Action = Action.DENY, watched: WatchReading = WatchReading.APPLIED):  # type: ignore[no-untyped-def]
    return find_reachable(Analysis(RuleSet(rules, GROUPS, WEB, default)), watched)


@pytest.mark.parametrize("seed", range(60))
def test_there_is_a_line_for_every_rule_that_lets_something_through_and_for_no_other(seed: int) -> None:
    case = case_of(seed)
    cells = listed_of(case).cells
    through = {name for name, permits in (decided(case.ruleset, *cell, "APPLIED") for cell in cells) if permits}
    found = find_reachable(Analysis(case.ruleset, case.sources))
    names = [line.rule.name if line.rule else None for line in found]
    assert {*names} == through
    order = [one.name for one in case.ruleset.rules]
    assert [name for name in names if name] == sorted((name for name in names if name), key=order.index)
    for line in found:
        if line.rule is None:
            continue
        index = order.index(line.rule.name)
        opposite = {
            name
            for held, forged in cells
            if held >> index & 1
            for name in (decided(case.ruleset, held, forged, "APPLIED")[0],)
            if name and order.index(name) < index and not case.ruleset.by_name[name].action.permits
        }
        assert {taken.rule.name for taken in line.taken} == opposite, "what earlier denies take away is said, and only that"


def test_nothing_reachable_is_no_line() -> None:
    assert lines(rule("deny", 10, Action.DENY, "any")) == []


def test_a_default_that_permits_is_a_line_of_its_own() -> None:
    (line,) = lines(rule("deny", 10, Action.DENY, "lan"), default=Action.PERMIT)
    assert (line.rule, line.destinations) == (None, ("everything no rule matches",))


def test_a_line_contains_names_urls_and_possible_ones_as_they_are_written() -> None:
    (line,) = lines(rule("by-name", 10, Action.PERMIT, "public", protocol=Protocol.TCP, ports=(PortRange(443, 443),), web_groups=("web",)))
    assert line.names == ("a.example", "b.example/x*", "c.example (may be)")
    assert (line.destinations, line.transport, line.tls_only, line.verified) == (("any public address",), "TCP 443", False, False)
    assert line.conditional == ()


def test_the_condition_of_a_whole_line_is_written() -> None:
    (line,) = lines(rule("feed", 10, Action.PERMIT, "feed"))
    assert line.conditional == ("the destination is a threat feed",)


def test_what_an_earlier_rule_takes_comes_with_a_flow() -> None:
    (line,) = lines(rule("deny", 10, Action.DENY, "lan"), rule("all", 20, Action.PERMIT, "any"))
    (taken,) = line.taken
    assert taken.rule.name == "deny"
    assert str(taken.witness.flow.destination).startswith("10.")


def test_a_watched_deny_takes_nothing_where_it_is_passed_over() -> None:
    watched = rule("deny", 10, Action.DENY, "any", watch=True)
    assert lines(watched, rule("all", 20, Action.PERMIT, "any")) == []
    assert [line.rule.name for line in lines(watched, rule("all", 20, Action.PERMIT, "any"), watched=WatchReading.FALLS)] == ["all"]


def test_groups_are_described_in_words() -> None:
    assert describe_members(GROUPS["any"]) == ("any IPv4 address",)
    assert describe_members(GROUPS["lan"]) == ("10.0.0.0/8", "VMs with Env=x and Role=db")
    assert describe_members(GROUPS["feed"]) == ("a threat feed (not known)",)
