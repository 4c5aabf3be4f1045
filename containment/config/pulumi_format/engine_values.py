"""Configuration values as the Pulumi engine passes them to a program, and their conversion to the declared type of their key. Pure.

They are texts, with lists and objects as JSON. Recorded from the engine and its loader (CLI 3.255,
`tests/conformance/config-values.json`): a stack file's numbers and dates are normalized on the way, so `9.0` arrives as `9`,
`012345678901` as `12345678901`, and `2027-03-31` as `2027-03-31 00:00:00 +0000 UTC`. A value is converted where its meaning is clear.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Self

from containment.fixes.texts import format_number, read_boolean
from containment.fixes.unfit_value import NO_VALUE

_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_ESCAPED: Final = str.maketrans({one: f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"})


@dataclass(frozen=True, slots=True)
class ConfigType:
    """The type that a project file declares for a key: string, integer, boolean, array (with the type of its items) or object."""

    name: str
    items: ConfigType | None = None

    @classmethod
    def parse(cls, declaration: Mapping[str, Any]) -> Self | None:
        """Return the type of a declaration (`type:`, `items:`); None when it declares none."""
        if not isinstance(declaration.get("type"), str):
            return None
        items = declaration.get("items")
        return cls(declaration["type"], cls.parse(items) if isinstance(items, Mapping) else None)

    def __str__(self) -> str:
        return f"array<{self.items}>" if self.items else self.name

    def is_valid(self, value: Any) -> bool:
        """Return whether the engine takes a value for this type: a text as the program gets it, or data of a list or an object."""
        match self.name:
            case "string":
                return isinstance(value, str)
            case "integer":
                if isinstance(value, str):
                    return bool(_INTEGER.fullmatch(value))
                return isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
            case "boolean":
                return value in ("true", "false") if isinstance(value, str) else isinstance(value, bool)
            case "object":
                return isinstance(value, dict)
            case "array":
                return isinstance(value, list) and self.items is not None and all(map(self.items.is_valid, value))
        return False

    def find_problem(self, value: Any) -> str | None:
        """Return why the engine refuses a value for this type, and the fix; None when it takes the value."""
        if self.is_valid(value):
            return None
        match self.name:
            case "boolean":
                hint = "write true or false"
            case "integer":
                hint = "write a whole number"
            case "string":
                hint = "write one text, not a list or an object"
            case "array" if isinstance(value, list):
                kind = "in quotes" if self.items and self.items.name == "string" else f"as {self.items}"
                hint = f"write each item {kind}"
            case _:
                hint = "write it as a YAML list or object, without quotes around it"
        return f"must be of type {self}: {hint}"


def encode_for_engine(value: Any) -> str:
    """Return the text that a program receives for a value of a stack file; raises ValueError for a number outside JSON."""
    if isinstance(value, dict | list):
        return _encode_json(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format_number(value)
    return _format_timestamp(value) if isinstance(value, date) else str(value)


def get_content(value: Any) -> Any:
    """Return the content that the engine compares with a declared type: data of a list or an object, text for other values."""
    return json.loads(_encode_json(value)) if isinstance(value, dict | list) else encode_for_engine(value)


def _encode_json(value: Any) -> str:
    """Return JSON as Go's encoder writes it: sorted keys, no spaces, `<`, `>` and `&` escaped."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_encode_json(key)}:{_encode_json(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_encode_json, value)) + "]"
    if isinstance(value, str | date):
        quoted = json.dumps(value if isinstance(value, str) else _format_timestamp(value), ensure_ascii=False)
        return quoted.translate(_ESCAPED)
    return "null" if value is None else encode_for_engine(value)


def _format_timestamp(value: date) -> str:
    """Return a timestamp as Go prints it (`time.Time.String`)."""
    if not isinstance(value, datetime):
        return f"{value.isoformat()} 00:00:00 +0000 UTC"
    offset = value.utcoffset() or timedelta()
    zone = value.strftime("%z")
    fraction = f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
    return f"{value:%Y-%m-%d %H:%M:%S}{fraction} {zone} {zone if offset else 'UTC'}"


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
