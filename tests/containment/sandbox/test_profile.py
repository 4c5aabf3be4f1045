"""The launcher's profile is closed: every key is required, none is unknown, and what is not understood is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from containment.errors import InputError
from containment.renderings.kinds import RenderingKind
from containment.sandbox.profile import format_profile, parse_profile
from tests.containment.renderings.artifacts import document_of


def paths_of(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if not isinstance(value, dict):
        return []
    return [path for key, inner in value.items() for path in ((*at, key), *paths_of(inner, (*at, key)))]


DOCUMENT = document_of(RenderingKind.LAUNCHER, "research-enforce")
KEYS = [path for path in paths_of(DOCUMENT) if path[0] != "limits" or len(path) == 1]


def refused(document: Any) -> list[str]:
    with pytest.raises(InputError) as raised:
        parse_profile(json.dumps(document), "profile.json")
    return [one.where for one in raised.value.problems]


def test_the_text_is_read_back_as_it_was_written() -> None:
    profile = parse_profile(json.dumps(DOCUMENT), "profile.json")
    assert parse_profile(format_profile(profile), "profile.json") == profile


@pytest.mark.parametrize("path", KEYS, ids=".".join)
def test_a_missing_key_is_refused(path: tuple[str, ...]) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    assert refused(document) == [f"profile.json:{'.'.join(path)}"]


def test_unknown_keys_and_values_are_all_reported_at_once() -> None:
    document = {**json.loads(json.dumps(DOCUMENT)), "extra": 1, "network": "host", "default": "allow"}
    document["egress"][0]["scheme"] = "http"
    document["egress"][0]["ports"] = [{"first": 9, "last": 8}]
    expected = ("default", "egress.0.ports.0", "egress.0.scheme", "extra", "network")
    assert {f"profile.json:{key}" for key in expected} <= set(refused(document))


def test_a_key_that_is_set_twice_is_refused() -> None:
    text = json.dumps(DOCUMENT)[:-1] + ', "network": "proxy"}'
    with pytest.raises(InputError, match="twice"):
        parse_profile(text, "profile.json")
