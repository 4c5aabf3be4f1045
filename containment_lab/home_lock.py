"""Locks of a lab home, which serialize starts and stops of several commands; the kernel frees one when its process ends."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator

from containment_lab.errors import HomeError
from containment_lab.home import LabHome
from containment_lab.storage import convert_file_errors


@contextlib.contextmanager
def take_lock(home: LabHome, name: str, *, needed: bool = True) -> Iterator[None]:
    """Wait for a lock of the home, and free it after the block.

    Args:
        home: The lab home.
        name: The lock; its file is `<name>.lock` in the home.
        needed: Raise HomeError for a home that cannot be written to. Otherwise the block runs without the lock: nothing can be started
            there either.
    """
    path = home.root / f"{name}.lock"
    lock = None
    try:
        with convert_file_errors(path):
            home.root.mkdir(parents=True, exist_ok=True)
            lock = path.open("w")
    except HomeError:
        if needed:
            raise
    with lock or contextlib.nullcontext():
        if lock is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
