"""The updater's files: which they are, and that only root may change them.

Rules kept here: the trust root, the bundles and the counter are in three folders of root; the counter is apart from the bundles, so that
it stays when they are removed and installed again.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from containment.bundle.refusal import BundleCode, BundleRefusal
from containment.bundle.trust import TrustRoot, parse_trust_root

_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_MOST_KEY_BYTES: Final = 64 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The updater's files and folders."""

    trust_root: Path = Path("/etc/containment/bundle-signers.pem")
    bundles: Path = Path("/var/lib/containment-bundle")
    counters: Path = Path("/var/lib/containment-counter")
    event_log: Path = Path("/var/log/containment-bundle/events.jsonl")

    @property
    def versions(self) -> Path:
        """The folder of the installed bundles."""
        return self.bundles / "versions"

    @property
    def active(self) -> Path:
        """The symbolic link to the active bundle."""
        return self.bundles / "active"

    @property
    def last_run(self) -> Path:
        """The result of the last run."""
        return self.bundles / "last-run.json"

    @property
    def lock(self) -> Path:
        """The file that a run locks."""
        return self.bundles / ".lock"

    def get_counter(self, stack: str) -> Path:
        """Return the file of a stack's high-water mark."""
        return self.counters / f"{stack}.json"


def create_folders(places: Places) -> None:
    """Create the updater's folders, readable by everyone and writable by their owner; raise BundleRefusal if another may change them."""
    for folder in (places.bundles, places.versions, places.counters, places.event_log.parent):
        try:
            if not folder.exists():
                folder.mkdir(parents=True)
                folder.chmod(0o755)
        except OSError as error:
            raise BundleRefusal(BundleCode.NOT_INSTALLED, str(folder), f"cannot be created: {error.strerror}") from None
        check_owned(folder, BundleCode.PLACE_UNUSABLE)


def read_trust_root(path: Path) -> TrustRoot:
    """Return the keys of the trust root; raise BundleRefusal TRUST_UNUSABLE if another user may change them."""
    check_owned(path, BundleCode.TRUST_UNUSABLE)
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            data = file.read(_MOST_KEY_BYTES + 1)
    except OSError as error:
        raise BundleRefusal(BundleCode.TRUST_UNUSABLE, str(path), f"cannot be read: {error.strerror}") from None
    if len(data) > _MOST_KEY_BYTES:
        raise BundleRefusal(BundleCode.TRUST_UNUSABLE, str(path), f"has more than {_MOST_KEY_BYTES} bytes")
    return parse_trust_root(data, str(path))


def check_owned(path: Path, code: BundleCode) -> None:
    """Raise BundleRefusal if another user than root and this one may change a path, or replace it."""
    problem = next(find_owner_problems(path, {0, os.geteuid()}), None)
    if problem is not None:
        raise BundleRefusal(code, *problem)


def find_owner_problems(path: Path, owners: set[int]) -> Iterator[tuple[str, str]]:
    """Yield (path, what) for each part of an absolute path that somebody else may change.

    Args:
        path: a file or folder; none of its parts may be a symbolic link.
        owners: the users that may own the parts.
    """
    if not path.is_absolute():
        yield str(path), "is not an absolute path"
        return
    for part in [*reversed(path.parents), path]:
        try:
            found = part.lstat()
        except OSError as error:
            yield str(part), f"cannot be read: {error.strerror}"
            return
        if stat.S_ISLNK(found.st_mode):
            yield str(part), "is a symbolic link"
        elif found.st_uid not in owners:
            yield str(part), f"is owned by user {found.st_uid}"
        elif found.st_mode & _OTHERS_WRITE and not (stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX and part != path):
            yield str(part), f"may be written by other users (mode {stat.S_IMODE(found.st_mode):04o})"
