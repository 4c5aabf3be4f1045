"""Unpack every layer of a text: nested encodings, archives, compressed files.

Depth, bytes and number of layers are bounded. A layer beyond a bound, and every form that cannot be read here (encrypted, or in a
format that Python does not read), is reported as unreadable and never skipped.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from policypack.facts.secrets.archives import UnreadableLayer, find_unreadable, unpack
from policypack.facts.secrets.encodings import decode_payloads, drop_packed, rewrite_text

_DEPTH: Final = 6
_LAYERS: Final = 4096
_BYTES: Final = 1 << 21
"""Maximum size in bytes of all layers together; EC2 accepts 16 KiB of user data."""


@dataclass(frozen=True, slots=True)
class TextLayers:
    """The layers of a text, itself first, and its unreadable parts in words."""

    texts: tuple[str, ...]
    unreadable: tuple[str, ...] = ()


@lru_cache(maxsize=32)
def read_layers(text: str) -> TextLayers:
    """Return every layer of a text; cached, because several rules read it, for the resource and for the stack."""
    texts, unreadable = dict.fromkeys([text]), dict[str, None]()
    waiting, budget = deque([(text, 0)]), _BYTES
    while waiting:
        layer, depth = waiting.popleft()
        unreadable.update(dict.fromkeys(find_unreadable(layer)))
        for found in _unpack_layer(layer):
            if isinstance(found, UnreadableLayer):
                unreadable[found.why] = None
            elif found not in texts:
                budget -= len(found)
                if depth == _DEPTH or budget < 0 or len(texts) == _LAYERS:
                    unreadable["more layers than can be read here"] = None
                    return TextLayers(tuple(texts), tuple(unreadable))
                texts[found] = None
                waiting.append((found, depth + 1))
    return TextLayers(tuple(map(drop_packed, texts)), tuple(unreadable))


@lru_cache(maxsize=128)
def _unpack_layer(text: str) -> list[str | UnreadableLayer]:
    """Return the layers directly inside one layer; cached, because similar hosts share most of their files."""
    found: list[str | UnreadableLayer] = list(rewrite_text(text))
    for raw in decode_payloads(text):
        found.extend(unpack(raw))
    return found
