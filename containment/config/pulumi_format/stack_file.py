"""The `config:` block of a stack file, read as the Pulumi engine reads it: full keys, and each key set once.

Rules kept here: a file that names a Pulumi ESC environment is refused, because the values of the environment are unknown here; two
spellings of one key (`key` and `project:key`) are refused, because the engine keeps one of them at random. Pure.
"""

from __future__ import annotations

from typing import Any, Final

_ENVIRONMENTS: Final = ("environment", "mainEnvironment")
"""Keys of a stack file that name Pulumi ESC environments (Pulumi SDK, `workspace.ProjectStack`)."""


def read_config(document: Any, project: str) -> dict[str, Any]:
    """Return the values of a stack file by full key (`namespace:name`); raises ValueError with what is wrong with the file."""
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ValueError("is not a mapping with a `config:` block; write `config:`, and the keys indented below it")
    for key in _ENVIRONMENTS:
        if document.get(key) is not None:
            raise ValueError(
                f"`{key}:` imports values from Pulumi ESC, which is not read here, so the configuration would be incomplete; "
                "write the values under `config:`"
            )
    config = document.get("config")
    if config is None:
        return {}
    if not isinstance(config, dict):
        raise ValueError("has no mapping of keys to values under `config:`; write each key on a line below it, as `key: value`")
    found: dict[str, Any] = {}
    for key, value in config.items():
        full = key if ":" in key else f"{project}:{key}"
        if full in found:
            raise ValueError(f"sets {full} twice, with and without its namespace; keep one of the two")
        found[full] = value
    return found


def find_empty_keys(config: dict[str, Any]) -> list[str]:
    """Return a warning for every key without a value, which a program receives as an empty text."""
    return [
        f"{key} has no value and is passed as an empty text; set it, or remove the key" for key, value in config.items() if value is None
    ]
