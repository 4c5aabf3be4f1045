"""Test 6 adds a destination that the policy does not know yet, whichever names the stack has been given."""

from __future__ import annotations

from typing import Any

import pytest

from containment_lab.validation.six_tests import choose_update_target


def make_rules(*names: str) -> list[dict[str, Any]]:
    return [{"names": ["github.com"]}, {"names": []}, {"names": list(names)}]


@pytest.mark.parametrize(
    ("names", "target"),
    [
        ((), "api.newly-approved.dev"),
        (("api.newly-approved.dev",), "api.newly-approved-2.dev"),
        (("*.newly-approved.dev", "api.newly-approved-2.dev"), "api.newly-approved-3.dev"),
    ],
)
def test_a_name_that_a_rule_matches_is_not_chosen(names: tuple[str, ...], target: str) -> None:
    assert choose_update_target(make_rules(*names)) == target
