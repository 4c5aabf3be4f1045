"""The installed bundles: one folder per version, and a symbolic link to the active one that is replaced at once.

A version's folder appears with its final name only when all its files are on disk. So after a crash at any step the link leads to the old
bundle or to the new one, each whole.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from containment.bundle import index
from containment.bundle.files import BundleFiles, read_folder
from containment.bundle.refusal import BundleCode, BundleRefusal
from containment.bundle.trust import TrustRoot
from containment.bundle.verify import VerifiedBundle, verify_content
from containment.bundle_update.places import Places
from containment.files.whole_files import sync_folder

INSTALLED: Final = "installed.json"
"""What the launcher reads: the path of its profile and the digest of the profile's bytes."""
INSTALLED_SCHEMA: Final = "containment-bundle-installed/v1"
_NAME: Final = re.compile(r"[0-9]{1,20}-[0-9a-f]{16}(\.[0-9]+)?")
_STAGING: Final = ".staging-"


@dataclass(frozen=True, slots=True)
class ActiveBundle:
    """The bundle that the link leads to, verified again; `bundle` is None and `problem` is set if it cannot be used."""

    name: str
    bundle: VerifiedBundle | None
    problem: str = ""


class BundleStore:
    """The folder of the installed bundles."""

    def __init__(self, places: Places) -> None:
        self._places = places

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other updaters out; raise BundleRefusal if the lock's file cannot be opened.

        Whoever can open a file for reading can lock it and let the updater wait forever, so nobody else can open this one.
        """
        with _convert(self._places.lock):
            handle = os.open(self._places.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            os.fchmod(handle, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def read_active(self, trust: TrustRoot, stack: str) -> ActiveBundle | None:
        """Return the active bundle, None if there is none; its window is not judged, because the last good bundle stays."""
        try:
            target = self._places.active.readlink()
        except FileNotFoundError:
            return None
        except OSError as error:
            return ActiveBundle("", None, f"{self._places.active} is no symbolic link: {error.strerror}")
        if target.parent != Path("versions") or not _NAME.fullmatch(target.name):
            return ActiveBundle(str(target), None, f"{self._places.active} leads to {target}, which is no installed version")
        try:
            return ActiveBundle(target.name, verify_content(self._read_version(target.name), trust, stack=stack))
        except BundleRefusal as refusal:
            return ActiveBundle(target.name, None, f"{refusal.code}: {refusal.where}: {refusal.what}")

    def install(self, bundle: VerifiedBundle) -> str:
        """Write a bundle's files to a version folder and return its name; raise BundleRefusal NOT_INSTALLED if the disk refuses."""
        base = f"{bundle.manifest.revision}-{bundle.manifest.digest.removeprefix('sha256:')[:16]}"
        with _convert(self._places.versions):
            self._remove_staging()
            name, number = base, 0
            while (self._places.versions / name).exists():
                if self._is_equal(name, bundle):
                    return name
                number += 1
                name = f"{base}.{number}"
            staging = self._places.versions / f"{_STAGING}{os.getpid()}"
            try:
                staging.mkdir()
                staging.chmod(0o755)
                for path, data in {**bundle.contents, INSTALLED: describe_installed(bundle)}.items():
                    _write_file(staging / path, data)
                for folder in [one for one in staging.rglob("*") if one.is_dir()]:
                    sync_folder(folder)
                sync_folder(staging)
                staging.rename(self._places.versions / name)
                sync_folder(self._places.versions)
            finally:
                with suppress(OSError):  # the failure itself is raised; the next run removes what is left
                    self._remove_staging()
        return name

    def activate(self, name: str) -> None:
        """Let the link lead to a version, at once and on disk when this returns; raise BundleRefusal NOT_INSTALLED."""
        aside = self._places.bundles / ".active.new"
        with _convert(self._places.active):
            aside.unlink(missing_ok=True)
            aside.symlink_to(Path("versions") / name)
            aside.replace(self._places.active)
            sync_folder(self._places.bundles)

    def remove_old_versions(self, active: str, previous: str | None) -> None:
        """Remove all versions but two; a version that cannot be removed stays."""
        for version in self._places.versions.iterdir():
            if version.name not in (active, previous):
                shutil.rmtree(version, ignore_errors=True)

    def _read_version(self, name: str) -> BundleFiles:
        found = read_folder(self._places.versions / name)
        return BundleFiles({path: data for path, data in found.contents.items() if path != INSTALLED}, found.special)

    def _is_equal(self, name: str, bundle: VerifiedBundle) -> bool:
        try:
            found = read_folder(self._places.versions / name)
        except BundleRefusal:
            return False
        wanted = {**bundle.contents, INSTALLED: describe_installed(bundle)}
        return not found.special and found.contents == wanted

    def _remove_staging(self) -> None:
        for path in self._places.versions.glob(f"{_STAGING}*"):
            shutil.rmtree(path)


def describe_installed(bundle: VerifiedBundle) -> bytes:
    """Return the content of `installed.json`, which the launcher reads with the standard library only."""
    digests = {member.path: member.sha256 for member in bundle.manifest.members}
    found = {
        "schema": INSTALLED_SCHEMA,
        "stack": bundle.manifest.stack,
        "revision": str(bundle.manifest.revision),
        "digest": bundle.manifest.digest,
        "policyDigest": bundle.index.policy_digest,
        "profile": index.LAUNCHER_FILE,
        "profileSha256": digests[index.LAUNCHER_FILE],
    }
    return json.dumps(found, indent=2).encode() + b"\n"


def _write_file(path: Path, data: bytes) -> None:
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True)
        path.parent.chmod(0o755)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, 0o644)
        file.write(data)
        file.flush()
        os.fsync(handle)


@contextmanager
def _convert(path: Path) -> Iterator[None]:
    """Raise BundleRefusal NOT_INSTALLED for an error of the disk."""
    try:
        yield
    except OSError as error:
        where = str(error.filename or path)
        raise BundleRefusal(BundleCode.NOT_INSTALLED, where, f"cannot be written: {error.strerror or error}") from None
