"""The target of a request (`/HOST/PATH?QUERY`) in one canonical form, which is judged and is also what is sent.

A target that has a second reading is refused, never repaired: `..` and `.` segments, empty segments, encoded slashes, double encoding,
`;` parameters, backslashes, control and non-ASCII characters. Percent-encoding of plain characters is removed, since SDKs differ in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from containment.credential_gateway.decision import DenyRule, RefusedError
from containment.credential_gateway.path_template import SEGMENT_CHARACTERS

LONGEST: Final = 4096
"""The longest target, in characters; the proxy's own limit for all headers is above it."""
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_SEGMENT: Final = re.compile(rf"[{SEGMENT_CHARACTERS}]+")
_VALUE: Final = re.compile(r"[A-Za-z0-9._~:@/-]*")


@dataclass(frozen=True)
class Target:
    """A target in canonical form: the destination, the path there, and the query's parts as they were sent."""

    host: str
    path: str
    query: tuple[str, ...]


def parse_target(raw: str, *, final_slash: bool = False) -> Target:
    """Return a target in canonical form.

    Args:
        raw: the target as the client sent it, without decoding.
        final_slash: whether the path may end with a slash, as some servers need it.

    Raises:
        RefusedError: it has no canonical form.
    """
    if len(raw) > LONGEST:
        raise _refuse(f"the target is longer than {LONGEST} characters")
    if not raw.isascii() or any(not 0x21 <= ord(character) <= 0x7E for character in raw):
        raise _refuse("the target has a character that is not printable ASCII")
    if "#" in raw or "\\" in raw:
        raise _refuse("the target has a '#' or a backslash")
    path, _, query = raw.partition("?")
    if not path.startswith("/"):
        raise _refuse("the target is not a path")
    end = "/" if final_slash and path.endswith("/") else ""
    segments = [_decode_segment(segment) for segment in path.removesuffix(end or "\0").split("/")[1:]]
    if len(segments) < 2:
        raise _refuse("the target names a destination and no path there")
    return Target(segments[0], "/" + "/".join(segments[1:]) + end, tuple(query.split("&")) if query else ())


def _refuse(reason: str) -> RefusedError:
    """Return the refusal of a target; the reason has no part of it."""
    return RefusedError(DenyRule.PATH_NOT_CANONICAL, reason)


def _decode_segment(raw: str) -> str:
    segment = _decode(raw)
    if segment is None or not _SEGMENT.fullmatch(segment):
        what = "an empty segment" if not raw else "a segment with a character that servers read in different ways"
        raise _refuse(f"the path has {what}")
    if segment in (".", ".."):
        raise _refuse("the path has a segment '.' or '..'")
    return segment


def _decode(raw: str) -> str | None:
    """Return text with its percent-encoding removed once, None where a '%' begins no escape."""
    if "%" in _ESCAPE.sub("", raw):
        return None
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), raw)


def select_query(parts: Sequence[str], permitted: Mapping[str, Sequence[str]]) -> tuple[str, tuple[str, ...]]:
    """Return the permitted part of a query in canonical form, and the keys that were removed.

    Args:
        parts: the query's parts, as they were sent.
        permitted: permitted keys with their permitted values.

    Raises:
        RefusedError: a permitted key has another value, or is there twice.
    """
    kept: dict[str, str] = {}
    removed: list[str] = []
    for part in parts:
        raw_key, _, raw_value = part.partition("=")
        key = _decode(raw_key)
        if key is None or key not in permitted:
            removed.append((key or raw_key).lower())
            continue
        value = _decode(raw_value)
        if value is None or value not in permitted[key] or not _VALUE.fullmatch(value):
            raise RefusedError(DenyRule.QUERY_NOT_PERMITTED, f"the query's {key} is not one of: {', '.join(permitted[key])}")
        if key in kept:
            raise RefusedError(DenyRule.QUERY_NOT_PERMITTED, f"the query has {key} twice")
        kept[key] = value
    return "&".join(f"{key}={value}" for key, value in sorted(kept.items())), tuple(removed)
