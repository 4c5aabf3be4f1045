"""Strict JSON: what is refused has a place and a fix in plain words, and never a value of the text."""

from __future__ import annotations

import pytest

from containment import strict_json


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ('{"a": 1', "line 1, column 8: is not JSON: it ends in the middle of a value"),
        ('{"a": "x', "it ends in the middle of a value"),
        ('{"a": 1,\n  b: 2}', "line 2, column 3: is not JSON: a key is not in double quotes"),
        ("{'a': 1}", "a key is not in double quotes"),
        ('{"a" 1}', "the colon after a key is missing"),
        ("[1\n2]", "line 2, column 1: is not JSON: a comma or a closing bracket is missing"),
        ('{"a": True}', "a value is missing or is not JSON"),
        ('{"a": 1} {"b": 2}', "there is more text after the end of the document"),
        ('{"a": "x\ny"}', "a text contains a line break or a control character"),
        ('{"a": "\\x"}', "a text contains an unknown escape sequence"),
        ('{"a": 1, "a": 2}', "has the key a twice in one object"),
        ("[" * 100_000, "is nested too deeply"),
        ("1" * 5_000, "has a number with thousands of digits"),
        ('{"a": NaN}', "has NaN, which is not a JSON number"),
        ("[-Infinity]", "has -Infinity, which is not a JSON number"),
    ],
    ids=lambda text: text[:24],
)
def test_text_that_is_refused_has_its_place_and_a_fix(text: str, says: str) -> None:
    with pytest.raises(strict_json.StrictJsonError) as caught:
        strict_json.load(text)
    assert says in caught.value.what
    assert len(caught.value.fix) > 8
    assert str(caught.value) == caught.value.what
    assert "Expecting" not in caught.value.what


def test_bytes_that_are_not_text_are_refused_with_their_place() -> None:
    with pytest.raises(strict_json.StrictJsonError, match=r"is not UTF-8 text \(byte 3\)"):
        strict_json.load_bytes(b'{"\xff": 1}')


def test_a_refusal_contains_no_value_because_it_could_be_a_secret() -> None:
    with pytest.raises(strict_json.StrictJsonError) as caught:
        strict_json.load('{"password": "hunter2" "x"}')
    assert "hunter2" not in f"{caught.value} {caught.value.fix}"
