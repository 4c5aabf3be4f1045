"""What every configuration key has: a default, a description, why it matters and its fix.

A key's Python field is snake_case, what people write is its camelCase form. Sections of keys derive from `Keys`;
`config` puts them together.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel


class Keys(BaseModel):
    """A section of keys, each value valid by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)


def key(default: Any, description: str, why: str, fix: str, *, items: str = "string", show: bool = True, **constraints: Any) -> Any:
    """Return the field of one key; `items` is the type of a list's items, in Pulumi's words; `show` whether problems quote its value."""
    extra: dict[str, JsonValue] = {"why": why, "fix": fix, "items": items, "show": show}
    return Field(default, description=description, json_schema_extra=extra, **constraints)


def domains(description: str) -> Any:
    """Return a key whose names stand in place of a class's own set."""
    return key(
        (),
        f"{description} Replaces the class's own set; [] keeps it.",
        "these names become a WebGroup; a wrong one reaches more, or nothing",
        "list host names, or wildcards such as *.example.com",
    )


def more_domains(description: str) -> Any:
    """Return a key whose names make a rule of their own."""
    return key(
        (),
        f"{description} The rule and its WebGroup exist only when not empty.",
        "these names become a WebGroup; a wrong one reaches more, or nothing",
        "list host names, or wildcards such as *.example.com",
    )
