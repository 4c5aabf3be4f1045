"""JSON files that parts are read from, with the digest of their bytes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from containment import strict_json
from containment.errors import InputError, Problem
from containment.evidence.model import Source
from containment.record.digests import digest_bytes

_MOST_BYTES: Final = 256 << 20


@dataclass(frozen=True, slots=True)
class JsonFile:
    """A JSON file: its document, and its name with the digest of its bytes."""

    document: Any
    source: Source


def read_json_file(path: Path, how: str) -> JsonFile:
    """Return a JSON file; raise InputError, with `how` as the fix, if it cannot be read."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("is larger than 256 MiB")
        raw = path.read_bytes()
        document = strict_json.load(raw.decode("utf-8"))
    except (OSError, ValueError) as error:
        what = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else f"is no JSON text in UTF-8: {error}"
        raise InputError("evidence cannot be collected", [Problem(str(path), what, "nothing can be shown by it", how)]) from None
    return JsonFile(document, Source(file=path.name, digest=digest_bytes(raw)))
