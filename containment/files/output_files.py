"""Files that a command writes: a failure of the file system as one error, with the file, the reason and the fix."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from containment.errors import InputError, Problem
from containment.files.whole_files import FileWriter

_FIXES: Final = {
    errno.ENOSPC: "make room there, and run the command again",
    errno.EDQUOT: "make room there, and run the command again",
    errno.EROFS: "choose a folder that is not read-only",
    errno.EACCES: "let your user write there, or choose another folder",
    errno.EPERM: "let your user write there, or choose another folder",
    errno.EISDIR: "move the folder away that has this name, or choose another name",
    errno.ENOTDIR: "move the file away that is in the place of a folder",
    errno.EEXIST: "move the file away that is in the place of a folder",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "choose the file itself, not the link",
}


def make_write_error(path: Path, error: OSError, why: str = "what it would contain is lost otherwise") -> InputError:
    """Return the error of a file that cannot be written; nothing of it was written.

    Args:
        path: the file, where the error names none.
        error: the failure.
        why: why the file matters.
    """
    where = error.filename if isinstance(error.filename, str) else str(path)
    what = f"cannot be written: {(error.strerror or str(error)).lower()}"
    fix = _FIXES.get(error.errno or 0, "choose a file in a folder that your user may write to")
    return InputError("a file is not written", [Problem(where, what, why, fix)])


@contextmanager
def convert_write_errors(path: Path, why: str = "what it would contain is lost otherwise") -> Iterator[None]:
    """Raise InputError for a failure of the block, which writes `path` (see `make_write_error`)."""
    try:
        yield
    except OSError as error:
        raise make_write_error(path, error, why) from None


_WRITER: Final = FileWriter(convert_write_errors)
write_whole, write_once = _WRITER.write_whole, _WRITER.write_once
