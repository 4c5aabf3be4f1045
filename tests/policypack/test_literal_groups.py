"""A group that a rule names by a known id is none of the groups that are yet to be made."""

from __future__ import annotations

import pytest

from tests.policypack.firewall_holes import of, policies, vended
from tests.policypack.stacks import Ref

ELSEWHERE = "5b0c3c1e-7d1a-4a55-9b51-0a1b2c3d4e5f"


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
def test_a_default_deny_for_somebody_elses_group_is_refused_in_a_first_preview_too(known: bool) -> None:
    stack = vended()
    of(stack, "default-deny")["srcSmartGroups"] = [ELSEWHERE]
    assert {rule for rule, _ in stack.refused(known)} & {"default-deny-is-last", "agents-are-a-source-by-address", "policy-has-one-owner"}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
def test_the_programs_own_groups_are_found(known: bool) -> None:
    stack = vended()
    sources = [one["srcSmartGroups"] for one in policies(stack)]
    assert all(isinstance(one, Ref) for source in sources for one in source)
    assert not {rule for rule, _ in stack.refused(known)} & {"default-deny-is-last", "policy-has-one-owner"}
