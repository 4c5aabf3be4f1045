"""Paths of requests that servers read alike, which alone can be compared with a list."""

from __future__ import annotations

import re
from typing import Final

_PLAIN: Final = re.compile(r"/[A-Za-z0-9._~!$&'()+,;=:@*/-]*")
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_ESCAPED: Final = frozenset(b' "<>^`{|}[]') | frozenset(range(0x80, 0x100))
"""Bytes that a path can have in no other form."""


def is_unambiguous(path: str) -> bool:
    """Return whether a path has one meaning: no `.`, `..` or empty part, no escape of a character that needs none."""
    escapes = [int(one, 16) for one in _ESCAPE.findall(path)]
    if not _PLAIN.fullmatch(_ESCAPE.sub("x", path)) or not {*escapes} <= _ESCAPED or "//" in path:
        return False
    return not any(part.partition(";")[0] in (".", "..") for part in path.split("/"))
