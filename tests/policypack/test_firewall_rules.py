"""Rules about rules, by meaning: each way of opening a vended place is refused by its own rule, and sound ways of writing pass.

The place is a small one; only rules about the firewall policy are asked. The cases are in `firewall_holes`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from policypack.finding import Scope
from policypack.graph.known_types import (
    POLICY_GROUP,
    POLICY_LIST,
)
from policypack.graph.resources import Resource
from policypack.registry import RULES
from policypack.standalone_checks import check_stack
from tests.policypack.firewall_holes import ASKED, HOLES, MORE, ONCE_KNOWN, OURS, RULESET_HOLES, SOUND, found, of, permit, policies, vended
from tests.policypack.stacks import ANYWHERE, Ref


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("mode", ["enforce", "monitor"])
@pytest.mark.parametrize("is_list", [True, False], ids=["list", "ruleset"])
def test_a_sound_place_passes(is_list: bool, mode: str, known: bool) -> None:
    assert found(vended(mode, is_list=is_list), known) == set()


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("case", HOLES)
def test_a_hole_is_refused_by_its_own_rule(case: str, known: bool) -> None:
    change, expected = HOLES[case]
    stack = vended()
    change(stack)
    assert found(stack, known) == expected | MORE.get((case, known), set())


@pytest.mark.parametrize("case", ONCE_KNOWN)
def test_what_ids_reveal_is_refused_once_known(case: str) -> None:
    change, expected = ONCE_KNOWN[case]
    stack = vended()
    change(stack)
    assert found(stack, known=True) == expected


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("case", SOUND)
def test_sound_ways_of_writing_pass(case: str, known: bool) -> None:
    stack = vended()
    SOUND[case](stack)
    assert found(stack, known) == set()


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize(
    "case", sorted({case for case, (_, ids) in HOLES.items() if ids <= {one.id for one in RULES if one.scope is Scope.PLACE}})
)
def test_how_rules_hang_together_is_judged_in_a_place_only(case: str, known: bool) -> None:
    stack = vended()
    HOLES[case][0](stack)
    del stack.props["agent"]["tags"]["AgentStack"]
    assert found(stack, known) <= {"shadow-model-deny-comes-first"} & MORE.get((case, known), set())


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("case", RULESET_HOLES)
def test_a_hole_in_a_ruleset_is_refused(case: str, known: bool) -> None:
    change, expected = RULESET_HOLES[case]
    stack = vended(is_list=False)
    change(stack)
    assert found(stack, known) == expected


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
def test_a_ruleset_below_a_policy_group_is_in_force(known: bool) -> None:
    stack = vended(is_list=False)
    stack.props["rules"].pop("attachTo")
    references = [{"targetUuid": Ref("rules"), "priority": 10}]
    stack.add(POLICY_GROUP, "group", {"attachTo": "defa11a1-3000-4001-0000-000000000000", "rulesetReferences": references})
    assert found(stack, known) == set()
    stack.props["group"].pop("attachTo")
    assert found(stack, known) == {"ruleset-is-in-force"}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
def test_monitor_watches_and_lets_one_permit_follow_and_nothing_else(known: bool) -> None:
    stack = vended("monitor")
    permit(stack, "second", 205, ANYWHERE, protocol="ANY", portRanges=[])
    assert found(stack, known) == {"default-deny-is-last"}
    policies(stack).pop()
    stack.props["agent"]["tags"]["PolicyMode"] = "enforce"
    assert {"default-deny-is-last", "denies-are-applied", "permits-are-narrow"} <= found(stack, known)


def test_what_the_controller_answered_is_judged_as_well() -> None:
    def answered(change: Callable[[list[dict[str, Any]]], object]) -> set[str]:
        resources: list[Resource] = []
        for one in vended().resources(known=True):
            rules = [{**each, "decryptPolicy": "DECRYPT_UNSPECIFIED", "enforcement": ""} for each in one.outputs.get("policies", [])]
            if rules:
                change(rules)
            resources.append(replace(one, outputs={**one.outputs, "policies": rules}) if rules else one)
        return {finding.id for finding in check_stack(resources, ASKED)}

    assert answered(lambda rules: None) == set()
    assert answered(lambda rules: rules.remove(next(one for one in rules if one["name"] == "default-deny"))) == {"default-deny-is-last"}
    assert answered(lambda rules: [one.update(flowAppRequirement="APP_UNSPECIFIED") for one in rules]) == {"web-permits-demand-tls"}


def test_a_default_that_a_provider_answers_states_nothing_in_a_small_program() -> None:
    stack = vended()
    del stack.props["agent"]["tags"]["AgentStack"]
    of(stack, "allow-core").pop("flowAppRequirement")
    resources = [
        replace(
            one, outputs={**one.outputs, "policies": [{**each, "flowAppRequirement": "APP_UNSPECIFIED"} for each in one.props["policies"]]}
        )
        if one.type == POLICY_LIST
        else one
        for one in stack.resources(known=True)
    ]
    assert check_stack(resources, ASKED) == []
    of(stack, "allow-core")["flowAppRequirement"] = "APP_UNSPECIFIED"
    assert found(stack, known=True) == {"web-permits-demand-tls"}


def test_every_rule_about_the_controller_has_a_case_here() -> None:
    tried = {one for _, ids in (*HOLES.values(), *ONCE_KNOWN.values(), *RULESET_HOLES.values()) for one in ids}
    assert tried == set(OURS)
    assert {one.id for one in ASKED} == set(OURS)
