"""What a provider made and the engine may not know of yet, so that a killed engine leaves nothing orphaned.

One file in the lab home: {urn: entry}. An entry is written when something exists (`claimed`), again when its create is done, and goes
when the engine shows that it knows the id (any later call that names it). It survives the provider too.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from containment.lab.home import write_whole


@dataclass(frozen=True)
class Entry:
    """A create nobody has acknowledged: `complete` when all its steps were done, `delivered` when the answer went out.

    Without an `id` it has begun, and nobody knows whether it made something: what did can be found under `once`.
    """

    token: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any] = field(default_factory=dict)
    complete: bool = False
    delivered: bool = False
    once: str = ""


class Journal:
    """The entries of one provider, by URN."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        if path.exists():
            self._entries = {urn: Entry(**entry) for urn, entry in json.loads(path.read_text()).items()}

    def get(self, urn: str) -> Entry | None:
        """Return what stands open for a URN."""
        return self._entries.get(urn)

    def put(self, urn: str, entry: Entry) -> None:
        """Record that `entry.id` exists, and with `complete` that its create was done to its end."""
        self._put(urn, entry)

    def delivered(self, urn: str) -> None:
        """Record that the engine was still there to take the answer."""
        if entry := self._entries.get(urn):
            self._put(urn, replace(entry, delivered=True))

    def forget(self, urn: str, ident: str | None = None) -> None:
        """Drop the entry of this URN; with `ident`, only when it is about that id."""
        entry = self._entries.get(urn)
        if entry and ident in (None, entry.id):
            self._put(urn, None)

    def _put(self, urn: str, entry: Entry | None) -> None:
        with self._lock:
            if entry is None:
                self._entries.pop(urn, None)
            else:
                self._entries[urn] = entry
            if self._path.parent.is_dir():
                write_whole(self._path, json.dumps({urn: asdict(each) for urn, each in self._entries.items()}, indent=1))
