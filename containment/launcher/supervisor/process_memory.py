"""The memory of a process, as its system calls refer to it: bytes, texts, the headers of messages, and the destinations of connections.

It may change at any moment, and decides nothing. Source: proc(5), /proc/PID/mem; struct msghdr and struct mmsghdr of sys/socket.h, on
machines with 64-bit pointers; sockaddr_in and sockaddr_in6 of netinet/in.h.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple

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
LONGEST: Final = 28
"""Bytes of the longest address that is read, sockaddr_in6."""
_IPV4_BYTES: Final = 8
_IPV6_BYTES: Final = 24


class Destination(NamedTuple):
    """An address and a port."""

    address: IPv4Address | IPv6Address
    port: int

    @property
    def is_local(self) -> bool:
        """Whether the address is on the loopback interface; an unspecified one is a client's way to write it."""
        mapped = self.address.ipv4_mapped if isinstance(self.address, IPv6Address) else None
        address = mapped or self.address
        return address.is_loopback or address.is_unspecified

    def __str__(self) -> str:
        return f"{self.address} port {self.port}"


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


def parse_destination(raw: bytes) -> Destination | None:
    """Return the destination in a socket address; None for one that is neither IPv4 nor IPv6, or cut off."""
    if len(raw) < 2:
        return None
    (family,) = struct.unpack_from("=H", raw)
    if family == socket.AF_INET and len(raw) >= _IPV4_BYTES:
        return Destination(IPv4Address(raw[4:8]), *struct.unpack_from("!H", raw, 2))
    if family == socket.AF_INET6 and len(raw) >= _IPV6_BYTES:
        return Destination(IPv6Address(raw[8:24]), *struct.unpack_from("!H", raw, 2))
    return None
