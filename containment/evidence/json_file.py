"""JSON files that parts are read from, with the digest of their bytes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from containment.errors import InputError
from containment.evidence.model import Source
from containment.files import input_files
from containment.record.digests import digest_bytes


@dataclass(frozen=True, slots=True)
class JsonFile:
    """A JSON file: its document, and its name with the digest of its bytes."""

    document: Any
    source: Source


def read_json_file(path: Path, how: str) -> JsonFile:
    """Return a JSON file; raise InputError, with `how` as the fix, if it cannot be read."""
    try:
        raw = input_files.read_bytes(path)
        document = input_files.parse_json(path, raw)
    except input_files.InputFileError as error:
        raise InputError("evidence cannot be collected", [error.make_problem("nothing can be shown by it", how)]) from None
    return JsonFile(document, Source(file=path.name, digest=digest_bytes(raw)))
