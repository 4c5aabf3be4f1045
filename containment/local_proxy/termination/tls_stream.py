"""A stream inside TLS, at the side of the server or of the client."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import TypeVar

from containment.local_proxy.wire.stream import PIECE, Stream

_T = TypeVar("_T")


def make_trust(certificates: bytes | None = None) -> ssl.SSLContext:
    """Return the settings of TLS with servers, which have to be signed by one of these certificates (PEM), or by the host's."""
    context = ssl.create_default_context(cadata=certificates.decode("ascii") if certificates else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


class TlsStream:
    """The content of a TLS connection over another stream."""

    def __init__(self, stream: Stream, context: ssl.SSLContext, server_name: str | None = None) -> None:
        """Begin TLS.

        Args:
            stream: the connection.
            context: the settings and certificates.
            server_name: the server that this side is a client of; None: this side is the server.
        """
        self._stream = stream
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=server_name is None, server_hostname=server_name)
        self._sending = asyncio.Lock()
        self._kept = b""

    async def shake_hands(self) -> None:
        """Complete the handshake; raise ssl.SSLError, an OSError, if that is impossible."""
        try:
            await self._run(self._tls.do_handshake)
        except ssl.SSLError:
            with contextlib.suppress(OSError):
                await self._flush()  # the alert, which names the reason to the other side
            raise

    async def receive(self) -> bytes:
        """Return the next bytes; empty at the end."""
        if self._kept:
            kept, self._kept = self._kept, b""
            return kept
        try:
            return await self._run(lambda: self._tls.read(PIECE))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    async def send(self, data: bytes) -> None:
        """Send bytes, and wait until few of them are left in memory."""
        if data:
            await self._run(lambda: self._tls.write(data))

    async def send_end(self) -> None:
        """End this direction; the other one remains open."""
        with contextlib.suppress(ssl.SSLError):  # the other side has not ended yet
            self._tls.unwrap()
        await self._flush()
        await self._stream.send_end()

    def unread(self, data: bytes) -> None:
        """Put bytes back that `receive` returns next."""
        self._kept = data + self._kept

    def abort(self) -> None:
        """End both directions at once."""
        self._stream.abort()

    async def _run(self, work: Callable[[], _T]) -> _T:
        while True:
            try:
                result = work()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._stream.receive()
                if data:
                    self._in.write(data)
                else:
                    self._in.write_eof()
            else:
                await self._flush()
                return result

    async def _flush(self) -> None:
        async with self._sending:
            if data := self._out.read():
                await self._stream.send(data)
