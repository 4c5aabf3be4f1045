"""What an agent chose is shown exactly: nothing is invisible, reordered, imitated or cut, and two different texts are shown differently."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from containment.human_gate.exact_text import find_warnings, list_values, show_text, split_text
from containment.human_gate.view import Row, render_rows

QUICK = settings(max_examples=300, deadline=None)
TEXT = st.text(
    st.characters() | st.sampled_from("\u202e\u2066\u200b\u00ad\u3164\u27e6\u27e7\x1b\n\t\r\x00\u2028\ufe0f\u05d0\u0301"), max_size=30
)


@QUICK
@given(TEXT)
def test_no_hidden_character_reaches_the_reader(text: str) -> None:
    """Neither on a terminal nor on a page, where line breaks follow their mark."""
    for shown in (show_text(text), "".join(one.text for one in split_text(text))):
        assert {unicodedata.category(one) for one in shown} <= {
            *(
                "Lu",
                "Ll",
                "Lt",
                "Lm",
                "Lo",
                "Mn",
                "Mc",
                "Nd",
                "Nl",
                "No",
                "Pc",
                "Pd",
                "Ps",
                "Pe",
                "Pi",
                "Pf",
                "Po",
                "Sm",
                "Sc",
                "Sk",
                "So",
                "Zs",
            )
        }
        assert not {"\u3164", "\u00a0", "\u2800"} & set(shown)
    assert not {unicodedata.bidirectional(one) for one in show_text(text)} & {"R", "AL", "AN", "RLE", "RLO", "RLI", "LRO"}


@QUICK
@given(TEXT, TEXT)
def test_different_texts_are_shown_differently(first: str, second: str) -> None:
    """No mark can be imitated by a text that contains the letters of a mark."""
    assert (show_text(first) == show_text(second)) is (first == second)


@QUICK
@given(TEXT)
def test_every_plain_character_is_kept(text: str) -> None:
    """Segments without marks are the text without its marked characters, in order."""
    plain = "".join(one.text for one in split_text(text) if not one.is_mark)
    rest = iter(text)
    assert all(one in rest for one in plain)
    marks = sum(one.is_mark for one in split_text(text))
    assert len(plain) + marks == len(text)


def test_a_text_cannot_imitate_a_mark_or_a_row() -> None:
    """The bracket of a mark is marked, and a line break cannot begin another row."""
    assert show_text("\u27e6U+000A line break\u27e7").count("\u27e6") == 2
    lines = render_rows([Row("argument sql (text)", "SELECT 1\nrisk:\n  \u2502 none")]).splitlines()
    assert lines[0] == "argument sql (text):"
    assert all(line.startswith("  \u2502 ") for line in lines[1:])
    assert len(lines) == 4


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(st.sampled_from('ab.[]0"\\ '), max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.sampled_from('ab.[]0" '), max_size=3), inner, max_size=3),
    max_leaves=8,
)


@QUICK
@given(
    st.dictionaries(st.text(st.sampled_from('ab.[]0" '), max_size=3), JSON, max_size=3), st.dictionaries(st.text("ab", max_size=2), JSON)
)
def test_different_arguments_have_different_paths_or_values(first: dict[str, object], second: dict[str, object]) -> None:
    """A key with a dot or a bracket is no path, and an empty object is shown."""

    def describe(arguments: dict[str, object]) -> list[tuple[str, str, str]]:
        return [(path, type(value).__name__, json.dumps(value)) for path, value in list_values(arguments)]

    assert (describe(first) == describe(second)) is (json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True))
    assert (len(describe(first)) == 0) is False


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a\u202eb", "change the order"),
        ("\u05d0\u05d1", "right-to-left letters"),
        ("a\u200bb", "invisible"),
        ("p\u0430ypal", "look alike"),
    ],
)
def test_a_reader_is_warned(text: str, word: str) -> None:
    assert any(word in one for one in find_warnings(text))


@pytest.mark.parametrize("text", ["", "UPDATE orders SET state = 'paid'", "line\nline\tcolumn", "Größe"])
def test_plain_text_has_no_warning(text: str) -> None:
    assert find_warnings(text) == ()
