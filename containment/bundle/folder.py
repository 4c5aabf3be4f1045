"""Folders of bundles that are built and signed here: members first, and bundle.yaml last."""

from __future__ import annotations

from pathlib import Path

from containment.bundle import index
from containment.bundle.document import SignedManifest
from containment.bundle.files import BundleFiles
from containment.bundle.manifest import FILE
from containment.errors import InputError, Problem
from containment.files.whole_files import write_whole

_KNOWN = (FILE, *index.REQUIRED, *index.OPTIONAL)


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
