"""Rule tables: the name of each deployed rule by uuid, from a file, a deployed state or a plain list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from containment.errors import InputError, Problem
from containment.files import input_files


def read_rule_file(path: Path) -> dict[str, str]:
    """Return the rule names in a file: `{uuid: name}`, a list of rules, or a state with them; raises InputError."""
    fix = "give the output of `containment lab export` or `pulumi stack export`, or JSON such as {UUID: NAME}"
    try:
        found = find_rules(input_files.read_json(path))
    except input_files.InputFileError as error:
        raise InputError("rules cannot be read", [error.make_problem("logs have the uuids of rules only", fix)]) from None
    if not found:
        raise InputError("rules cannot be read", [Problem(str(path), "has no rule with a uuid", "logs have the uuids of rules only", fix)])
    return found


def find_rules(value: Any) -> dict[str, str]:
    """Return the names of all rules in JSON data by uuid: objects with `uuid`, `name` and `action`, or a mapping of uuids to names."""
    if isinstance(value, Mapping) and value and all(_is_uuid(key) and isinstance(name, str) for key, name in value.items()):
        return {str(UUID(key)): name for key, name in value.items()}
    if isinstance(value, list) and value and all(isinstance(one, Mapping) and {*one} == {"uuid", "name"} for one in value):
        return {str(UUID(one["uuid"])): str(one["name"]) for one in value if _is_uuid(one["uuid"])}
    return dict(_walk(value))


def _walk(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        name = value.get("name")
        if "action" in value and isinstance(name, str) and _is_uuid(value.get("uuid")):
            yield str(UUID(value["uuid"])), name
        for inner in value.values():
            yield from _walk(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _walk(inner)


def _is_uuid(text: object) -> bool:
    try:
        return isinstance(text, str) and bool(UUID(text))
    except ValueError:
        return False
