"""The programs of a profile on this machine, and the loaders that start them."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from functools import cache
from typing import Final

from containment.sandbox.globs import is_match

_MAGIC: Final = b"\x7fELF"
_PT_INTERP: Final = 3
_MOST_HEADERS: Final = 64
_HEAD: Final = 4096


def find_programs(patterns: Iterable[str]) -> dict[str, str]:
    """Return the programs that exist, as path in the profile's spelling -> path with symbolic links resolved."""
    resolve, is_program = cache(os.path.realpath), cache(_is_program)  # folders of programs consist of links to a few
    out: dict[str, str] = {}
    for pattern in patterns:
        for path in _list_matches(pattern):
            real = resolve(_follow_link(path))
            if is_program(real):
                out[path] = real
    return out


def find_loaders(programs: Iterable[str]) -> set[str]:
    """Return the dynamic loaders that the programs name, symbolic links resolved."""
    found = {read_loader(path) for path in {*programs}}
    return {os.path.realpath(path) for path in found if path is not None}


def read_loader(path: str) -> str | None:
    """Return the dynamic loader that a program names; None for a static program, a script, or a file that cannot be read."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - many paths at a start
            head = file.read(_HEAD)
    except OSError:
        return None
    if head[:4] != _MAGIC or len(head) < 64 or head[4] != 2 or head[5] != 1:
        return None
    (table,) = struct.unpack_from("<Q", head, 32)
    size, count = struct.unpack_from("<HH", head, 54)
    for place in range(min(count, _MOST_HEADERS)):
        at = table + place * size
        if at + 40 > len(head):
            return None
        (kind,) = struct.unpack_from("<I", head, at)
        if kind == _PT_INTERP:
            offset, length = struct.unpack_from("<Q", head, at + 8)[0], struct.unpack_from("<Q", head, at + 32)[0]
            return head[offset : offset + length].rstrip(b"\0").decode(errors="replace") if offset + length <= len(head) else None
    return None


def _follow_link(path: str) -> str:
    """Return the path that a symbolic link names, and any other path as it is."""
    try:
        return os.path.join(os.path.dirname(path), os.readlink(path))  # noqa: PTH115, PTH118, PTH120 - many paths at a start
    except OSError:
        return path


def _is_program(real: str) -> bool:
    return os.path.isfile(real) and os.access(real, os.X_OK)  # noqa: PTH113 - many paths at a start


def _list_matches(pattern: str) -> list[str]:
    folder, _, name = pattern.rpartition("/")
    if "*" not in name:
        return [pattern]
    try:
        return sorted(each.path for each in os.scandir(folder or "/") if is_match(name, each.name))
    except OSError:
        return []
