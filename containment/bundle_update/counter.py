"""The high-water mark on disk: one small file per stack, replaced as a whole before a bundle is activated."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from containment import strict_json
from containment.bundle.manifest import MOST_REVISION
from containment.bundle.refusal import BundleCode, BundleRefusal
from containment.bundle.verify import HighWaterMark
from containment.files.whole_files import write_whole
from containment.record.digests import canonicalize, is_digest

SCHEMA: Final = "containment-bundle-counter/v1"
_MOST_BYTES: Final = 4096


def read_counter(path: Path, stack: str) -> HighWaterMark | None:
    """Return the mark of a file, None if there is no file; raise BundleRefusal COUNTER_UNREADABLE for any other content."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            data = file.read(_MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _refuse(path, f"cannot be read: {error.strerror}") from None
    try:
        found = strict_json.load_bytes(data)
    except ValueError as error:
        raise _refuse(path, str(error)) from None
    if not isinstance(found, dict) or found.keys() != {"schema", "stack", "revision", "digest"} or found["schema"] != SCHEMA:
        raise _refuse(path, f"is no object of the schema {SCHEMA}")
    revision, digest = found["revision"], found["digest"]
    if found["stack"] != stack:
        raise _refuse(path, f"is of the stack {found['stack']!r}, and this host has {stack}")
    if not isinstance(revision, str) or not revision.isdecimal() or not revision.isascii() or not 1 <= int(revision) <= MOST_REVISION:
        raise _refuse(path, f"has no revision from 1 to {MOST_REVISION}, as text")
    if not isinstance(digest, str) or not is_digest(digest):
        raise _refuse(path, "has no digest")
    return HighWaterMark(int(revision), digest)


def write_counter(path: Path, stack: str, mark: HighWaterMark) -> None:
    """Write a mark whole or not at all; it is on disk when this returns. Raise BundleRefusal NOT_INSTALLED."""
    content = {"schema": SCHEMA, "stack": stack, "revision": str(mark.revision), "digest": mark.digest}
    try:
        write_whole(path, canonicalize(content) + b"\n", 0o644)
    except OSError as error:
        raise BundleRefusal(BundleCode.NOT_INSTALLED, str(path), f"cannot be written: {error.strerror or error}") from None


def _refuse(path: Path, what: str) -> BundleRefusal:
    return BundleRefusal(BundleCode.COUNTER_UNREADABLE, str(path), what)
