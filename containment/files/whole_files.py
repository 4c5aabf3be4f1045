"""Files written whole or not at all: after a crash or a full disk the old file is there, or the new one, never a part.

The functions raise `OSError`; a `FileWriter` raises the error of its caller in its place.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path


def write_whole(path: Path, content: str | bytes, mode: int | None = None) -> None:
    """Replace a file at once, or create it with its folder; on disk when it returns.

    Args:
        path: The file; of a symbolic link, its target is replaced.
        content: The whole content; text is written as UTF-8.
        mode: The permissions. By default those of the file that is replaced, else what the umask leaves.
    """
    try:
        target = path.resolve()
    except RuntimeError:  # what it raises for a loop of links until Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from None
    with _write_aside(target, content, mode) as aside:
        aside.replace(target)


def write_once(path: Path, content: str | bytes, mode: int | None = None) -> bool:
    """Create a file with its whole content; return False, and change nothing, where there is one already."""
    with _write_aside(path, content, mode) as aside:
        try:
            os.link(aside, path)
        except FileExistsError:
            return False
    return True


@dataclass(frozen=True, slots=True)
class FileWriter:
    """Writer of whole files whose failures are errors of the caller's class.

    Attributes:
        convert: the block around each use of a file; it raises the caller's error for an `OSError`.
        mode: the permissions of files, as of `write_whole`.
    """

    convert: Callable[[Path], AbstractContextManager[None]]
    mode: int | None = None

    def write_whole(self, path: Path, content: str | bytes, mode: int | None = None) -> None:
        """Replace a file at once or not at all; raise the error of `convert`."""
        with self.convert(path):
            write_whole(path, content, self.mode if mode is None else mode)

    def write_once(self, path: Path, content: str | bytes, mode: int | None = None) -> bool:
        """Create a file with its whole content, False where there is one already; raise the error of `convert`."""
        with self.convert(path):
            return write_once(path, content, self.mode if mode is None else mode)


def sync_folder(folder: Path) -> None:
    """Write the entries of a folder to disk: without that a new or renamed file may be missing after a crash."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _write_aside(path: Path, content: str | bytes, mode: int | None) -> Iterator[Path]:
    """Write a temporary file on disk for the caller to put in place; remove it and sync the folder afterwards."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if mode is None and path.exists():
            mode = path.stat().st_mode & 0o777
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666 if mode is None else 0o600), "wb") as out:
            if mode is not None:
                os.fchmod(out.fileno(), mode)
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        yield aside
        sync_folder(path.parent)
    except OSError as error:
        if error.filename in (None, str(aside)):  # a full disk is reported without a name
            error.filename = str(path)
        raise
    finally:
        with contextlib.suppress(OSError):  # the failure itself is raised; a leftover file is secondary
            aside.unlink(missing_ok=True)
