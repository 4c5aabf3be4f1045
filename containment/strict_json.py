"""Strict JSON: refuse text that two parsers could read differently."""

from __future__ import annotations

import json
from typing import Any


def load(text: str) -> Any:
    """Parse JSON text; raises ValueError for other text, for a key that is set twice, and for nesting that is too deep."""
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError("is nested too deeply") from None


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"has the key {next(key for key in keys if keys.count(key) > 1)} twice in one object")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_refuse_repeated_keys)
