"""Read user data as cloud-init does: the files that a host started with it has.

The lab uses it in place of a booting host, and checks use it on deployed user data. Only what `build_first_boot` writes is decoded; other
parts of a document are ignored.
"""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass
from typing import Any

from containment.loaders.strict_yaml import load_as_cloud_init

HEADER = "#cloud-config\n"


@dataclass(frozen=True)
class WrittenFile:
    """One file as written on the host; `mode` is octal digits, as in cloud-init's `permissions`."""

    path: str
    content: bytes
    mode: str


def parse_written_files(user_data: str) -> tuple[WrittenFile, ...]:
    """Return the files of a `#cloud-config` document in order; raise ValueError if it is no such document."""
    if not user_data.startswith(HEADER):
        raise ValueError("user data is not a #cloud-config document")
    try:
        document: Any = load_as_cloud_init(user_data)
    except ValueError as error:
        raise ValueError(f"user data {error}") from None
    entries = document.get("write_files") or [] if isinstance(document, dict) else []
    return tuple(WrittenFile(str(each["path"]), _decode_content(each), str(each.get("permissions", "0644"))) for each in entries)


def _decode_content(entry: dict[str, Any]) -> bytes:
    raw = str(entry.get("content", "")).encode()
    match entry.get("encoding", "text/plain"):
        case "text/plain":
            return raw
        case "b64" | "base64":
            return base64.b64decode(raw)
        case "gz+b64" | "gz+base64" | "gzip+b64" | "gzip+base64":
            return gzip.decompress(base64.b64decode(raw))
        case other:
            raise ValueError(f"{entry['path']} has the encoding {other!r}, which is not supported")
