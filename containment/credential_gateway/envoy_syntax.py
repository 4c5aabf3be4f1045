"""Envoy's typed extensions: a name, a type and its fields."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

Json: TypeAlias = dict[str, Any]
TYPE: Final = "type.googleapis.com/envoy.extensions."


def make_extension(name: str, kind: str, **fields: Any) -> Json:
    """Return a typed extension of Envoy.

    Args:
        name: its name.
        kind: its type, after `envoy.extensions.`.
        fields: its fields.
    """
    return {"name": name, "typed_config": {"@type": TYPE + kind, **fields}}
