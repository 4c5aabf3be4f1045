"""An initramfs as the kernel reads it: a cpio archive in the format newc, the same bytes for the same content.

The kernel unpacks several archives one after the other, so a task's files are a second archive behind the image's.
Format: kernel documentation, "initramfs buffer format".
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_ALIGN: Final = 4
_END: Final = "TRAILER!!!"


@dataclass(frozen=True, slots=True)
class Member:
    """One file, folder or symbolic link of an archive; all belong to root."""

    path: str
    content: bytes
    mode: int

    @classmethod
    def make_folder(cls, path: str, permissions: int = 0o755) -> Member:
        """Return a folder."""
        return cls(path, b"", stat.S_IFDIR | permissions)

    @classmethod
    def make_file(cls, path: str, content: bytes, permissions: int = 0o644) -> Member:
        """Return a file."""
        return cls(path, content, stat.S_IFREG | permissions)

    @classmethod
    def make_link(cls, path: str, target: str) -> Member:
        """Return a symbolic link."""
        return cls(path, target.encode(), stat.S_IFLNK | 0o777)


def build_archive(members: Iterable[Member]) -> bytes:
    """Return an archive with its missing parent folders, in the order of the paths."""
    found = {one.path.strip("/"): one for one in members}
    for path in list(found):
        parts = path.split("/")[:-1]
        for count in range(1, len(parts) + 1):
            parent = "/".join(parts[:count])
            found.setdefault(parent, Member.make_folder(parent))
    out = bytearray()
    for number, path in enumerate(sorted(found), 1):
        _append(out, number, path, found[path].content, found[path].mode)
    _append(out, 0, _END, b"", 0)
    out += b"\0" * (-len(out) % 512)
    return bytes(out)


def _append(out: bytearray, number: int, path: str, content: bytes, mode: int) -> None:
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = (number, mode, 0, 0, links, 0, len(content), 0, 0, 0, 0, len(name), 0)
    out += b"070701" + b"".join(b"%08X" % each for each in fields) + name
    out += b"\0" * (-len(out) % _ALIGN)
    out += content
    out += b"\0" * (-len(out) % _ALIGN)
