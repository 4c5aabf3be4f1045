"""The files of the record: an append that is on disk before it returns, and files that are old or new, never half."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from containment.errors import InputError, Problem
from containment.files import locks
from containment.files.whole_files import FileWriter, sync_folder


class RecordError(InputError):
    """The record cannot be read or written, so that the action it would record must not happen."""


@contextmanager
def convert_errors(path: Path, doing: str = "written") -> Iterator[None]:
    """Raise RecordError for an error of the disk."""
    try:
        yield
    except OSError as error:
        why = "an action whose decision is not recorded does not happen"
        what = f"cannot be {doing}: {(error.strerror or str(error)).lower()}"
        problem = Problem(str(error.filename or path), what, why, "let your user read and write it, and make room on its disk")
        raise RecordError("the record of decisions cannot be used", [problem]) from None


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold the record's lock; other processes wait. The folder is created."""
    with ExitStack() as held:
        with convert_errors(folder, "locked"):
            folder.mkdir(parents=True, exist_ok=True)
            held.enter_context(locks.lock_folder(folder))
        yield


def append_bytes(path: Path, data: bytes, at: int) -> None:
    """Write bytes at a position, the end of what is whole, and cut what follows; on disk when it returns."""
    with convert_errors(path):
        is_new = not path.exists()
        # A folder that a group of approvers writes gives its files to the same group.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644 | path.parent.stat().st_mode & 0o020)
        try:
            os.ftruncate(handle, at)
            os.lseek(handle, at, os.SEEK_SET)
            left = memoryview(data)
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, at)
            raise
        finally:
            os.close(handle)
        if is_new:
            sync_folder(path.parent)


def read_bytes(path: Path) -> bytes | None:
    """Return the content of a file, None if there is none; raise RecordError if it cannot be read."""
    with convert_errors(path, "read"):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None


write_whole = FileWriter(convert_errors).write_whole
