"""Wildcard patterns: every comparison agrees with trying every text, and takes no recursion."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from containment.patterns.wildcards import find_common_text, has_common_text, is_match, is_superset

TEXTS = ["".join(text) for length in range(9) for text in itertools.product("ab", repeat=length)]
"""Every text up to the eight characters that two patterns of four characters and a star each can have in common."""
PATTERNS = st.text("ab*?", max_size=5)
STARRED = st.text("ab*", max_size=5)


def fits(pattern: str) -> set[str]:
    parts = {"*": ".*", "?": "."}
    form = re.compile("".join(parts.get(char, char) for char in pattern))
    return {text for text in TEXTS if form.fullmatch(text)}


@given(PATTERNS, PATTERNS)
def test_two_patterns_meet_exactly_when_some_text_fits_both(one: str, other: str) -> None:
    shared = fits(one) & fits(other)
    assert has_common_text(one, other) is bool(shared)
    assert has_common_text(other, one) is bool(shared)


@given(STARRED, STARRED)
def test_a_common_text_fits_both_patterns_and_none_is_shorter(one: str, other: str) -> None:
    shared = fits(one) & fits(other)
    found = find_common_text(one, other)
    assert (found is None) is not bool(shared)
    assert found is None or (found in shared and len(found) == min(map(len, shared)))


@given(PATTERNS, PATTERNS)
def test_a_pattern_that_covers_another_fits_all_of_its_texts(wide: str, narrow: str) -> None:
    if is_superset(wide, narrow):
        assert fits(narrow) <= fits(wide)


@given(STARRED, STARRED)
def test_without_question_marks_a_pattern_covers_another_exactly_when_it_fits_all_of_its_texts(wide: str, narrow: str) -> None:
    spelled = narrow.replace("*", "c")  # a character that `wide` does not name stands for every text a star can be
    assert is_superset(wide, narrow) is bool(re.fullmatch(wide.replace("*", ".*"), spelled))


@given(st.text("ab", max_size=5), PATTERNS)
def test_a_text_matches_and_is_covered_exactly_when_it_fits(text: str, pattern: str) -> None:
    assert is_match(pattern, text) is is_superset(pattern, text) is (text in fits(pattern))


def test_a_star_in_a_text_is_a_character_and_no_wildcard() -> None:
    assert is_match("?", "*")
    assert is_match("a*", "a*")
    assert not is_match("ab", "a*")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("*a" * 1500, "*b" * 1500 + "a", True),
        ("a" * 1500 + "*", "*" + "b" * 1500, True),
        ("*a" * 1500 + "x", "*b" * 1500 + "y", False),
        ("*a?" * 1500 + "c", "?*b" * 1500 + "d", False),
    ],
)
def test_patterns_of_thousands_of_characters_need_no_recursion(one: str, other: str, expected: bool) -> None:
    assert has_common_text(one, other) is expected


def test_a_pattern_of_many_stars_is_matched_without_backtracking() -> None:
    assert not is_match("*a" * 120 + "b", "a" * 250)
    assert not is_superset("*a" * 1500 + "b", "a*" * 1500)
