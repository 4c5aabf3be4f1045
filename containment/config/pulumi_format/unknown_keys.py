"""Unread keys of a stack file: misspelled or misplaced keys, namespaces and provider settings. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from containment.config.parser import KEYS
from containment.errors import Problem
from containment.fixes.nearest_word import find_nearest, make_proposal

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
