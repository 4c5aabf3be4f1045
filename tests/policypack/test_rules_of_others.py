"""A policy group evaluates no ruleset of another program ahead of the agents' own."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.graph.known_types import POLICY_GROUP
from tests.policypack.firewall_holes import vended
from tests.policypack.stacks import Ref, Stack

ELSEWHERE = "5b0c3c1e-7d1a-4a55-9b51-0a1b2c3d4e5f"
FORCE = "ruleset-is-in-force"


def grouped(own: Any, theirs: Any, key: str = "rulesetReferences") -> Stack:
    stack = vended(is_list=False)
    (name,) = (one for one, kind in stack.types.items() if kind.endswith(":DcfRuleset"))
    stack.props[name].pop("attachTo", None)
    group: dict[str, Any] = {"attachTo": "defa11a1-3000-4001-0000-000000000000", "rulesetReferences": [{"targetUuid": Ref(name), **own}]}
    group[key] = [*group.get(key, []), {"targetUuid": ELSEWHERE, **theirs}]
    stack.add(POLICY_GROUP, "group", group)
    return stack


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("key", ["rulesetReferences", "policyGroupReferences"])
@pytest.mark.parametrize(
    ("own", "theirs"), [({"priority": 10}, {"priority": 1}), ({"priority": 10}, {"priority": 10}), ({"priority": 10}, {})]
)
def test_what_may_be_evaluated_first_is_refused(own: Any, theirs: Any, key: str, known: bool) -> None:
    assert (FORCE, "group") in grouped(own, theirs, key).refused(known)


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("key", ["rulesetReferences", "policyGroupReferences"])
def test_what_is_evaluated_afterwards_passes(key: str, known: bool) -> None:
    assert (FORCE, "group") not in grouped({"priority": 10}, {"priority": 11}, key).refused(known)
