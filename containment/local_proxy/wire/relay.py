"""The bytes of one connection, in both directions until both have ended, and the watch over them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass

from containment.local_proxy.rules.denial import Denial
from containment.local_proxy.wire.stream import Stream


@dataclass(slots=True)
class Traffic:
    """Bytes that were passed on; `out` are those to the destination."""

    out: int = 0
    back: int = 0


class CountedStream:
    """A stream to a destination that counts its bytes, and remembers when the last one was passed on."""

    def __init__(self, stream: Stream, traffic: Traffic) -> None:
        self._stream, self._traffic = stream, traffic
        self.last = time.monotonic()

    async def receive(self) -> bytes:
        """Return the next bytes; empty at the end."""
        data = await self._stream.receive()
        self._traffic.back += len(data)
        self.last = time.monotonic()
        return data

    async def send(self, data: bytes) -> None:
        """Send bytes, and wait until few of them are left in memory."""
        self._traffic.out += len(data)
        await self._stream.send(data)
        self.last = time.monotonic()

    async def send_end(self) -> None:
        """End this direction; the other one remains open."""
        await self._stream.send_end()

    def unread(self, data: bytes) -> None:
        """Put bytes back that `receive` returns next; they are counted once."""
        self._traffic.back -= len(data)
        self._stream.unread(data)

    def abort(self) -> None:
        """End both directions at once."""
        self._stream.abort()


async def relay(client: Stream, server: Stream) -> None:
    """Pass on the bytes of both directions until both have ended; raise OSError when a connection breaks."""
    pumps = [asyncio.create_task(_pass_on(client, server)), asyncio.create_task(_pass_on(server, client))]
    try:
        await asyncio.gather(*pumps)
    finally:
        await _end(pumps)


async def watch(
    work: Coroutine[None, None, None],
    server: CountedStream,
    *,
    idle_seconds: float,
    check_seconds: float,
    check: Callable[[], Awaitable[Denial | None]],
) -> Denial | None:
    """Run the exchange of one connection; return why it was cut off, None if it ended by itself.

    Args:
        work: the exchange.
        server: the destination's end.
        idle_seconds: the longest time without a byte; TimeoutError is raised after it.
        check_seconds: the time between two calls of `check`.
        check: whether the connection may go on; a denial ends it.
    """
    task = asyncio.create_task(work)
    checked = time.monotonic()
    try:
        while True:
            left = min(server.last + idle_seconds, checked + check_seconds) - time.monotonic()
            done, _ = await asyncio.wait({task}, timeout=max(left, 0))
            if done:
                task.result()
                return None
            if time.monotonic() - server.last >= idle_seconds:
                raise TimeoutError(f"no byte for {idle_seconds:g} s")
            if time.monotonic() - checked >= check_seconds:
                if denial := await check():
                    return denial
                checked = time.monotonic()
    finally:
        await _end([task])


async def _pass_on(source: Stream, target: Stream) -> None:
    while data := await source.receive():
        await target.send(data)
    await target.send_end()


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
