"""TCP ports of a lab home on 127.0.0.1: four in a row that no other lab home of this machine has chosen.

A home keeps its ports while its simulators do not run, so a free port may still belong to another home. Each block of four therefore has
a claim, a file in the folder of temporary files that contains the path of its home. A claim ends with its home: when the home's
`ports.json` is gone or names other ports.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from containment_lab.errors import HomeError
from containment_lab.storage import convert_file_errors, make_file_error

FIRST_PORT, LAST_PORT = 20000, 31999
"""The ports of all homes: below the range from which the kernel takes ports for outgoing connections, so that no connection takes one."""


@dataclass(frozen=True)
class Ports:
    """The TCP ports on 127.0.0.1 that one home uses, chosen at the first start and kept."""

    aws: int
    controller: int
    aws_provider: int
    aviatrix_provider: int


_SIZE = len(fields(Ports))


@contextlib.contextmanager
def claim_ports(root: Path) -> Iterator[Ports]:
    """Choose free ports that no other home has claimed, and claim them for the home in `root`.

    No other home can choose ports before the block ends, in which the caller saves these in the home.

    Raises:
        HomeError: Every block is taken, or the claims cannot be written.
    """
    folder = Path(tempfile.gettempdir()) / "containment-lab-ports"
    with _lock(folder):
        blocks = range(FIRST_PORT, LAST_PORT + 1, _SIZE)
        for first in random.sample(blocks, len(blocks)):
            if _is_free(first) and _claim(folder / str(first), first, root):
                yield Ports(*range(first, first + _SIZE))
                return
    where = f"no {_SIZE} free ports in a row from {FIRST_PORT} to {LAST_PORT} on 127.0.0.1 that no other lab has claimed in {folder}"
    raise HomeError(
        where, why="each lab listens on its own ports", fix="end other labs with `containment lab down` and delete their folders"
    )


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Hold the claims of all users of this machine; the kernel frees them when the process ends."""
    with convert_file_errors(folder):
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            folder.chmod(0o1777)  # every user may add claims, and remove only their own
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _is_free(first: int) -> bool:
    """Return whether nothing uses the block's ports now."""
    with contextlib.ExitStack() as bound:
        for port in range(first, first + _SIZE):
            try:
                bound.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def _claim(claim: Path, first: int, root: Path) -> bool:
    """Return whether the block is claimed for `root` now: it was unclaimed, or its claim had ended."""
    if _is_ended(claim, first):
        with contextlib.suppress(OSError):  # another user's, which only that user can remove: the block stays taken
            claim.unlink(missing_ok=True)
    try:
        with claim.open("x") as out:
            out.write(str(root))
    except FileExistsError:
        return False
    except OSError as cause:
        raise make_file_error(claim, cause) from None
    return True


def _is_ended(claim: Path, first: int) -> bool:
    """Return whether a claim's home is gone or has other ports; what cannot be read counts as in use."""
    try:
        ports = json.loads((Path(claim.read_text()) / "ports.json").read_text())
        return isinstance(ports, dict) and first not in ports.values()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
