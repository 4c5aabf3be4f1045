"""Conversion of a value to the declared type of its key, where its meaning is clear."""

from __future__ import annotations

import re
from typing import Any, Final

from containment.config.pulumi_format.engine_values import ConfigType, encode_for_engine
from containment.fixes.texts import read_boolean
from containment.fixes.unfit_value import NO_VALUE

_WHOLE: Final = re.compile(r"\s*([-+]?[0-9]+)(?:\.0*)?\s*")


def convert_value(wanted: ConfigType, value: Any) -> Any:
    """Convert a value to a declared type; return NO_VALUE where its meaning is not clear."""
    match wanted.name:
        case "boolean":
            meant = read_boolean(value)
            return NO_VALUE if meant is None else meant
        case "integer":
            found = _WHOLE.fullmatch(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
            return NO_VALUE if found is None else int(found[1])
        case "string":
            return NO_VALUE if isinstance(value, list | dict) else encode_for_engine(value)
        case "array" if wanted.items is not None:
            return _convert_list(wanted.items, value)
        case "object":
            return {} if value in (None, "", []) else NO_VALUE
    return NO_VALUE


def _convert_list(items: ConfigType, value: Any) -> Any:
    if value in (None, ""):
        return []
    given = value if isinstance(value, list) else [part.strip() for part in value.split(",")] if isinstance(value, str) else [value]
    if isinstance(value, str) and re.search(r"[\[\]{}\"]", value):
        return NO_VALUE
    found = [one if items.is_valid(one) else convert_value(items, one) for one in given]
    return NO_VALUE if NO_VALUE in found else found
