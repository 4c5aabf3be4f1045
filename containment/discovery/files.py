"""Read files of other people without executing, blocking or being led astray.

A file is opened as a path first and read only if it is a regular file, so that a FIFO, a device or a socket is never opened. Below the root
of a container, symbolic links are resolved inside that root, as the container itself resolves them.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

MOST_BYTES: Final = 8 << 20
_MOST_LINKS: Final = 40
_MISSING: Final = (errno.ENOENT, errno.ENOTDIR)
_PATH_ONLY: Final = getattr(os, "O_PATH", os.O_RDONLY | os.O_NONBLOCK) | os.O_CLOEXEC
"""Flags of a descriptor that names a file without opening it; where the system has none, opening does not wait."""


class UnreadableError(Exception):
    """A file or folder that exists and cannot be read; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Root:
    """A file system: `/`, or `/proc/PID/root` of a container; `label` names the container, and is empty for `/`."""

    path: str = "/"
    label: str = ""

    @property
    def is_own(self) -> bool:
        """Whether this is the file system of this process."""
        return self.path == "/"


OWN_ROOT: Final = Root()


def read_file(root: Root, path: str, most: int = MOST_BYTES) -> bytes | None:
    """Return the content of a regular file; None where there is no file.

    Args:
        root: the file system.
        path: the absolute path in it.
        most: bytes of the largest file that is read.

    Raises:
        UnreadableError: the file cannot be read, is not a regular file, or is too large.
    """
    with _convert_errors(), _open_path(root, path) as handle:
        if handle is None:
            return None
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise UnreadableError(f"is a {describe_kind(found.st_mode)}, not a file")
        if found.st_size > most:
            raise UnreadableError(f"has {found.st_size} bytes, more than the {most} that are read")
        with os.fdopen(_reopen(handle, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY), "rb") as opened:
            content = opened.read(most + 1)
    if len(content) > most:
        raise UnreadableError(f"has more than the {most} bytes that are read")
    return content


def list_folder(root: Root, path: str) -> list[tuple[str, int]] | None:
    """Return names and modes of a folder's entries, links not followed, sorted; None where there is no folder.

    Raises:
        UnreadableError: the folder cannot be read.
    """
    with _convert_errors(), _open_path(root, path) as handle:
        if handle is None or not stat.S_ISDIR(os.fstat(handle).st_mode):
            return None
        opened = _reopen(handle, os.O_RDONLY | os.O_DIRECTORY)
        try:
            entries = list[tuple[str, int]]()
            for name in sorted(os.listdir(opened)):  # noqa: PTH208 - of a descriptor
                with suppress(FileNotFoundError):  # removed since it was listed
                    entries.append((name, os.stat(name, dir_fd=opened, follow_symlinks=False).st_mode))
            return entries
        finally:
            os.close(opened)


def get_mode(root: Root, path: str) -> int | None:
    """Return the mode of a path with links followed; None where it does not exist; raise UnreadableError."""
    with _convert_errors(), _open_path(root, path) as handle:
        return None if handle is None else os.fstat(handle).st_mode


def get_identity(root: Root, path: str) -> tuple[int, int] | None:
    """Return device and inode of a path, by which one file is known in several file systems; None where it does not exist."""
    with _convert_errors(), _open_path(root, path) as handle:
        if handle is None:
            return None
        facts = os.fstat(handle)
        return facts.st_dev, facts.st_ino


def describe_kind(mode: int) -> str:
    """Return the kind of a file by its mode."""
    kinds = ((stat.S_ISDIR, "folder"), (stat.S_ISFIFO, "FIFO"), (stat.S_ISSOCK, "socket"), (stat.S_ISLNK, "symbolic link"))
    return next((name for check, name in kinds if check(mode)), "device")


@contextmanager
def _convert_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        text = "permission denied" if error.errno in (errno.EACCES, errno.EPERM) else (error.strerror or str(error)).lower()
        raise UnreadableError(text) from None
    except ValueError:  # a NUL in the path
        raise UnreadableError("is no path") from None


def _reopen(handle: int, flags: int) -> int:
    """Return a descriptor that reads what another one names."""
    return os.open(f"/proc/self/fd/{handle}", flags | os.O_CLOEXEC) if hasattr(os, "O_PATH") else os.dup(handle)


@contextmanager
def _open_path(root: Root, path: str) -> Iterator[int | None]:
    """Yield a descriptor that names a path without opening it; None where there is nothing."""
    try:
        handle = os.open(path, _PATH_ONLY) if root.is_own else _open_below(root.path, path)
    except OSError as error:
        if error.errno not in _MISSING:
            raise
        yield None
        return
    try:
        yield handle
    finally:
        os.close(handle)


def _open_below(root: str, path: str) -> int:
    """Return a descriptor of a path below a root; `..` and absolute links stay below it."""
    handles = [os.open(root, _PATH_ONLY)]
    pending = deque(path.split("/"))
    links = 0
    try:
        while pending:
            part = pending.popleft()
            if part in ("", "."):
                continue
            if part == "..":
                if len(handles) > 1:
                    os.close(handles.pop())
                continue
            handle = os.open(part, _PATH_ONLY | os.O_NOFOLLOW, dir_fd=handles[-1])
            if not stat.S_ISLNK(os.fstat(handle).st_mode):
                handles.append(handle)
                continue
            try:
                target = os.readlink("", dir_fd=handle)
            finally:
                os.close(handle)
            links += 1
            if links > _MOST_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            if target.startswith("/"):
                while len(handles) > 1:
                    os.close(handles.pop())
            pending.extendleft(reversed(target.split("/")))
        return os.dup(handles[-1])
    finally:
        for handle in handles:
            os.close(handle)
