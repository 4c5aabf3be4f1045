"""The reject file: one JSON line per log line that cannot be used, counted by kind and complete or absent."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from containment.errors import InputError, Problem
from containment.observe.reading.source_kinds import UNREADABLE_FILE

LONGEST: Final = 1000
"""Characters of a rejected line that are kept."""


class Rejects:
    """Rejected lines; a context that puts the file in place when it ends without an error."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._aside = path.with_name(f".{path.name}.{os.getpid()}.new") if path else None
        self._file: IO[str] | None = None
        self.counts: Counter[str] = Counter()
        self.files: dict[str, str] = {}
        """The reason of each file that was refused as a whole, or from some line on."""

    def __enter__(self) -> Self:
        if self._aside:
            try:
                self._file = self._aside.open("w", encoding="utf-8")
            except OSError as error:
                fix = "name a file in a folder that this user can write"
                problem = Problem(f"--rejects {self._path}", error.strerror or str(error), "rejected lines would be lost", fix)
                raise InputError("rejects cannot be written", [problem]) from None
        return self

    def add(self, file: str, line: int, kind: str, reason: str, text: str) -> None:
        """Record one line.

        Args:
            file: Where the line is.
            line: Its number, from 1; 0 for the file as a whole.
            kind: The format that it has or seems to have.
            reason: Why it cannot be used.
            text: The line.
        """
        self.counts[kind] += 1
        if kind == UNREADABLE_FILE:
            self.files[f"{file} line {line}" if line else file] = reason
        if self._file:
            entry = {"file": file, "line": line, "kind": kind, "reason": reason[:LONGEST], "text": text[:LONGEST]}
            self._file.write(json.dumps(entry) + "\n")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file and self._aside and self._path:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            if error is None:
                self._aside.replace(self._path)
            else:
                self._aside.unlink(missing_ok=True)
