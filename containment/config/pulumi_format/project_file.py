"""Declarations of all configuration keys for a Pulumi project file, from `StackConfig`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from ipaddress import IPv4Network
from typing import Any, Final

from containment.config.controller_release import ControllerRelease
from containment.config.keys.key import NAMES_OR_ENTRIES
from containment.config.parser import get_alias
from containment.config.pulumi_format.engine_values import ConfigType
from containment.config.stack_config import StackConfig


def declare_keys() -> dict[str, dict[str, Any]]:
    """Return Pulumi's declaration of every key: type, default, description."""
    out: dict[str, dict[str, Any]] = {}
    for name, field in StackConfig.model_fields.items():
        default = "" if field.is_required() or field.default is None else _make_plain(field.default)
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        kind = _make_type(default, str(extra.get("items", "string")))
        out[get_alias(name)] = {**kind, "default": default, "description": field.description}
    return out


def _make_plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_make_plain(item) for item in value]
    return str(value) if isinstance(value, IPv4Network | ControllerRelease) else value


def _make_type(default: Any, items: str) -> dict[str, Any]:
    if isinstance(default, bool):
        return {"type": "boolean"}
    if isinstance(default, int):
        return {"type": "integer"}
    if isinstance(default, list) and items == NAMES_OR_ENTRIES:
        return {}
    if isinstance(default, list):
        return {"type": "array", "items": {"type": items}}
    return {"type": "object"} if isinstance(default, dict) else {"type": "string"}


TYPES: Final[Mapping[str, ConfigType]] = {key: found for key, one in declare_keys().items() if (found := ConfigType.parse(one))}
"""The declared type of every key."""
