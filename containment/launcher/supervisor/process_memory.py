"""The memory of a process, as its system calls refer to it; it may change at any moment, and decides nothing.

Source: proc(5), /proc/PID/mem.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Final

_MOST_PATH: Final = 4096
_PAGE: Final = 4096
_PIECE: Final = 256


def read_bytes(process: int, address: int, count: int) -> bytes:
    """Return bytes at an address; fewer, or none, if they cannot be read."""
    with contextlib.suppress(OSError, OverflowError), _open_memory(process) as memory:
        return os.pread(memory, count, address)
    return b""


def read_text(process: int, address: int) -> str | None:
    """Return the text, up to its zero byte, at an address; None if it cannot be read."""
    if address == 0:
        return None
    text = b""
    with contextlib.suppress(OSError, OverflowError), _open_memory(process) as memory:
        while len(text) < _MOST_PATH:
            part = os.pread(memory, min(_PIECE, _PAGE - address % _PAGE), address)
            end = part.find(b"\0")
            if end >= 0:
                return os.fsdecode(text + part[:end])
            if not part:
                return None
            text += part
            address += len(part)
    return None


@contextlib.contextmanager
def _open_memory(process: int) -> Iterator[int]:
    memory = os.open(f"/proc/{process}/mem", os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield memory
    finally:
        os.close(memory)
