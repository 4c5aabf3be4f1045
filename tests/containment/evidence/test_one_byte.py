"""One changed byte is found: in each part, the envelope and each rendering, at places all over the text, and without a connection."""

from __future__ import annotations

import json
import random
import socket
from typing import Any

import pytest

from containment.evidence.make import MadeBundle
from containment.evidence.model import PartName
from tests.containment.evidence.desk import Desk

PLACES = 12
"""Changed bytes per member; each is verified whole."""


def find_places(text: str, low: int, high: int) -> list[int]:
    """Return places in a piece of a text: its ends, and some between them from a fixed seed."""
    between = random.Random(low).sample(range(low, high), min(PLACES, high - low))
    return sorted({low, high - 1, *between})


def flip(text: str, place: int) -> str:
    """Return a text with the lowest bit of one character changed."""
    return text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]


def find_members(text: str) -> dict[str, tuple[int, int]]:
    """Return the envelope and each part of a bundle with the piece of the text that it is."""
    document = json.loads(text)
    pieces: dict[str, Any] = {"envelope": document["envelope"], **{part["name"]: part for part in document["parts"]}}
    starts = {"envelope": text.index('"envelope"'), **{name: text.index(f'"name": "{name}"') for name in pieces if name != "envelope"}}
    order = sorted(starts.values())
    ends = {start: next((one for one in order if one > start), len(text)) for start in order}
    return {name: (start, ends[start]) for name, start in starts.items()}


@pytest.mark.parametrize("member", ["envelope", *(one.value for one in PartName)])
def test_a_changed_byte_of_a_member_is_found(shared: Desk, made: MadeBundle, member: str) -> None:
    assert shared.find_kinds(made.text) == set()
    low, high = find_members(made.text)[member]
    passed = [place for place in find_places(made.text, low, high) if not shared.find_kinds(flip(made.text, place))]
    assert [made.text[max(low, place - 40) : place + 40] for place in passed] == []


@pytest.mark.parametrize("suffix", [".md", ".csv", ".html"])
def test_a_changed_byte_of_a_rendering_is_found(shared: Desk, made: MadeBundle, suffix: str) -> None:
    text = made.renderings[suffix]
    for place in find_places(text, 0, len(text)):
        assert shared.find_kinds(made.text, {**made.renderings, suffix: flip(text, place)}) == {"altered-rendering"}, text[
            place - 40 : place
        ]


def test_a_bundle_is_verified_without_a_connection(shared: Desk, made: MadeBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(AssertionError, match="was opened"):
        socket.socket()
    assert shared.find_kinds(made.text, made.renderings) == set()
    assert shared.find_kinds(flip(made.text, find_members(made.text)["rules"][0] + 20))
