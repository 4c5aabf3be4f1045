"""Catalog entries of the release, which need no decision: `shipped_entries.json`, written by `python -m tools.shipped_entries --write`.

An entry is part of the release if the same set lists its pattern with at least the same flags; without the flag `uploads`, for example,
it is a different entry. Every other entry of a permitted set was added later and needs a promotion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from containment import strict_json
from containment.errors import InputError, Problem

FILE: Final = Path(__file__).with_name("shipped_entries.json")
FLAGS: Final = ("uploads", "relays", "foreignTenant")
"""What a hostile agent could do with a destination."""


@dataclass(frozen=True, slots=True)
class ShippedEntries:
    """Patterns of the release by set, each with the flags that are true."""

    sets: Mapping[str, Mapping[str, frozenset[str]]]

    def has_entry(self, set_name: str, entry: Mapping[str, Any]) -> bool:
        """Return whether an entry of a set, as its file has it, is one of the release."""
        known = self.sets.get(set_name, {}).get(str(entry.get("pattern")))
        return known is not None and all(entry.get(flag) is True for flag in known)

    def list_patterns(self) -> frozenset[str]:
        """Return every pattern of the release."""
        return frozenset(pattern for entries in self.sets.values() for pattern in entries)


@lru_cache(maxsize=4)
def load_shipped_entries(path: Path = FILE) -> ShippedEntries:
    """Return the entries of the release; raise InputError if their file cannot be read."""
    try:
        raw = strict_json.load(path.read_text(encoding="utf-8"))
        sets = {name: {pattern: _read_flags(flags) for pattern, flags in entries.items()} for name, entries in raw.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        why = "which entries somebody added since the release is unknown, and none of them is permitted then"
        fix = f"restore {path.name} from the release"
        raise InputError("the entries of the release are unknown", [Problem(str(path), f"cannot be read: {error}", why, fix)]) from None
    return ShippedEntries(sets)


def _read_flags(flags: Any) -> frozenset[str]:
    if not isinstance(flags, list) or not set(flags) <= set(FLAGS):
        raise ValueError(f"has the flags {flags!r}, which are not among {', '.join(FLAGS)}")
    return frozenset(flags)
