"""The addresses in message headers, as they are in the memory of the process that sends them.

Source: struct msghdr and struct mmsghdr of sys/socket.h, on machines with 64-bit pointers; the kernel sends 1024 messages per call at most.
"""

from __future__ import annotations

import struct
from typing import Final

from containment.launcher.supervisor.process_memory import read_bytes

_HEADER_BYTES: Final = 56
_STRIDE: Final = 64
"""Bytes from one struct mmsghdr to the next: a header, the count of bytes sent, and padding."""
_NAME: Final = struct.Struct("=QI")
"""The first two fields of a header: the address of a socket address, and its length."""
_MOST: Final = 1024
"""UIO_MAXIOV: the kernel ignores further messages."""


def read_message_addresses(process: int, address: int, count: int | None) -> list[tuple[int, int]]:
    """Return the place and length of each socket address in the messages of a process; messages without one are left out.

    Args:
        process: the process.
        address: where its first header is.
        count: the number of struct mmsghdr; None: one struct msghdr.
    """
    messages = 1 if count is None else min(count, _MOST)
    raw = read_bytes(process, address, (messages - 1) * _STRIDE + _HEADER_BYTES if messages else 0)
    return parse_message_addresses(raw)


def parse_message_addresses(raw: bytes) -> list[tuple[int, int]]:
    """Return the place and length of each socket address in headers that follow each other; one that is cut off has none."""
    places = range(0, len(raw) - _NAME.size + 1, _STRIDE)
    return [(place, length) for place, length in (_NAME.unpack_from(raw, at) for at in places) if place and length]
