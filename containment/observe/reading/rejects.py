"""Lines that are rejected, and lines that are missing in a numbered log.

The reject file has one JSON line per log line that cannot be used, counted by kind; it is complete or absent.

If a gateway numbers its L4 sessions one by one, missing numbers are lost lines. Most gateways use arbitrary numbers, so only a file whose
numbers nearly always grow by one counts as a sequence; a number lower than the previous one is a restart.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
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


_FEWEST_STEPS: Final = 10
_MOST_HOLES: Final = 0.1
"""Share of steps by more than one that a sequence can have."""


@dataclass
class SequenceWatch:
    """The numbers of one file, by sender."""

    _last: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    _steps: dict[str, int] = field(default_factory=dict)
    _jumps: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)

    def add(self, sender: str, number: int, time: datetime) -> None:
        """Add the number of one line."""
        if (last := self._last.get(sender)) is not None:
            if number == last[0] + 1:
                self._steps[sender] = self._steps.get(sender, 0) + 1
            elif number > last[0] + 1:
                jumps = self._jumps.setdefault(sender, [])
                if len(jumps) < 10_000:  # arbitrary numbers are no sequence, and need no memory
                    jumps.append((last[1], time))
        self._last[sender] = number, time

    def find_holes(self) -> Iterator[tuple[str, datetime, datetime]]:
        """Yield sender, start and end of each hole."""
        for sender, jumps in self._jumps.items():
            steps = self._steps.get(sender, 0)
            if steps >= _FEWEST_STEPS and len(jumps) <= _MOST_HOLES * (steps + len(jumps)):
                yield from ((f"gateway-l4 sequence of {sender}", min(start, end), max(start, end)) for start, end in jumps)
