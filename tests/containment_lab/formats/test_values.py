"""Property values keep their meaning across the engine's borders."""

from __future__ import annotations

import pytest

from containment_lab.errors import EngineError
from containment_lab.formats.values import is_below, keep_old, parse_path, propagate_secrets, receive, redact, send
from containment_lab.wire import OUTPUT, SIGNATURE, UNKNOWN, convert_to_struct, wrap_secret


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a", ("a",)),
        ("a.b", ("a", "b")),
        ("a[0].b", ("a", 0, "b")),
        ('a["b.c"][*]', ("a", "b.c", "*")),
        ("*", ("*",)),
        ('["with space"].x-y', ("with space", "x-y")),
    ],
)
def test_property_paths(text: str, path: tuple[str | int, ...]) -> None:
    assert parse_path(text) == path


@pytest.mark.parametrize("text", ["a[", "a[x]", 'a["b]', "a..b"])
def test_bad_property_paths_are_reported(text: str) -> None:
    with pytest.raises(EngineError, match="property path"):
        parse_path(text)


def test_a_pattern_contains_what_lies_below() -> None:
    assert is_below(("a", "*"), ("a", 3, "b"))
    assert not is_below(("a", "b"), ("a",))
    assert not is_below(("a", 0), ("a", 1))


def test_output_values_are_taken_apart_and_unknowns_are_one() -> None:
    known = {SIGNATURE: OUTPUT, "value": {SIGNATURE: OUTPUT, "secret": True, "value": 1}}
    message = convert_to_struct({"a": known, "b": {SIGNATURE: OUTPUT}, "c": ["3eeb2bf0-c639-47a8-9e75-3b44932eb421"]})
    assert receive(message) == {"a": wrap_secret(1), "b": UNKNOWN, "c": [UNKNOWN]}


def test_what_a_receiver_does_not_take_is_left_out_or_unwrapped() -> None:
    value = {"s": wrap_secret({"x": 1}), "u": UNKNOWN, "l": [wrap_secret(UNKNOWN), 2]}
    assert send(value, secrets=False, unknowns=False) == {"s": {"x": 1}, "l": [2]}
    assert redact(value) == {"s": "[secret]", "u": UNKNOWN, "l": ["[secret]", 2]}


def test_secrets_return_to_the_outputs_of_a_provider_that_drops_them() -> None:
    outputs = {"p": "x", "n": {"deep": "y", "open": 1}, "new": 2}
    propagate_secrets(outputs, {"p": wrap_secret("x"), "n": {"deep": [wrap_secret("y")], "open": 1}})
    assert outputs == {"p": wrap_secret("x"), "n": {"deep": wrap_secret("y"), "open": 1}, "new": 2}


def test_ignored_changes_keep_the_old_value_and_its_secrecy() -> None:
    old, new = {"a": wrap_secret({"b": 1}), "l": [1, 2]}, {"a": {"b": 2}, "l": [9, 2], "gone": 1}
    assert keep_old(parse_path("a.b"), old, new)
    assert keep_old(parse_path("l[0]"), old, new)
    assert keep_old(parse_path("gone"), old, new)
    assert new == {"a": {"b": wrap_secret(1)}, "l": [1, 2]}
    assert not keep_old(parse_path("l[2]"), {"l": [1, 2, 3]}, {"l": [1]})
