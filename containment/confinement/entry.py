"""The steps of a confined command between fork and exec, in the child process.

The child joins the network while it still has the right to. Then, in a separate mount namespace, it stages all paths of the profile in one
folder that the unprivileged user can reach, whatever the permissions of their parent folders. Then it changes the user id and starts bwrap
with no open descriptors but bwrap's. Started by a plain user, the child has rights over the network's user namespace up to here; bwrap's
user namespace is below that one, and a process in it has none.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from containment.confinement import kernel
from containment.confinement.bubblewrap import build_arguments
from containment.confinement.filesystem.stage import STAGE, prepare_stage
from containment.confinement.identity import Identity
from containment.confinement.limits import become_last_victim, set_limits
from containment.confinement.profile import Profile

IGNORED_BY_PYTHON: Final = (signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that a command expects to end it, as in a shell."""


class StartParameters(NamedTuple):
    """Everything that the child needs, opened or computed before the fork."""

    profile: Profile
    identity: Identity
    bwrap: str
    filter: int
    """File descriptor of the system call filter."""
    status: int
    """File descriptor to which bwrap writes the command's exit code."""
    environment: dict[str, str]


def enter_confinement(start: StartParameters, network_joined: Callable[[], None]) -> None:
    """Turn this process into the confined command; return only by raising an exception.

    Args:
        start: everything opened or computed before the fork.
        network_joined: called once the network is joined, to report it to the parent.
    """
    profile, identity = start.profile, start.identity
    _join_network(profile)
    network_joined()
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    prepare_stage(profile, identity)
    options = write_memory_file("".join(f"{each}\0" for each in build_arguments(profile, STAGE)).encode())
    set_limits(profile.limits)
    become_last_victim()
    identity.assume()
    os.chdir("/")
    os.umask(0o022)
    close_all_but({0, 1, 2, options, start.filter, start.status})
    for number in IGNORED_BY_PYTHON:
        signal.signal(number, signal.SIG_DFL)
    command = [start.bwrap, "--args", str(options), "--seccomp", str(start.filter), "--json-status-fd", str(start.status), "--"]
    os.execve(start.bwrap, [*command, *profile.command], start.environment)  # noqa: S606 - a list of words


def _join_network(profile: Profile) -> None:
    if profile.network is None:
        return
    opened = os.open(profile.network.namespace, os.O_RDONLY | os.O_CLOEXEC)
    if profile.network.user_namespace is not None:
        owner = os.open(profile.network.user_namespace, os.O_RDONLY | os.O_CLOEXEC)
        kernel.join(owner, kernel.CLONE_NEWUSER)
    kernel.join(opened, kernel.CLONE_NEWNET)


def write_memory_file(content: bytes) -> int:
    """Return a file in memory with some content, at its beginning."""
    handle = os.memfd_create("bwrap", 0)
    os.write(handle, content)
    os.lseek(handle, 0, os.SEEK_SET)
    return handle


def close_all_but(kept: set[int]) -> None:
    """Close every other descriptor, including inherited ones; the report to the parent closes itself at exec."""
    for each in list(Path("/proc/self/fd").iterdir()):
        with contextlib.suppress(OSError):  # the descriptor of the listing itself is closed already
            os.set_inheritable(int(each.name), int(each.name) in kept)
