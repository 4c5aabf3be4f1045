"""Wildcard patterns: whether two share a text, and whether one covers another, agrees with trying every text."""

from __future__ import annotations

import itertools
import re
import time

from hypothesis import given
from hypothesis import strategies as st

from policypack.iam.globs import covers, meet

TEXTS = ["".join(text) for length in range(8) for text in itertools.product("ab", repeat=length)]
PATTERNS = st.text("ab*?", max_size=5)


def fits(pattern: str) -> set[str]:
    parts = {"*": ".*", "?": "."}
    form = re.compile("".join(parts.get(char, char) for char in pattern))
    return {text for text in TEXTS if form.fullmatch(text)}


@given(PATTERNS, PATTERNS)
def test_two_patterns_meet_exactly_when_some_text_fits_both(one: str, other: str) -> None:
    shared = fits(one) & fits(other)
    assert meet(one, other) is bool(shared)
    assert meet(other, one) is bool(shared)


@given(PATTERNS, PATTERNS)
def test_a_pattern_that_covers_another_fits_all_of_its_texts(wide: str, narrow: str) -> None:
    if covers(wide, narrow):
        assert fits(narrow) <= fits(wide)


@given(st.text("ab", max_size=5), PATTERNS)
def test_a_text_is_covered_exactly_when_it_fits(text: str, pattern: str) -> None:
    assert covers(pattern, text) is (text in fits(pattern))


def test_letter_case_does_not_count() -> None:
    assert meet("S3:Get*", "s3:getobject")
    assert covers("s3:Get*", "S3:GETOBJECT*")
    assert not covers("s3:get*", "s3:*")


def test_patterns_of_thousands_of_characters_take_no_time_and_no_stack() -> None:
    started = time.process_time()
    assert meet("*a" * 1500, "*b" * 1500 + "a")
    assert meet("a" * 1500 + "*", "*" + "b" * 1500)
    assert not meet("*a" * 1500 + "x", "*b" * 1500 + "y")
    assert not meet("*a?" * 1500 + "c", "?*b" * 1500 + "d")
    assert time.process_time() - started < 1
