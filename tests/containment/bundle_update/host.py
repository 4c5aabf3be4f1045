"""A host with the updater's folders, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from containment.bundle.files import BundleFiles
from containment.bundle.verify import VerifiedBundle
from containment.bundle_update.places import Places
from containment.bundle_update.sources import FolderSource
from containment.bundle_update.store import BundleStore
from containment.bundle_update.update import Run, RunResult, update
from tests.containment.bundle.desk import NOW, STACK, Desk


@dataclass
class Host:
    """The folders of one host below a folder, a source, and the events that were recorded."""

    folder: Path
    desk: Desk = field(default_factory=Desk)
    events: list[Mapping[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.places = Places(
            trust_root=self.folder / "etc" / "signers.pem",
            bundles=self.folder / "bundles",
            counters=self.folder / "counters",
            event_log=self.folder / "log" / "events.jsonl",
        )
        self.source = self.folder / "source"
        self.places.trust_root.parent.mkdir(parents=True, exist_ok=True)
        self.places.trust_root.write_text(self.desk.pem)

    def publish(self, revision: int, **changes: Any) -> BundleFiles:
        """Put a bundle in the source in place of the one before."""
        files = self.desk.make(revision=revision, **changes)
        self.publish_files(files)
        return files

    def publish_files(self, files: BundleFiles) -> None:
        """Put files in the source in place of those before."""
        for path in sorted(self.source.rglob("*"), reverse=True) if self.source.exists() else ():
            path.unlink() if not path.is_dir() or path.is_symlink() else path.rmdir()
        self.desk.write(self.source, files)

    def run(self, days: float = 0) -> RunResult:
        """Run the updater once."""
        return update(
            Run(
                stack=STACK,
                host="host",
                source=FolderSource(self.source),
                places=self.places,
                now=NOW + timedelta(days=days),
                record=self.events.append,
            )
        )

    def read_live(self) -> VerifiedBundle | None:
        """Return the active bundle, verified; None if there is none. A bundle that cannot be used fails the test."""
        active = BundleStore(self.places).read_active(self.desk.trust, STACK)
        if active is None:
            return None
        assert active.bundle is not None, active.problem
        return active.bundle

    def read_revision(self) -> int:
        """Return the active revision, 0 if there is none."""
        live = self.read_live()
        return live.manifest.revision if live is not None else 0
