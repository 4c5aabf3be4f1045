"""Objects that a provider created and the engine may not have recorded yet, so that a killed engine leaves no orphan.

One file per entry, {"urn", "entry"}, in a folder of the lab home. It is written when an object exists (`claimed`), again when its create is
complete, and deleted when the engine uses the id (in any later call). It outlives the provider too.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from containment_lab.home import write_whole


@dataclass(frozen=True)
class Entry:
    """A create that the engine has not acknowledged: `complete` after all its steps, `delivered` after the answer was sent.

    Without an `id` the create has begun, and its result is unknown: an object it may have created can be found under `once`.
    """

    token: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any] = field(default_factory=dict)
    complete: bool = False
    delivered: bool = False
    once: str = ""


class Journal:
    """The entries of one provider, by URN, in files of `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        kept = [json.loads(file.read_text()) for file in folder.glob("*.json")]
        self._entries = {each["urn"]: Entry(**each["entry"]) for each in kept}

    def get(self, urn: str) -> Entry | None:
        """Return the open entry of a URN."""
        return self._entries.get(urn)

    def put(self, urn: str, entry: Entry) -> None:
        """Record that `entry.id` exists, and with `complete` that its create is finished."""
        with self._lock:
            self._entries[urn] = entry
            if self._folder.parent.is_dir():  # otherwise the lab home is deleted, and its objects with it
                write_whole(self._get_file(urn), json.dumps({"urn": urn, "entry": asdict(entry)}, indent=1), mode=0o600)

    def confirm_delivery(self, urn: str) -> None:
        """Record that the engine was connected when the answer was sent."""
        if entry := self._entries.get(urn):
            self.put(urn, replace(entry, delivered=True))

    def forget(self, urn: str, ident: str | None = None) -> None:
        """Drop the entry of this URN; with `ident`, only when it has that id."""
        with self._lock:
            entry = self._entries.get(urn)
            if entry and ident in (None, entry.id):
                del self._entries[urn]
                self._get_file(urn).unlink(missing_ok=True)

    def _get_file(self, urn: str) -> Path:
        return self._folder / f"{hashlib.sha256(urn.encode()).hexdigest()}.json"
