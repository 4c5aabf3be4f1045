"""Names of tools that a person or a model takes for each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

_SAME: Final = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "_": None, "-": None, ".": None})


def build_skeleton(name: str) -> str:
    """Return the form that a name has in common with its look-alikes; names are ASCII."""
    return name.casefold().replace("rn", "m").replace("vv", "w").translate(_SAME)


def find_lookalikes(names: Iterable[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Yield pairs of (server, tool) whose tools have names that look alike, the equal ones included."""
    seen: dict[str, tuple[str, str]] = {}
    for server, tool in names:
        key = build_skeleton(tool)
        if key in seen:
            yield seen[key], (server, tool)
        seen.setdefault(key, (server, tool))
