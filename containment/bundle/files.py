"""The files of a bundle in a folder: read once, each as a regular file, within limits; written with bundle.yaml last.

The folder itself is listed, and no path of a manifest is opened: what a manifest names outside of the folder is never read. Symbolic
links are not followed, and devices and pipes not opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from containment.bundle import index
from containment.bundle.document import SignedManifest
from containment.bundle.manifest import FILE
from containment.bundle.refusal import BundleCode, BundleRefusal
from containment.errors import InputError, Problem
from containment.files.whole_files import write_whole

MOST_FILES: Final = 128
MOST_FILE_BYTES: Final = 1 << 20
MOST_TOTAL_BYTES: Final = 4 << 20
_MOST_DEPTH: Final = 8
_KNOWN: Final = (FILE, *index.REQUIRED, *index.OPTIONAL)
_KINDS: Final = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a block device"),
    (stat.S_ISCHR, "a character device"),
)


@dataclass(frozen=True, slots=True)
class BundleFiles:
    """Path -> bytes of the regular files, and path -> kind of all others; paths are relative to the folder of bundle.yaml."""

    contents: Mapping[str, bytes]
    special: Mapping[str, str] = field(default_factory=dict)


class SizeLimit:
    """Counts files and bytes, and refuses what is over a limit before it is read."""

    def __init__(self) -> None:
        self._files = self._bytes = 0

    def add_file(self, path: str) -> None:
        """Count a file or folder; raise BundleRefusal TOO_LARGE."""
        self._files += 1
        if self._files > MOST_FILES:
            raise BundleRefusal(BundleCode.TOO_LARGE, path, f"is file {self._files}, and at most {MOST_FILES} are read")

    def add_bytes(self, path: str, size: int) -> None:
        """Count the bytes of a file; raise BundleRefusal TOO_LARGE."""
        self._bytes += size
        if size > MOST_FILE_BYTES:
            raise BundleRefusal(BundleCode.TOO_LARGE, path, f"has {size} bytes, and at most {MOST_FILE_BYTES} are read")
        if self._bytes > MOST_TOTAL_BYTES:
            raise BundleRefusal(BundleCode.TOO_LARGE, path, f"brings the bundle over {MOST_TOTAL_BYTES} bytes")


def read_folder(folder: Path) -> BundleFiles:
    """Return the files of a folder; raise BundleRefusal SOURCE_UNREADABLE or TOO_LARGE."""
    contents: dict[str, bytes] = {}
    special: dict[str, str] = {}
    limit = SizeLimit()
    try:
        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for path, found in _walk(top, "", limit):
            if isinstance(found, str):
                special[path] = found
            else:
                with os.fdopen(found, "rb") as file:
                    contents[path] = file.read(MOST_FILE_BYTES + 1)
                limit.add_bytes(path, len(contents[path]))
    except OSError as error:
        where = str(error.filename or folder)
        raise BundleRefusal(BundleCode.SOURCE_UNREADABLE, where, f"cannot be read: {error.strerror or error}") from None
    return check_manifest_file(BundleFiles(contents, special), str(folder))


def check_manifest_file(files: BundleFiles, where: str) -> BundleFiles:
    """Return the files; raise BundleRefusal if bundle.yaml is no regular file among them."""
    if FILE in files.special:
        raise BundleRefusal(BundleCode.SPECIAL_MEMBER, FILE, f"is {files.special[FILE]}")
    if FILE not in files.contents:
        raise BundleRefusal(BundleCode.SOURCE_UNREADABLE, where, f"has no {FILE}")
    return files


def _walk(folder: int, above: str, limit: SizeLimit) -> Iterator[tuple[str, int | str]]:
    """Yield each file below an open folder, which is closed: a descriptor of a regular file, or the kind of any other."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in islice(entries, MOST_FILES + 1))
        for name in names:
            path = f"{above}{name}"
            limit.add_file(path)
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
            if stat.S_ISREG(mode) or (stat.S_ISDIR(mode) and above.count("/") < _MOST_DEPTH):
                kind = os.O_DIRECTORY if stat.S_ISDIR(mode) else 0
                found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | kind, dir_fd=folder)
                mode = os.fstat(found).st_mode  # another file may have taken its place
                if kind:
                    yield from _walk(found, f"{path}/", limit)
                elif stat.S_ISREG(mode):
                    yield path, found
                else:
                    os.close(found)
                    yield path, _describe(mode)
            else:
                yield path, _describe(mode)
    finally:
        os.close(folder)


def _describe(mode: int) -> str:
    return next((kind for is_kind, kind in _KINDS if is_kind(mode)), "a folder below too many others")


def write_folder(folder: Path, files: BundleFiles) -> None:
    """Write a built bundle over an earlier one; raise InputError for a folder with other files, or if the disk refuses.

    Args:
        folder: the folder, which is created.
        files: the files of the bundle.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unknown = sorted(one.name for one in folder.iterdir() if one.name not in _KNOWN)
        if unknown:
            fix = "name an empty folder with --out, or the folder of an earlier bundle"
            raise _make_error(folder, f"has {unknown[0]}, which is no file of a bundle", fix)
        for name in sorted({*_KNOWN} - files.contents.keys()):
            (folder / name).unlink(missing_ok=True)
        for name, data in sorted(files.contents.items(), key=lambda item: item[0] == FILE):
            write_whole(folder / name, data)
    except OSError as error:
        raise _make_error(Path(error.filename or folder), f"cannot be written ({error.strerror})", "name another folder") from None


def write_signed(folder: Path, signed: SignedManifest) -> None:
    """Replace bundle.yaml by one with another signature; raise InputError if the disk refuses."""
    try:
        write_whole(folder / FILE, signed.encode())
    except OSError as error:
        raise _make_error(folder / FILE, f"cannot be written ({error.strerror})", "free space, or correct the rights") from None


def _make_error(path: Path, what: str, fix: str) -> InputError:
    return InputError("the bundle is not written", [Problem(str(path), what, "hosts refuse a bundle with other files", fix)])
