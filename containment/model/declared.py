"""Every configuration key as a Pulumi project file declares it: type, default and description, from `StackConfig`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from ipaddress import IPv4Network
from typing import Any, Final

from containment.model.config import StackConfig
from containment.model.engine_values import ConfigType
from containment.model.parse import alias_of


def declared() -> dict[str, dict[str, Any]]:
    """Return Pulumi's declaration of every key: type, default, description."""
    out: dict[str, dict[str, Any]] = {}
    for name, field in StackConfig.model_fields.items():
        default = "" if field.is_required() or field.default is None else _plain(field.default)
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        kind = _kind(default, str(extra.get("items", "string")))
        out[alias_of(name)] = {**kind, "default": default, "description": field.description}
    return out


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, IPv4Network) else value


def _kind(default: Any, items: str) -> dict[str, Any]:
    if isinstance(default, bool):
        return {"type": "boolean"}
    if isinstance(default, int):
        return {"type": "integer"}
    if isinstance(default, list):
        return {"type": "array", "items": {"type": items}}
    return {"type": "object"} if isinstance(default, dict) else {"type": "string"}


TYPES: Final[Mapping[str, ConfigType]] = {key: found for key, one in declared().items() if (found := ConfigType.of(one))}
"""The declared type of every key."""
