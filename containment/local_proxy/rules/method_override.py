"""Places in which a request names another method or path than its own, which frameworks of web servers prefer.

A request is decided by its method and path. Rails, Laravel, Symfony, Express and others do another one if a header, a key of the query or
a field of a form says so. Such a request has two meanings, so it is refused.

Rules kept here:
- a key counts in every spelling that some server reads as it: case, percent-encoding, `-`, `.` or a space for `_`, a suffix `[...]`;
- a body that could have such a field, and cannot be read, is refused: compressed, or in a character set other than UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

HEADERS: Final = frozenset(
    {b"http-method-override", b"method-override", b"x-forwarded-method", b"x-forwarded-path", b"x-forwarded-uri", b"x-http-method"}
    | {b"x-http-method-override", b"x-method-override", b"x-original-method", b"x-original-uri", b"x-original-url"}
    | {b"x-override-url", b"x-request-method", b"x-rewrite-url"}
)
"""Headers with another method or path than the request's, in lower case."""
KEYS: Final = frozenset({b"_method", *(name.replace(b"-", b"_") for name in HEADERS)})
"""Keys of a query, and fields of a form or of JSON, in lower case with `_`."""
_SEPARATORS: Final = re.compile(rb"[?&;]")
_FIELD_OF_PART: Final = re.compile(rb"name\s*\*?\s*=\s*(?:utf-8'[^']*')?\s*(\"[^\"\r\n]*\"|'[^'\r\n]*'|[^\s;]*)", re.IGNORECASE)
_JSON_KEY: Final = re.compile(rb'(?<!\\)"((?:[^"\\]|\\.){1,200})"\s*:')
_JSON_ESCAPE: Final = re.compile(rb"\\u00([0-9a-fA-F]{2})")
_READ: Final = (b"form", b"json")
"""Parts of media types whose fields frameworks read as parameters."""
_CHARSET: Final = re.compile(rb"charset\s*=\s*\"?([^\s\";,]*)", re.IGNORECASE)
_PLAIN_CHARSETS: Final = frozenset({b"utf-8", b"utf8", b"us-ascii"})
_MOST_DECODED: Final = 3
"""Times that percent-encoding is removed: some servers decode twice."""


def find_in_target(target: str) -> str | None:
    """Return the key of a target's query, or of a parameter in its path, that names another method; None if there is none."""
    return _find_key(_SEPARATORS.split(target.encode("ascii", "replace"))[1:])


def has_fields(media_types: Sequence[bytes]) -> bool:
    """Return whether a body of these media types can have fields that frameworks read; without a type it can."""
    return not media_types or any(word in one.lower() for one in media_types for word in _READ)


def explain_body(media_types: Sequence[bytes], encodings: Sequence[bytes], body: bytes) -> str | None:
    """Return why a body with fields is refused, None if no field names another method.

    Args:
        media_types: the values of Content-Type.
        encodings: the values of Content-Encoding.
        body: the whole body.
    """
    if any(one.strip().lower() not in (b"", b"identity") for one in encodings):
        return "is compressed, so its fields cannot be read"
    charsets = {found.lower() for one in media_types for found in _CHARSET.findall(one)}
    if charsets - _PLAIN_CHARSETS:
        return "is in another character set than UTF-8, so its fields cannot be read"
    keys = [*_SEPARATORS.split(body), *(found.strip(b"\"'") for found in _FIELD_OF_PART.findall(body))]
    keys += [_JSON_ESCAPE.sub(lambda one: bytes.fromhex(one[1].decode()), found) for found in _JSON_KEY.findall(body)]
    found = _find_key(keys)
    return None if found is None else f"has the field {found}, by which servers do another request than the decided one"


def _find_key(parts: Sequence[bytes]) -> str | None:
    return next((key.decode() for part in parts if (key := _normalize(part)) in KEYS), None)


def _normalize(part: bytes) -> bytes:
    """Return the key of `key=value` as the most lenient server reads it."""
    key = part.partition(b"=")[0][:300].replace(b"+", b" ")
    for _ in range(_MOST_DECODED):
        key = unquote_to_bytes(key)
    key = re.split(rb"[=\[\0]", key.strip(), maxsplit=1)[0].strip().lower()
    return re.sub(rb"[-. ]", b"_", key)
