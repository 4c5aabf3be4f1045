"""The launcher's profile as read at a start: the same closed document as `containment.sandbox.profile`, with the standard library only.

Paths, programs, tasks and limits are read here. Each egress entry is checked for its keys here and for its values by the local proxy, which
alone uses it: a proxy that refuses its profile serves no connection.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from containment.confinement.profile import Limits
from containment.errors import InputError, Problem
from containment.files import input_files
from containment.strict_json import StrictJsonError, load

SCHEMA: Final = "containment-launcher-profile/v1"
TITLE: Final = "the launcher's profile cannot be used"
_WHY: Final = "a profile that is understood in part confines in part"
_FIX: Final = "render it again: containment render --as launcher"
_PORT: Final = (1, 65535)
LIMITS: Final[Mapping[str, tuple[int, int | None]]] = {
    "processes": (1, 65536),
    "dataBytes": (1 << 20, None),
    "fileBytes": (1 << 20, None),
    "openFiles": (16, 1 << 20),
    "temporaryBytes": (1 << 20, None),
    "sharedMemoryBytes": (1 << 20, None),
}
"""Keys of `limits` with the least and the greatest value."""
_Check = Callable[[str, Any], Iterator[Problem]]


class Settings(NamedTuple):
    """What the launcher takes from a profile."""

    stack: str
    agent_class: str
    harness: str
    read_only: tuple[str, ...]
    read_write: tuple[str, ...]
    programs: tuple[str, ...]
    tasks: tuple[str, ...]
    limits: Limits
    limits_requests: bool
    """Whether an entry permits only some requests inside TLS."""
    text: str


def read_settings(path: Path) -> Settings:
    """Return the settings of a profile's file; raise InputError with every problem."""
    try:
        text = input_files.read_text(path)
    except input_files.InputFileError as error:
        raise InputError(TITLE, [error.make_problem(_WHY, _FIX)]) from None
    return parse_settings(text, str(path))


def parse_settings(text: str, name: str) -> Settings:
    """Return the settings of a profile's text; `name` is its file for the problems."""
    try:
        document = load(text)
    except StrictJsonError as error:
        raise InputError(TITLE, [Problem(name, error.what, _WHY, _FIX)]) from None
    problems = [Problem(f"{name}:{each.where or '(whole file)'}", each.what, each.why, each.fix) for each in _check_document("", document)]
    if problems:
        raise InputError(TITLE, problems)
    limits = document["limits"]
    return Settings(
        stack=document["stack"],
        agent_class=document["agentClass"],
        harness=document["harness"],
        read_only=tuple(document["files"]["readOnly"]),
        read_write=tuple(document["files"]["readWrite"]),
        programs=tuple(document["programs"]),
        tasks=tuple(task["name"] for task in document["tasks"]),
        limits=Limits(
            processes=limits["processes"],
            data=limits["dataBytes"],
            file_size=limits["fileBytes"],
            open_files=limits["openFiles"],
            temporary=limits["temporaryBytes"],
            shared_memory=limits["sharedMemoryBytes"],
        ),
        limits_requests=any(one["scheme"] == "https" and one["requests"] is not None for one in document["egress"]),
        text=text,
    )


def compute_digest(text: str) -> str:
    """Return the digest of a profile's text as `containment render` writes it, however it is laid out here."""
    import hashlib  # slow to import, and needed after the start

    return f"sha256:{hashlib.sha256((json.dumps(load(text), indent=2, ensure_ascii=False) + chr(10)).encode()).hexdigest()}"


def _fail(where: str, what: str) -> Problem:
    return Problem(where, what, _WHY, _FIX)


def _check_text(where: str, value: Any) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield _fail(where, "is not a text")


def _check_path(where: str, value: Any) -> Iterator[Problem]:
    if not isinstance(value, str) or not value.startswith("/") or "\0" in value:
        yield _fail(where, "is not an absolute path")
    elif {"..", "."} & {*value.split("/")}:
        yield _fail(where, "has '.' or '..', which depends on symbolic links")


def _check_number(least: int, most: int | None) -> _Check:
    def check(where: str, value: Any) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int) or value < least or (most is not None and value > most):
            yield _fail(where, f"is not a whole number from {least}{f' to {most}' if most else ''}")

    return check


def _check_constant(wanted: str) -> _Check:
    def check(where: str, value: Any) -> Iterator[Problem]:
        if value != wanted:
            yield _fail(where, f"is not {wanted!r}")

    return check


def _check_list(check_item: _Check, least: int = 0) -> _Check:
    def check(where: str, value: Any) -> Iterator[Problem]:
        if not isinstance(value, list) or len(value) < least:
            yield _fail(where, "is not a list" if not isinstance(value, list) else "is empty")
            return
        for place, item in enumerate(value):
            yield from check_item(f"{where}.{place}", item)

    return check


def _check_optional(check_value: _Check) -> _Check:
    def check(where: str, value: Any) -> Iterator[Problem]:
        if value is not None:
            yield from check_value(where, value)

    return check


def _check_object(keys: Mapping[str, _Check]) -> _Check:
    def check(where: str, value: Any) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield _fail(where, "is not an object")
            return
        prefix = f"{where}." if where else ""
        for key in keys.keys() - value.keys():
            yield _fail(f"{prefix}{key}", "is missing")
        for key in value.keys() - keys.keys():
            yield _fail(f"{prefix}{key}", "is not a key of the profile")
        for key, check_value in keys.items():
            if key in value:
                yield from check_value(f"{prefix}{key}", value[key])

    return check


def _check_ports(where: str, value: Any) -> Iterator[Problem]:
    found = [*_check_object({"first": _check_number(*_PORT), "last": _check_number(*_PORT)})(where, value)]
    yield from found
    if not found and value["first"] > value["last"]:
        yield _fail(where, "first is higher than last")


def _check_scheme(where: str, value: Any) -> Iterator[Problem]:
    if value not in ("https", "tcp"):
        yield _fail(where, "is neither 'https' nor 'tcp'")


_check_document: Final = _check_object(
    {
        "schema": _check_constant(SCHEMA),
        "stack": _check_text,
        "agentClass": _check_text,
        "harness": _check_text,
        "default": _check_constant("deny"),
        "network": _check_constant("proxy"),
        "files": _check_object({"readOnly": _check_list(_check_path), "readWrite": _check_list(_check_path)}),
        "programs": _check_list(_check_path),
        "egress": _check_list(
            _check_object(
                {
                    "program": _check_path,
                    "scheme": _check_scheme,
                    "host": _check_optional(_check_text),
                    "networks": _check_list(_check_text),
                    "ports": _check_list(_check_ports, least=1),
                    "requests": _check_optional(_check_list(_check_text)),
                }
            )
        ),
        "tasks": _check_list(_check_object({"name": _check_text, "tools": _check_list(_check_text)})),
        "limits": _check_object({key: _check_number(*bounds) for key, bounds in LIMITS.items()}),
    }
)
