"""The arguments of `bwrap` for a profile whose files are staged in one folder (`entry` stages them)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from containment.confinement.errors import ConfinementError
from containment.confinement.filesystem.stage import get_staged_path
from containment.confinement.profile import HOME, USER_ID, Profile

PACKAGE: Final = "bubblewrap"
"""The Debian package that has `bwrap`."""
_PLACES: Final = ("/usr/bin", "/bin", "/usr/local/bin")
_FOLDERS: Final = ("/etc", "/home", "/opt", "/var")
_USR_LINKS: Final = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
SYSTEM_FILES: Final = (
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/protocols",
    "/etc/services",
    "/etc/ssl/openssl.cnf",
)
"""System files that programs need and that contain no user's data; bound read-only where they exist."""
NAMESPACES: Final = (
    "--unshare-user",
    "--disable-userns",
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup",
    "--die-with-parent",
    "--cap-drop",
    "ALL",
    "--uid",
    str(USER_ID),
    "--gid",
    str(USER_ID),
    "--hostname",
    "agent",
)
"""The network namespace is joined earlier; bwrap always sets no_new_privs."""


def find_bwrap() -> str:
    """Return the path of bwrap; raise ConfinementError with the name of its package if it is not installed."""
    found = find_tool("bwrap")
    if found is None:
        raise ConfinementError(f"bwrap is not installed, and no command runs without it; install the package {PACKAGE}")
    return found


def find_tool(name: str) -> str | None:
    """Return the path of a program of the system, whatever the caller's search path is; None if it is not installed."""
    return next((path for folder in _PLACES if os.access(path := f"{folder}/{name}", os.X_OK)), None)


def build_arguments(profile: Profile, stage: Path) -> list[str]:
    """Return the options of `bwrap` without the command; paths of the profile refer to the stage."""
    network = ["--unshare-net"] if profile.network is None else []
    return [
        *NAMESPACES,
        *network,
        *_build_system_options(profile),
        *_build_device_options(profile),
        *_build_path_options(profile, stage),
        "--remount-ro",
        "/",
        "--chdir",
        "/" if profile.mounts else str(HOME),
    ]


def _build_system_options(profile: Profile) -> Iterator[str]:
    if not profile.mounts:
        yield from ("--ro-bind", "/usr", "/usr")
    for name in _USR_LINKS:
        place = Path("/", name)
        if place.is_symlink():
            yield from ("--symlink", str(place.readlink()), str(place))
        elif place.is_dir():
            yield from ("--ro-bind", str(place), str(place))
    for each in _FOLDERS:
        yield from ("--perms", "0755", "--dir", each)
    if not profile.mounts:
        for each in SYSTEM_FILES:
            yield from ("--ro-bind-try", each, each)


def _build_device_options(profile: Profile) -> Sequence[str]:
    limits = profile.limits
    if profile.mounts:
        has_own = any(f"{each.path}/".startswith("/var/tmp/") or each.path == "/var" for each in profile.mounts)  # noqa: S108
        link = () if has_own else ("--symlink", "/tmp", "/var/tmp")  # noqa: S108
        return ("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev", *link)
    return (
        *("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"),
        *("--dev", "/dev", "--size", str(limits.shared_memory), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"),  # noqa: S108 - the command's
        *("--perms", "1777", "--size", str(limits.temporary), "--tmpfs", "/tmp", "--symlink", "/tmp", "/var/tmp"),  # noqa: S108
    )


def _build_path_options(profile: Profile, stage: Path) -> Iterator[str]:
    for each in profile.mounts:
        yield from ("--bind" if each.writable else "--ro-bind", str(get_staged_path(stage, each.path)), each.path)
    if profile.mounts:
        yield from ("--remount-ro", "/dev")
    for path in (*profile.collect_files(), *profile.read_only):
        yield from ("--ro-bind", str(get_staged_path(stage, path)), path)
    if profile.folder is not None:
        yield from ("--bind", str(get_staged_path(stage, str(HOME))), str(HOME))
