"""A tag counts as a second factor only if its name says so."""

from __future__ import annotations

import pytest

from containment.sessions.second_factor import is_second_factor_tag


@pytest.mark.parametrize("key", ["mfa", "MFA", "userMfa", "second-factor", "secondFactor", "multifactor", "amr", "token:amr", "acr", "2fa"])
def test_a_name_that_says_it_counts(key: str) -> None:
    assert is_second_factor_tag(key)


@pytest.mark.parametrize("key", ["", "factor", "department", "owner", "camrose", "massacre", "amrstaff"])
def test_any_other_name_does_not(key: str) -> None:
    assert not is_second_factor_tag(key)
