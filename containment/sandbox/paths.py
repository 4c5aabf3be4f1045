"""Absolute paths in one spelling, and whether one folder contains another.

A path covers itself and everything below it. `..` has no normal form, because its meaning depends on symbolic links: a path with it is
never within another one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

ALIASES: Final = {
    "/bin": "/usr/bin",
    "/sbin": "/usr/sbin",
    "/lib": "/usr/lib",
    "/lib32": "/usr/lib32",
    "/lib64": "/usr/lib64",
    "/libx32": "/usr/libx32",
    "/var/run": "/run",
    "/var/lock": "/run/lock",
    "/dev/fd": "/proc/self/fd",
    "/dev/stdin": "/proc/self/fd/0",
    "/dev/stdout": "/proc/self/fd/1",
    "/dev/stderr": "/proc/self/fd/2",
}
"""Folders that are symbolic links on the systems that hosts use: a rule for the link is a rule for its target."""
_WILD: Final = frozenset("*?[]{}")


def normalize(path: str) -> str | None:
    """Return the one spelling of an absolute path without `.`, empty parts and a final slash; None where it has none."""
    if not path.startswith("/") or "\0" in path:
        return None
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return None if ".." in parts else "/" + "/".join(parts)


@lru_cache(maxsize=1024)
def resolve_aliases(path: str) -> str:
    """Return a normal path with the known symbolic links replaced by their targets."""
    for link, target in ALIASES.items():
        if is_within(path, link):
            return resolve_aliases(target + path.removeprefix(link))
    return path


def is_within(path: str, folder: str) -> bool:
    """Return whether a normal path is a folder or lies below it; both are compared as they are spelled."""
    return path == folder or folder == "/" or path.startswith(f"{folder}/")


def has_overlap(one: str, two: str) -> bool:
    """Return whether one of two normal paths contains the other, links resolved."""
    first, second = resolve_aliases(one), resolve_aliases(two)
    return is_within(first, second) or is_within(second, first)


def has_wildcard(path: str) -> bool:
    """Return whether a path has a character that some program reads as a wildcard."""
    return bool(_WILD & {*path})
