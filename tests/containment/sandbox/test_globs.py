"""Inclusion of globs: it agrees with trying every text, and its counterexamples are real."""

from __future__ import annotations

import itertools
import re

from hypothesis import given
from hypothesis import strategies as st

from containment.sandbox.globs import find_uncovered_text, is_match

TEXTS = ["".join(text) for length in range(6) for text in itertools.product("ab/", repeat=length)]
PATTERNS = st.lists(st.sampled_from(["a", "b", "/", "*", "**", "?"]), max_size=5).map("".join)


def fits(pattern: str, text: str) -> bool:
    form = re.sub(
        r"\*{2,}|\*|\?|.", lambda found: {"*": "[^/]*", "?": "[^/]"}.get(found[0], ".*" if "*" in found[0] else found[0]), pattern
    )
    return re.fullmatch(form, text) is not None


@given(PATTERNS, st.sampled_from(TEXTS))
def test_a_text_fits_exactly_as_the_regular_expression(pattern: str, text: str) -> None:
    assert is_match(pattern, text) is fits(pattern, text)


@given(PATTERNS, st.lists(PATTERNS, max_size=3))
def test_inclusion_agrees_with_trying_every_text(narrow: str, wide: list[str]) -> None:
    found = find_uncovered_text(narrow, wide)
    if found is None:
        assert not [text for text in TEXTS if fits(narrow, text) and not any(fits(one, text) for one in wide)]
    else:
        assert fits(narrow, found)
        assert not any(fits(one, found) for one in wide)


def test_several_patterns_together_cover_what_none_covers_alone() -> None:
    assert find_uncovered_text("GET /**", ["GET /*", "GET /*/**"]) is None
    assert find_uncovered_text("GET /**", ["GET /*"]) is not None


def test_a_pattern_that_programs_read_differently_is_covered_by_nothing_else() -> None:
    assert find_uncovered_text("/usr/bin/{git,sudo}", ["/**"]) == "/usr/bin/{git,sudo}"
    assert find_uncovered_text("/usr/bin/git", ["/usr/bin/[a-z]*"]) == "/usr/bin/git"
