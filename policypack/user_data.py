"""What a host's user data says, in every layer: plain, base64, compressed, and base64 inside of either.

Anybody on the host can read its user data, and so can whoever may describe instances. What is not known yet has no text.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from policypack.graph import Resource
from policypack.known_types import INSTANCES, LAUNCH_CONFIGURATION, LAUNCH_TEMPLATE, LIGHTSAIL, SPOT_FLEET
from policypack.plain import field, items

_KEYS: Final = ("userData", "userDataBase64")
_RUN: Final = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{16,}={0,2}")
_LINES: Final = re.compile(r"(?<![A-Za-z0-9+/])((?:[A-Za-z0-9+/]{40,}[ \t]*\r?\n[ \t]*)+)([A-Za-z0-9+/]*={0,2})")
_DEPTH: Final = 4
_LONGEST: Final = 1 << 18
"""Bytes a compressed layer may unpack to; EC2 takes 16 KiB of user data."""


def texts(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield (property, text) for every layer of what a resource gives a host to run."""
    for path, value in _values(resource):
        if isinstance(value, str):
            yield from ((path, text) for text in _read(value))


def _values(resource: Resource) -> Iterator[tuple[str, Any]]:
    if resource.type in (*INSTANCES, LAUNCH_TEMPLATE, LAUNCH_CONFIGURATION, LIGHTSAIL):
        yield from ((key, resource.get(key)) for key in _KEYS)
    if resource.type == SPOT_FLEET:
        for number, one in enumerate(items(resource.get("launchSpecifications"))):
            yield f"launchSpecifications[{number}].userData", field(one, "userData")


@lru_cache(maxsize=16)
def _read(value: str) -> tuple[str, ...]:
    """Return every layer of one text; several rules ask, about the resource and again about the stack."""
    return tuple(dict.fromkeys(_layers(value, _DEPTH)))


def _layers(text: str, depth: int) -> Iterator[str]:
    yield text
    if depth:
        for encoded in _encoded(text):
            decoded = _decoded("".join(encoded.split()))
            if decoded is not None:
                yield from _layers(decoded, depth - 1)


def _encoded(text: str) -> Iterator[str]:
    """Yield what may be base64: runs on one line, and runs over lines, with and without the line that comes after them."""
    yield from _RUN.findall(text)
    for lines, last in _LINES.findall(text):
        yield from (lines, lines + last)


def _decoded(encoded: str) -> str | None:
    """Return the text that a run of base64 stands for, None when it stands for none."""
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        text = _unpacked(raw).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text if text and all(char.isprintable() or char in "\r\n\t" for char in text) else None


def _unpacked(raw: bytes) -> bytes:
    """Return the bytes of a compressed layer, or the bytes themselves."""
    try:
        return zlib.decompressobj(wbits=47).decompress(raw, _LONGEST)  # 47: a zlib or a gzip header
    except zlib.error:
        return raw
