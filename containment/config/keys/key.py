"""Declaration of configuration keys: each has a default, a description, the reason why it matters, and a fix.

The Python field of a key is snake_case, its form in stack files camelCase. Sections of keys derive from `Keys`; `stack_config` combines
them.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

NAMES_OR_ENTRIES: Final = "names or entries"
"""Items of lists that have names and objects: Pulumi has no type for such a list, so the key is declared without one."""


class Keys(BaseModel):
    """A section of keys, each value valid by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)


def declare_key(default: Any, description: str, why: str, fix: str, *, items: str = "string", show: bool = True, **constraints: Any) -> Any:
    """Return the field of one key.

    Args:
        default: the default value; `...` for a required key.
        description: the meaning, for Pulumi.yaml and the documentation.
        why: the reason why a wrong value matters.
        fix: the fix for a wrong value.
        items: the type of a list's items, in Pulumi's words.
        show: whether problems quote the value.
        constraints: pydantic's constraints of the value.
    """
    extra: dict[str, JsonValue] = {"why": why, "fix": fix, "items": items, "show": show}
    return Field(default, description=description, json_schema_extra=extra, **constraints)


def declare_domains(description: str, note: str = "Replaces the class's own set; [] keeps it.") -> Any:
    """Return a key whose names replace the class's own set."""
    return declare_key(
        (),
        f"{description} {note}",
        "these names become a WebGroup; a wrong one reaches more, or nothing",
        "list entries {name, owner, reason, function, until}; a name is a host, or a wildcard such as *.example.com",
        items=NAMES_OR_ENTRIES,
    )


def declare_added_domains(description: str) -> Any:
    """Return a key whose names make a separate rule."""
    return declare_domains(description, "The rule and its WebGroup exist only when not empty.")
