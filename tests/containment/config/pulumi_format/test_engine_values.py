"""Values of a stack file become the texts that the Pulumi engine passes, and a declared type takes what the engine takes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from containment.config.pulumi_format.engine_values import ConfigType, encode_for_engine
from containment.config.pulumi_format.stack_file import find_empty_keys, read_config
from containment.fixes.words import has_word

ARRAY = ConfigType("array", ConfigType("string"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2027, 3, 31), "2027-03-31 00:00:00 +0000 UTC"),
        (datetime(2027, 3, 31, 10, tzinfo=UTC), "2027-03-31 10:00:00 +0000 UTC"),
        (datetime(2027, 3, 31, 10, 0, 0, 500000, tzinfo=timezone(timedelta(hours=2))), "2027-03-31 10:00:00.5 +0200 +0200"),
        (9.0, "9"),
        (1e21, "1e+21"),
        (123456789012345680000.0, "123456789012345680000"),
        (0.000001, "0.000001"),
        (1.5e-7, "1.5e-7"),
        (-0.5, "-0.5"),
        (True, "true"),
        (None, ""),
        ({"b": [None, 2.0, True], "a": "<&>"}, '{"a":"\\u003c\\u0026\\u003e","b":[null,2,true]}'),
    ],
)
def test_a_value_is_the_text_that_the_engine_passes(value: Any, text: str) -> None:
    assert encode_for_engine(value) == text


@pytest.mark.parametrize("value", [float("inf"), float("nan"), [float("inf")]])
def test_a_number_without_a_json_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a number that JSON has"):
        encode_for_engine(value)


@pytest.mark.parametrize(
    ("kind", "takes", "refuses"),
    [
        (ConfigType("string"), ["", "a", "9"], [["a"], {"a": 1}]),
        (ConfigType("integer"), ["3", "-1", "+3"], ["3.0", "3.5", "", "true", "1_000", "yes", [3]]),
        (ConfigType("boolean"), ["true", "false"], ["True", "yes", "on", "1", "", ["true"]]),
        (ARRAY, [[], ["a"]], ["", '["a"]', [1], [["a"]], {}]),
        (ConfigType("array"), [], [[], ["a"]]),
        (ConfigType("object"), [{}, {"a": 1}], ["{}", [], ""]),
        (ConfigType("number"), [], ["1"]),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_declared_type_takes_what_the_engine_takes(kind: ConfigType, takes: list[Any], refuses: list[Any]) -> None:
    assert [kind.find_problem(value) for value in takes] == [None] * len(takes)
    for value in refuses:
        assert str(kind.find_problem(value)).startswith(f"must be of type {kind}: "), json.dumps(value)


def test_a_declaration_without_a_type_takes_anything() -> None:
    assert ConfigType.parse({"default": 3}) is None
    assert ConfigType.parse({"type": "array", "items": {"type": "string"}}) == ARRAY


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ([], "is not a mapping"),
        ({"config": []}, "has no mapping of keys to values"),
        ({"environment": ["a"]}, "`environment:` imports values from Pulumi ESC"),
        ({"config": {"a": 1, "shop:a": 2}}, "sets shop:a twice"),
    ],
)
def test_a_stack_file_that_the_engine_would_read_otherwise_is_refused(document: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_config(document, "shop")


def test_keys_of_a_stack_file_are_full_and_empty_ones_are_warned_of() -> None:
    found = read_config({"config": {"a": None, "aws:region": "x"}, "encryptionsalt": "v1"}, "shop")
    assert found == {"shop:a": None, "aws:region": "x"}
    assert find_empty_keys(found) == ["shop:a has no value and is passed as an empty text; set it, or remove the key"]
    assert read_config(None, "shop") == read_config({"environment": None}, "shop") == {}


@pytest.mark.parametrize(("text", "is_word"), [("ops", True), ("a b", False), ("x-y", False), ("", False), ("平台", True), ("Ü5Ü", False)])
def test_a_word_is_two_letters_that_nothing_separates(text: str, is_word: bool) -> None:
    assert has_word(text) is is_word
