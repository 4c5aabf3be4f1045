"""The memory of a process, as its system calls refer to it: bytes, texts, and the addresses in the headers of messages that it sends.

It may change at any moment, and decides nothing. Source: proc(5), /proc/PID/mem; struct msghdr and struct mmsghdr of sys/socket.h, on
machines with 64-bit pointers.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Iterator
from typing import Final

_MOST_PATH: Final = 4096
_PAGE: Final = 4096
_PIECE: Final = 256
_HEADER_BYTES: Final = 56
_STRIDE: Final = 64
"""Bytes from one struct mmsghdr to the next: a header, the count of bytes sent, and padding."""
_NAME: Final = struct.Struct("=QI")
"""The first two fields of a header: the address of a socket address, and its length."""
_MOST_MESSAGES: Final = 1024
"""UIO_MAXIOV: the kernel ignores further messages of a call."""


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


def read_message_addresses(process: int, address: int, count: int | None) -> list[tuple[int, int]]:
    """Return the place and length of each socket address in the messages of a process; messages without one are left out.

    Args:
        process: the process.
        address: where its first header is.
        count: the number of struct mmsghdr; None: one struct msghdr.
    """
    messages = 1 if count is None else min(count, _MOST_MESSAGES)
    raw = read_bytes(process, address, (messages - 1) * _STRIDE + _HEADER_BYTES if messages else 0)
    return parse_message_addresses(raw)


def parse_message_addresses(raw: bytes) -> list[tuple[int, int]]:
    """Return the place and length of each socket address in headers that follow each other; one that is cut off has none."""
    places = range(0, len(raw) - _NAME.size + 1, _STRIDE)
    return [(place, length) for place, length in (_NAME.unpack_from(raw, at) for at in places) if place and length]
