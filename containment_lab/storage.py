"""Files of a lab home, written whole or not at all, and failures of the file system as one line with the fix.

A write that fails leaves the old file unchanged and no temporary file. Only `make_file_error` turns a failure of the file system into a
message for people.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from containment.files.whole_files import FileWriter
from containment_lab.errors import HomeError

ENV = "CONTAINMENT_LAB_HOME"
FREE_BYTES = 32 << 20
"""Space for a stack with its logs and networks, and a reserve; no lab is created on a file system with less."""
FREE_FILES = 500
WHY = "a lab keeps its state, keys and logs in its home"
_ELSEWHERE = f"or name another folder in {ENV}"
_FIXES = {
    errno.ENOSPC: f"make room there, {_ELSEWHERE}",
    errno.EDQUOT: f"make room there, {_ELSEWHERE}",
    errno.EROFS: f"mount it writable, {_ELSEWHERE}",
    errno.EACCES: f"give yourself the right, {_ELSEWHERE}",
    errno.EPERM: f"give yourself the right, {_ELSEWHERE}",
    errno.ENOTDIR: f"move that file away, {_ELSEWHERE}",
    errno.EEXIST: f"move that file away, {_ELSEWHERE}",
    errno.ENAMETOOLONG: f"name a shorter folder in {ENV}",
    errno.ELOOP: f"mend the symbolic link, {_ELSEWHERE}",
}


def make_file_error(path: Path, cause: OSError) -> HomeError:
    """Return the error for a failed use of a file of the lab home: the file, the reason and the fix."""
    return HomeError(f"{path}: {cause.strerror or cause}", why=WHY, fix=_FIXES.get(cause.errno or 0, f"mend that file, {_ELSEWHERE}"))


@contextlib.contextmanager
def convert_file_errors(path: Path) -> Iterator[None]:
    """Raise HomeError for an OSError of the block, which uses `path`."""
    try:
        yield
    except OSError as cause:
        raise make_file_error(Path(cause.filename) if isinstance(cause.filename, str) else path, cause) from None


def watch_folder(folder: Path) -> Callable[[], bool]:
    """Return a function that returns whether a folder is still there: not deleted, and not replaced by another at the same path."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)  # while it is open, no other folder gets its number

    def is_there() -> bool:
        try:
            return os.path.samestat(os.fstat(held), folder.stat())
        except (FileNotFoundError, NotADirectoryError):
            return False

    return is_there


def find_home_problem(root: Path) -> str | None:
    """Return the reason why a lab cannot be kept in a folder, in one line; None when it can. Nothing is created."""
    try:
        if os.path.lexists(root):
            return _find_folder_problem(root, f"the lab home {root}")
        above = next(each for each in root.parents if os.path.lexists(each))
        problem = _find_folder_problem(above, f"its folder {above}")
    except OSError as cause:
        problem = f"{cause.strerror}; {_FIXES.get(cause.errno or 0, _ELSEWHERE)}"
    return problem and f"the lab home {root} cannot be made: {problem}"


def _find_folder_problem(folder: Path, name: str) -> str | None:
    if not stat.S_ISDIR(folder.stat().st_mode):
        return f"{name} is a file, not a folder; {_FIXES[errno.ENOTDIR]}"
    if owner := find_other_owner(folder):
        return f"the lab in {folder} belongs to {owner}, and each user needs a separate lab; name another folder in {ENV}"
    space = os.statvfs(folder)
    if space.f_flag & os.ST_RDONLY:
        return f"{name} is on a read-only file system; {_FIXES[errno.EROFS]}"
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return f"{name} is not writable for {_format_user(os.geteuid())}; {_FIXES[errno.EACCES]}"
    blocks, files = (space.f_bavail, space.f_favail) if os.geteuid() else (space.f_bfree, space.f_ffree)
    if (free := blocks * space.f_frsize) < FREE_BYTES:
        return f"{name} has {free / (1 << 20):.1f} MiB of free space, and a lab needs {FREE_BYTES >> 20}; {_FIXES[errno.ENOSPC]}"
    if space.f_files and files < FREE_FILES:
        return f"{name} has room for {files} more files, and a lab needs {FREE_FILES}; {_FIXES[errno.ENOSPC]}"
    return None


def find_other_owner(root: Path) -> str | None:
    """Return the user whose lab is in a folder, if it is not the current user's; None without a lab."""
    try:
        found = (root / "ports.json").stat().st_uid
    except OSError:
        return None  # no lab yet, or no right to look: `require_usable` reports that
    return None if found == os.geteuid() else _format_user(found)


def _format_user(uid: int) -> str:
    try:
        return f"user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"user {uid}"


_WRITER: Final = FileWriter(convert_file_errors, 0o644)
write_whole, write_once = _WRITER.write_whole, _WRITER.write_once  # mode 0o600 is for secrets
