"""The queue of actions that wait: one file per request, written whole, in a folder of the gate's own.

A file repeats the request's entry in the log. A reviewer is shown the entry; a file that differs from it, or is half-written, is refused.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from containment import strict_json
from containment.errors import InputError, Problem
from containment.record.action_entries import REQUEST_SCHEMA, ActionRequest, parse_body
from containment.record.digests import canonicalize
from containment.record.files import convert_errors, write_whole
from containment.record.log import FOLDER
from containment.record.refusal import Refusal, RefusalCode

QUEUE: Final = "actions"
_SUFFIX: Final = ".json"
_LARGEST: Final = 2**21


@dataclass(frozen=True, slots=True)
class QueueFile:
    """One file of the queue: the request, or why it is none."""

    path: Path
    request: ActionRequest | None
    problem: str = ""


def get_queue_folder(folder: Path) -> Path:
    """Return the folder of the queue below the folder with approvers.yaml."""
    return folder / FOLDER / QUEUE


def require_own_folder(folder: Path) -> None:
    """Create the folders of the record and the queue; raise InputError if another user than the gate's or root could write to them."""
    for place in (folder / FOLDER, get_queue_folder(folder)):
        with convert_errors(place, "created"):
            place.mkdir(parents=True, exist_ok=True)
    problems = [problem for place in (folder, folder / FOLDER, get_queue_folder(folder)) if (problem := _find_problem(place))]
    if problems:
        raise InputError("the gate has no private folder", problems)


def write_request_file(folder: Path, request: ActionRequest) -> Path:
    """Write the file of a request, whole; raise RecordError."""
    path = _get_path(folder, request.request)
    write_whole(path, encode_request(request))
    return path


def remove_request_file(folder: Path, name: str) -> None:
    """Remove the file of a request that waits no longer; raise RecordError."""
    path = _get_path(folder, name)
    with convert_errors(path, "removed"):
        path.unlink(missing_ok=True)


def list_request_files(folder: Path) -> list[QueueFile]:
    """Return every file of the queue, also those that are no request."""
    place = get_queue_folder(folder)
    with convert_errors(place, "read"):
        names = sorted(one.name for one in place.iterdir() if not one.name.startswith(".")) if place.is_dir() else []
    return [_read_file(place / name) for name in names]


def read_request_file(folder: Path, name: str) -> ActionRequest:
    """Return the request of a file; raise Refusal MALFORMED if it is half-written, altered or no request."""
    found = _read_file(_get_path(folder, name))
    if found.request is None:
        raise Refusal(RefusalCode.MALFORMED, f"{found.path.name} {found.problem}")
    return found.request


def encode_request(request: ActionRequest) -> bytes:
    """Return the bytes of a request's file."""
    return canonicalize({"schema": REQUEST_SCHEMA, **request.to_dict()}) + b"\n"


def _get_path(folder: Path, name: str) -> Path:
    if not name.isalnum() or not name.isascii():
        raise Refusal(RefusalCode.MALFORMED, f"{name[:40]!r} is no name of a request")
    return get_queue_folder(folder) / f"{name}{_SUFFIX}"


def _read_file(path: Path) -> QueueFile:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as opened:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return QueueFile(path, None, "is no regular file")
            data = opened.read(_LARGEST + 1)
    except OSError as error:
        return QueueFile(path, None, f"cannot be read: {error.strerror or error}")
    try:
        if len(data) > _LARGEST:
            raise ValueError(f"has more than {_LARGEST} bytes")
        raw = strict_json.load_bytes(data)
        if not isinstance(raw, dict) or raw.pop("schema", None) != REQUEST_SCHEMA:
            raise ValueError(f"has no schema {REQUEST_SCHEMA}")
        request = parse_body(ActionRequest, raw)
        if encode_request(request) != data or path.name != f"{request.request}{_SUFFIX}":
            raise ValueError("is in another form than the gate writes, or has another name")
    except (ValueError, Refusal) as error:
        return QueueFile(path, None, f"is no request: {error}")
    return QueueFile(path, request)


def _find_problem(place: Path) -> Problem | None:
    with convert_errors(place, "read"):
        found = place.lstat()
    mode = stat.S_IMODE(found.st_mode)
    if not stat.S_ISDIR(found.st_mode):
        what, fix = "is no folder, or a symbolic link", "name the folder itself"
    elif found.st_uid not in (os.geteuid(), 0):
        what, fix = f"belongs to the user {found.st_uid}, not to the gate ({os.geteuid()})", f"chown {os.geteuid()} {place}"
    elif mode & stat.S_IWOTH:
        what, fix = f"may be written by every user (mode {mode:o})", f"chmod o-w {place}"
    else:
        return None
    return Problem(str(place), what, "an agent that can write there could forge or remove requests", fix)
