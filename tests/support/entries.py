"""Entries in place of the bare names of a configuration: enforce refuses permitted names without owner and end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from containment.config.parser import get_alias
from containment.config.validation.entries import PERMIT_FIELDS

KEYS: Final = frozenset(map(get_alias, PERMIT_FIELDS))
FIELDS: Final = {"owner": "platform", "reason": "The company's own.", "function": "Used by the agents.", "until": "2999-12-31"}


def with_entries(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration with an entry for each permitted bare name; values that are no lists are unchanged."""
    return {
        key: [{"name": one, **FIELDS} if isinstance(one, str) else one for one in value]
        if key in KEYS and isinstance(value, list | tuple)
        else value
        for key, value in config.items()
    }
