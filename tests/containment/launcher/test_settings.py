"""The launcher reads the same closed document as the profile's model, and no text that the model refuses because of its form."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from containment.errors import InputError
from containment.launcher.settings import LIMITS, compute_digest, parse_settings
from containment.loaders.presets import find_class_names
from containment.renderings.kinds import RenderingKind
from containment.sandbox.profile import LauncherProfile, format_profile, parse_profile
from tests.containment.launcher.profiles import build_document
from tests.containment.renderings.artifacts import document_of

WRONG: tuple[Any, ...] = (None, 7, -1, True, 1.5, "", "text", [], [7], ["text"], {}, {"unknown": 1})


def is_accepted(read: Any, text: str) -> bool:
    try:
        read(text, "profile.json")
    except InputError:
        return False
    return True


def list_places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if place:
        yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from list_places(one, (*place, key))


def change(place: tuple[Any, ...], value: Any, *, remove: bool = False) -> dict[str, Any]:
    document = copy.deepcopy(build_document())
    at: Any = document
    for key in place[:-1]:
        at = at[key]
    if remove:
        del at[place[-1]]
    else:
        at[place[-1]] = value
    return document


def test_it_accepts_exactly_what_the_model_accepts() -> None:
    compared = 0
    for place in list_places(build_document()):
        for document in (change(place, None, remove=True), *(change(place, wrong) for wrong in WRONG)):
            text = json.dumps(document)
            model, launcher = is_accepted(parse_profile, text), is_accepted(parse_settings, text)
            is_value_of_proxy = (
                place[0] == "egress" and place[-2:-1] != ("ports",) and place[2:3] in (("host",), ("networks",), ("requests",))
            )
            is_limit_left_out = place[0] == "limits" and model and not launcher  # the model has defaults, rendered files have every key
            assert launcher == model or (is_value_of_proxy and launcher) or is_limit_left_out, (place, document)
            compared += 1
    assert compared > 500


def test_an_unknown_key_is_refused_wherever_it_is() -> None:
    objects = [(), ("files",), ("egress", 0), ("egress", 0, "ports", 0), ("tasks", 0), ("limits",)]
    for place in objects:
        text = json.dumps(change((*place, "extra"), 1))
        assert not is_accepted(parse_settings, text)
        assert not is_accepted(parse_profile, text)


def test_a_key_that_is_set_twice_and_text_that_is_no_profile_are_refused() -> None:
    text = json.dumps(build_document())
    for broken in (text.replace('"stack"', '"default": "deny", "stack"'), "", "[]", "null", text[:-1], "{" * 100_000):
        assert not is_accepted(parse_settings, broken)


def test_all_problems_are_reported_at_once_with_place_and_fix() -> None:
    document = build_document(default="allow", programs=["bash"], files={"readOnly": ["/usr/../etc"]})
    with pytest.raises(InputError) as raised:
        parse_settings(json.dumps(document), "p.json")
    assert [one.where for one in raised.value.problems] == [
        "p.json:default", "p.json:files.readOnly.0", "p.json:files.readWrite", "p.json:programs.0",
    ]  # fmt: skip
    assert {one.fix for one in raised.value.problems} == {"render it again: containment render --as launcher"}


def test_the_bounds_of_limits_are_those_of_the_model() -> None:
    for key, (least, most) in LIMITS.items():
        for value in (least - 1, least, *((most, most + 1) if most else ())):
            text = json.dumps(change(("limits", key), value))
            assert is_accepted(parse_settings, text) == is_accepted(parse_profile, text), (key, value)


def test_the_digest_is_that_of_the_rendered_text_however_it_is_laid_out() -> None:
    document = LauncherProfile.model_validate(build_document())
    text = format_profile(document)
    wanted = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    assert compute_digest(text) == wanted
    assert compute_digest(json.dumps(json.loads(text))) == wanted
    assert compute_digest(text.replace("dev", "prod")) != wanted


@pytest.mark.parametrize("name", sorted(find_class_names()))
def test_the_launcher_reads_the_rendered_profile_of_every_class(name: str) -> None:
    document = document_of(RenderingKind.LAUNCHER, f"{name}-enforce")
    found = parse_settings(json.dumps(document), "profile.json")
    assert found.limits.processes == document["limits"]["processes"]
    assert found.limits.data == document["limits"]["dataBytes"]
    assert list(found.read_only) == document["files"]["readOnly"]
