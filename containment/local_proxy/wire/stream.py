"""A connection as bytes in both directions, with limits on what waits in memory."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Final, Protocol

PIECE: Final = 64 << 10
"""Bytes that are read at once; a slow reader on the other side stops the reading."""


class Stream(Protocol):
    """Bytes in both directions, each of which ends by itself."""

    async def receive(self) -> bytes:
        """Return the next bytes; empty at the end."""

    async def send(self, data: bytes) -> None:
        """Send bytes, and wait until few of them are left in memory."""

    async def send_end(self) -> None:
        """End this direction; the other one remains open."""

    def unread(self, data: bytes) -> None:
        """Put bytes back that `receive` returns next."""

    def abort(self) -> None:
        """End both directions at once."""


class SocketStream:
    """A TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._kept = b""
        writer.transport.set_write_buffer_limits(high=PIECE)
        # asyncio leaves it out for a listener made without a protocol number, and then a small answer waits 40 ms for the one before it
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def receive(self) -> bytes:
        """Return the next bytes; empty at the end."""
        if self._kept:
            kept, self._kept = self._kept, b""
            return kept
        return await self._reader.read(PIECE)

    async def send(self, data: bytes) -> None:
        """Send bytes, and wait until few of them are left in memory."""
        self._writer.write(data)
        await self._writer.drain()

    async def send_end(self) -> None:
        """End this direction; the other one remains open."""
        if self._writer.can_write_eof() and not self._writer.is_closing():
            with contextlib.suppress(OSError):  # the other side has closed both directions already
                self._writer.write_eof()

    def unread(self, data: bytes) -> None:
        """Put bytes back that `receive` returns next."""
        self._kept = data + self._kept

    def abort(self) -> None:
        """End both directions at once; nothing waits in memory afterwards."""
        self._writer.transport.abort()
