"""Keys of a Pulumi project: their declarations from `StackConfig`, and the keys of a stack file that no part reads. Pure.

Unread keys are misspelled or misplaced keys, namespaces and provider settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from ipaddress import IPv4Network
from typing import Any, Final

from containment.config.controller_release import ControllerRelease
from containment.config.keys.key import NAMES_OR_ENTRIES
from containment.config.parser import KEYS, get_alias
from containment.config.pulumi_format.engine_values import ConfigType
from containment.config.stack_config import StackConfig
from containment.errors import Problem
from containment.fixes.nearest_word import find_nearest, make_proposal


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


TOP_LEVEL: Final = ("config", "secretsprovider", "encryptedkey", "encryptionsalt", "environment", "mainEnvironment")
"""Keys of a stack file (Pulumi SDK, `workspace.ProjectStack`)."""

CONTROLLER_KEYS: Final = ("controllerIp", "username", "password", "verifySslCertificate", "pathToCaCertificate", "skipVersionValidation")
"""Keys of the `aviatrix` namespace that the program passes to its provider."""

_READ_ELSEWHERE: Final = ("aws", "aviatrix", "pulumi")
"""Namespaces that the providers and the engine read (`pulumi:tags`, `aws:region`)."""


def find_unread_keys(document: Any, project: str, file: str) -> Iterator[Problem]:
    """Yield a problem for every key of a stack file that nothing reads."""
    if not isinstance(document, dict):
        return
    for key in document:
        if key not in TOP_LEVEL:
            yield _refuse_top_level(key, project, file)
    config = document.get("config")
    for full in config if isinstance(config, dict) else ():
        namespace, colon, key = full.rpartition(":")
        if not colon or namespace == project:
            continue
        if namespace == "aviatrix":
            if key not in CONTROLLER_KEYS:
                yield _refuse_setting(key, file)
        elif namespace not in _READ_ELSEWHERE:
            yield _refuse_namespace(namespace, key, project, file)


def _refuse_top_level(key: str, project: str, file: str) -> Problem:
    name = key.rpartition(":")[2]
    if key.startswith(f"{project}:") or name in KEYS:
        fix = f"indent it under `config:`, as {project}:{name}"
        return Problem(f"{file}:{key}", "is outside `config:`", "only keys under `config:` reach the program", fix)
    fix = make_proposal(key, TOP_LEVEL, "remove it")
    return Problem(f"{file}:{key}", "is not a key of a stack file", "the engine ignores it silently", fix)


def _refuse_setting(key: str, file: str) -> Problem:
    fix = make_proposal(key, CONTROLLER_KEYS, "remove it")
    why = "the Controller would be reached without this setting"
    return Problem(f"{file}:aviatrix:{key}", "is not a setting of the Controller's provider", why, fix)


def _refuse_namespace(namespace: str, key: str, project: str, file: str) -> Problem:
    near = key if key in KEYS else find_nearest(key, KEYS)
    what = f"belongs to {namespace!r}, which is neither this project ({project}) nor a provider that it uses ({', '.join(_READ_ELSEWHERE)})"
    fix = (
        f"write {project}:{near}, or remove it"
        if near is not None
        else "remove it, or move it to the stack file of the project that it belongs to"
    )
    return Problem(f"{file}:{namespace}:{key}", what, "a key of another namespace is silently not applied", fix)
