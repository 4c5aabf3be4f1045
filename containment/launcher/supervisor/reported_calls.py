"""System calls that the supervisor observes: which arguments are paths or addresses, and whether paths are read or changed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from containment.confinement.system_calls.seccomp import CONNECTIONS, PATH_CHANGES, PATH_OPENS, PROGRAM_STARTS
from containment.confinement.system_calls.syscalls import SYSCALLS, Machine

REPORTED: Final = PROGRAM_STARTS | PATH_OPENS | PATH_CHANGES | CONNECTIONS
WRITE_FLAGS: Final = 0o1 | 0o2 | 0o100 | 0o1000
"""O_WRONLY, O_RDWR, O_CREAT, O_TRUNC."""
O_PATH: Final = 0o10000000


class PathArgument(NamedTuple):
    """Positions of a path and of the folder that it is relative to; None: the working folder."""

    path: int
    folder: int | None = None


PATHS: Final = {
    "execve": (PathArgument(0),),
    "execveat": (PathArgument(1, 0),),
    "open": (PathArgument(0),),
    "openat": (PathArgument(1, 0),),
    "creat": (PathArgument(0),),
    "truncate": (PathArgument(0),),
    "rename": (PathArgument(0), PathArgument(1)),
    "renameat": (PathArgument(1, 0), PathArgument(3, 2)),
    "renameat2": (PathArgument(1, 0), PathArgument(3, 2)),
    "link": (PathArgument(0), PathArgument(1)),
    "linkat": (PathArgument(1, 0), PathArgument(3, 2)),
    "symlink": (PathArgument(1),),
    "symlinkat": (PathArgument(2, 1),),
    "unlink": (PathArgument(0),),
    "unlinkat": (PathArgument(1, 0),),
    "mkdir": (PathArgument(0),),
    "mkdirat": (PathArgument(1, 0),),
    "rmdir": (PathArgument(0),),
    "mknod": (PathArgument(0),),
    "mknodat": (PathArgument(1, 0),),
}
ADDRESSES: Final = {"connect": (1, 2), "sendto": (4, 5)}
"""Positions of a socket address and of its length."""
MESSAGES: Final[Mapping[str, int | None]] = {"sendmsg": None, "sendmmsg": 2}
"""Calls whose second argument is one struct msghdr, or as many struct mmsghdr as the argument at this position counts."""
OPEN_FLAGS: Final = {"open": 1, "openat": 2}
"""Position of the flags."""


@lru_cache(maxsize=2)
def name_calls(machine: Machine) -> dict[int, str]:
    """Return the names of the filter's system calls by number."""
    return {number: name for name, numbers in SYSCALLS.items() if (number := numbers.get_number(machine)) is not None}
