"""The launcher's profile in the active bundle, which root's updater has verified; read with the standard library only.

Signatures are the updater's to check. What is checked here is that only root can have written the profile, and that its bytes are those
that the updater installed.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Any, Final

from containment.errors import InputError, Problem
from containment.launcher.settings import TITLE, Settings, parse_settings
from containment.strict_json import load_bytes

INSTALLED: Final = "installed.json"
SCHEMA: Final = "containment-bundle-installed/v1"
_MOST_BYTES: Final = 1 << 20
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_WHY: Final = "a command is confined only by what its user cannot write"
_FIX: Final = "run the updater as root: containment-bundle-update --stack NAME --source PLACE"


def read_active_settings(place: Path) -> Settings:
    """Return the settings of the active bundle's profile; raise InputError if there is none, or if another user than root may change it.

    Args:
        place: the updater's folder of bundles.
    """
    try:
        target = (place / "active").readlink()
    except OSError as error:
        raise _make_error(place / "active", f"is no link to a bundle: {error.strerror}") from None
    if len(target.parts) != 2 or target.parts[0] != "versions" or target.parts[1] in ("..", "."):
        raise _make_error(place / "active", f"leads to {target}, which is no installed version")
    version = place.absolute() / target
    for folder in [*reversed(version.parents), version]:
        _check_owner(folder, folder.lstat())
    found = _parse_installed(_read(version / INSTALLED), version / INSTALLED)
    path = version / found["profile"]
    text = _read(path)
    if hashlib.sha256(text).hexdigest() != found["profileSha256"]:
        raise _make_error(path, "has other bytes than the updater installed")
    try:
        settings = parse_settings(text.decode("utf-8"), str(path))
    except UnicodeDecodeError:
        raise _make_error(path, "is not UTF-8 text") from None
    if settings.stack != found["stack"]:
        raise _make_error(path, f"is of the stack {settings.stack}, and the bundle of {found['stack']}")
    return settings


def _parse_installed(data: bytes, path: Path) -> dict[str, str]:
    try:
        found: Any = load_bytes(data)
    except ValueError as error:
        raise _make_error(path, str(error)) from None
    keys = ("stack", "profile", "profileSha256")
    if not isinstance(found, dict) or found.get("schema") != SCHEMA or not all(isinstance(found.get(key), str) for key in keys):
        raise _make_error(path, f"is no object of the schema {SCHEMA}")
    if "/" in found["profile"]:
        raise _make_error(path, f"names the profile {found['profile']}, which is not in the bundle's folder")
    return {key: found[key] for key in keys}


def _read(path: Path) -> bytes:
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            _check_owner(path, os.fstat(file.fileno()))
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise _make_error(path, f"cannot be read: {error.strerror}") from None
    if len(data) > _MOST_BYTES:
        raise _make_error(path, f"has more than {_MOST_BYTES} bytes")
    return data


def _check_owner(path: Path, found: os.stat_result) -> None:
    """Raise InputError for a link, or a file that another user than root may change; in a folder with the sticky bit each has its own."""
    if stat.S_ISLNK(found.st_mode):
        raise _make_error(path, "is a symbolic link")
    if found.st_uid != 0:
        raise _make_error(path, f"is owned by user {found.st_uid}, not by root")
    if found.st_mode & _OTHERS_WRITE and not (stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX):
        raise _make_error(path, f"may be written by other users (mode {stat.S_IMODE(found.st_mode):04o})")


def _make_error(path: Path, what: str) -> InputError:
    return InputError(TITLE, [Problem(str(path), what, _WHY, _FIX)])
