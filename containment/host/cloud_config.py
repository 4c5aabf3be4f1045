"""Reads user data the way cloud-init does: which files a host started with it would have.

For whoever stands in for a booting host (the lab) and for checks of what was deployed. Only what first boot writes is understood
here; a document with anything else in it still gives its files.
"""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass
from typing import Any

import yaml

HEADER = "#cloud-config\n"


@dataclass(frozen=True)
class Written:
    """One file as it would lie on the host; `mode` in octal digits, as cloud-init is told."""

    path: str
    content: bytes
    mode: str


def written_files(user_data: str) -> tuple[Written, ...]:
    """Return the files of a `#cloud-config` document in order; raises ValueError for anything that is not one."""
    if not user_data.startswith(HEADER):
        raise ValueError("user data is not a #cloud-config document")
    try:
        document: Any = yaml.safe_load(user_data)
    except yaml.YAMLError as error:
        raise ValueError(f"user data is not YAML: {error}") from None
    entries = document.get("write_files") or [] if isinstance(document, dict) else []
    return tuple(Written(str(each["path"]), _content(each), str(each.get("permissions", "0644"))) for each in entries)


def _content(entry: dict[str, Any]) -> bytes:
    raw = str(entry.get("content", "")).encode()
    match entry.get("encoding", "text/plain"):
        case "text/plain":
            return raw
        case "b64" | "base64":
            return base64.b64decode(raw)
        case "gz+b64" | "gz+base64" | "gzip+b64" | "gzip+base64":
            return gzip.decompress(base64.b64decode(raw))
        case other:
            raise ValueError(f"{entry['path']} has the encoding {other!r}, which is not read here")
