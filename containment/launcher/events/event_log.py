"""The event log: one JSON object per line, appended by the launcher and by the local proxy.

An event that cannot be written is an error, and ends the command: what is not recorded does not go on. The same event of one program is
written once at first, and its repetitions as one event with their count at the end, so that a loop does not fill the disk.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from containment.confinement.errors import ConfinementError

if TYPE_CHECKING:
    from containment.logs.ocsf import EventSink

_MOST_COUNTED: Final = 4096
"""Different events that are counted; further ones are written each time."""


class EventLog:
    """A file that events are appended to; several processes may append to it."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
        except OSError as error:
            fix = "name a file that this user may append to with --event-log"
            raise ConfinementError(
                f"the event log {path} cannot be opened ({error.strerror}), and nothing runs unrecorded: {fix}"
            ) from None

    def write(self, event: Mapping[str, Any]) -> None:
        """Append one event; raise OSError if it is not written as a whole."""
        line = json.dumps(event, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"
        if os.write(self._file, line) != len(line):
            raise OSError("the event log is full")


class CountedEvents:
    """Events of which repetitions are counted."""

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink
        self._repeated: dict[tuple[str, ...], tuple[int, Mapping[str, Any]]] = {}

    def write(self, key: tuple[str, ...], event: Mapping[str, Any]) -> None:
        """Write an event, or count it if one with the same key was written."""
        if key in self._repeated:
            self._repeated[key] = (self._repeated[key][0] + 1, event)
            return
        if len(self._repeated) < _MOST_COUNTED:
            self._repeated[key] = (0, event)
        self._sink.write(event)

    def write_counts(self) -> None:
        """Write the last event of each key that was repeated, with the number of repetitions."""
        for count, event in self._repeated.values():
            if count:
                self._sink.write({**event, "count": count})
        self._repeated.clear()
