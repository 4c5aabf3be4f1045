"""What a provider made and the engine may not know of yet, so that a killed engine leaves nothing orphaned.

A file an entry, {"urn", "entry"}, in a folder of the lab home. It is written when something exists (`claimed`), again when its create is
done, and goes when the engine shows that it knows the id (any later call that names it). It survives the provider too.
"""

from __future__ import annotations

import hashlib
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
    """The entries of one provider, by URN; `folder` holds them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        kept = [json.loads(file.read_text()) for file in folder.glob("*.json")]
        self._entries = {each["urn"]: Entry(**each["entry"]) for each in kept}

    def get(self, urn: str) -> Entry | None:
        """Return what stands open for a URN."""
        return self._entries.get(urn)

    def put(self, urn: str, entry: Entry) -> None:
        """Record that `entry.id` exists, and with `complete` that its create was done to its end."""
        with self._lock:
            self._entries[urn] = entry
            if self._folder.parent.is_dir():  # else the lab home is gone, and what would be recovered with it
                write_whole(self._file(urn), json.dumps({"urn": urn, "entry": asdict(entry)}, indent=1), mode=0o600)

    def delivered(self, urn: str) -> None:
        """Record that the engine was still there to take the answer."""
        if entry := self._entries.get(urn):
            self.put(urn, replace(entry, delivered=True))

    def forget(self, urn: str, ident: str | None = None) -> None:
        """Drop the entry of this URN; with `ident`, only when it is about that id."""
        with self._lock:
            entry = self._entries.get(urn)
            if entry and ident in (None, entry.id):
                del self._entries[urn]
                self._file(urn).unlink(missing_ok=True)

    def _file(self, urn: str) -> Path:
        return self._folder / f"{hashlib.sha256(urn.encode()).hexdigest()}.json"
