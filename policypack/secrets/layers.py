"""Every layer of a text that the text itself can unpack: encodings inside encodings, archives, compressed files.

Bounded in depth, in bytes and in the number of layers; whatever is beyond a bound, and every form that cannot be read here
(encrypted, or packed with a format that Python does not read), is reported as unreadable, never skipped.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from policypack.secrets.encodings import payloads, rewritings, without_packed
from policypack.secrets.packing import Unreadable, unpack, unreadable_in

_DEPTH: Final = 6
_LAYERS: Final = 4096
_BYTES: Final = 1 << 21
"""Bytes that all layers together may unpack to; EC2 takes 16 KiB of user data."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The layers of a text, itself first, and what in it cannot be read, in words."""

    texts: tuple[str, ...]
    unreadable: tuple[str, ...] = ()


@lru_cache(maxsize=32)
def read_layers(text: str) -> Reading:
    """Return every layer of one text; several rules ask, about the resource and again about the stack."""
    texts, unreadable = dict.fromkeys([text]), dict[str, None]()
    waiting, budget = deque([(text, 0)]), _BYTES
    while waiting:
        layer, depth = waiting.popleft()
        unreadable.update(dict.fromkeys(unreadable_in(layer)))
        for found in _inside(layer):
            if isinstance(found, Unreadable):
                unreadable[found.why] = None
            elif found not in texts:
                budget -= len(found)
                if depth == _DEPTH or budget < 0 or len(texts) == _LAYERS:
                    unreadable["more layers than can be read here"] = None
                    return Reading(tuple(texts), tuple(unreadable))
                texts[found] = None
                waiting.append((found, depth + 1))
    return Reading(tuple(map(without_packed, texts)), tuple(unreadable))


@lru_cache(maxsize=128)
def _inside(text: str) -> list[str | Unreadable]:
    """Return what one layer contains; the stacks of a fleet share most of their files."""
    found: list[str | Unreadable] = list(rewritings(text))
    for raw in payloads(text):
        found.extend(unpack(raw))
    return found
