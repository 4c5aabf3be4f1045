"""A policy is read back from resources whatever they state: names that repeat, rules that no Controller would take."""

from __future__ import annotations

from typing import Any

import pytest

from containment.names import WellKnownObject
from policypack.firewall.parsed_policy import ParsedPolicy, parse_policy
from policypack.graph.known_types import RULESET
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource


def stated(*rules: dict[str, Any]) -> ParsedPolicy:
    whole = {"srcSmartGroups": [WellKnownObject.ANYWHERE.value], "dstSmartGroups": [WellKnownObject.ANYWHERE.value], "protocol": "ANY"}
    listed = [{"name": f"rule-{place}", "priority": place, "action": "DENY", **whole, **rule} for place, rule in enumerate(rules)]
    found = parse_policy(Graph([Resource("urn:rules", RULESET, "rules", {"rules": listed})]))
    assert found is not None
    return found


def test_rules_of_one_name_are_distinguished() -> None:
    found = stated({"name": "a"}, {"name": "a (2)"}, {"name": "a"}, {"name": "a"})
    assert [rule.name for rule in found.ruleset.rules] == ["a", "a (2)", "a (3)", "a (4)"]


@pytest.mark.parametrize("action", ["PERMIT", "DENY"])
def test_icmp_by_name_is_the_widest_permit_and_no_certain_deny(action: str) -> None:
    found = stated({"action": action, "protocol": "ICMP", "webGroups": [WellKnownObject.ALL_WEB.value], "portRanges": [{"lo": 1, "hi": 2}]})
    (rule,) = found.ruleset.rules
    assert rule.web_groups == ()
    assert rule.ports == ()
    assert (rule.sources == (WellKnownObject.ANYWHERE.value,)) is (action == "PERMIT")
    assert any("ICMP" in note for note in found.notes)


@pytest.mark.parametrize("odd", [{"portRanges": [{"lo": 500, "hi": 400}]}, {"portRanges": [{"lo": -1}]}, {"protocol": "SCTP"}], ids=str)
def test_what_no_controller_would_take_is_the_widest_permit_and_no_certain_deny(odd: dict[str, Any]) -> None:
    permit, deny = stated({"action": "PERMIT", **odd}, {"action": "DENY", **odd}).ruleset.rules
    assert permit.sources == (WellKnownObject.ANYWHERE.value,)
    assert deny.sources != (WellKnownObject.ANYWHERE.value,)


@pytest.mark.parametrize("key", ["action", "protocol", "srcSmartGroups", "dstSmartGroups", "webGroups", "portRanges", "priority", "watch"])
def test_what_is_not_known_is_read_without_a_guess(key: str) -> None:
    assert stated({key: UNKNOWN}, {}).ruleset.rules
