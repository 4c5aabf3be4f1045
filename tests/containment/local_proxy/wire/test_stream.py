"""A stream waits for slow readers, keeps its directions apart, and delays no small answer."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

from containment.local_proxy.wire.stream import PIECE, SocketStream


async def run_with_stream(work: Callable[[SocketStream, asyncio.StreamWriter, socket.socket], Awaitable[None]]) -> None:
    """Accept one connection as the proxy does, and run a test with both ends of it."""
    done = asyncio.get_running_loop().create_future()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await work(SocketStream(reader, writer), writer, client)
            done.set_result(None)
        except BaseException as error:  # noqa: BLE001 - raised below
            done.set_exception(error)
        finally:
            writer.transport.abort()

    listener = socket.create_server(("127.0.0.1", 0))
    server = await asyncio.start_server(accept, sock=listener, limit=PIECE)
    with socket.create_connection(listener.getsockname()) as client:
        await asyncio.wait_for(done, 30)
    server.close()


def test_small_answers_are_sent_at_once() -> None:
    async def work(_: SocketStream, writer: asyncio.StreamWriter, __: socket.socket) -> None:
        assert writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    asyncio.run(run_with_stream(work))


def test_a_client_that_does_not_read_stops_the_sender() -> None:
    async def work(stream: SocketStream, writer: asyncio.StreamWriter, _: socket.socket) -> None:
        sent = 0
        try:
            async with asyncio.timeout(1):
                while sent < 1 << 30:
                    await stream.send(b"x" * PIECE)
                    sent += PIECE
        except TimeoutError:
            pass
        assert sent < 1 << 28
        assert writer.transport.get_write_buffer_size() <= 2 * PIECE, "what waits in memory is bounded"

    asyncio.run(run_with_stream(work))


def test_a_direction_that_ends_leaves_the_other_one_open() -> None:
    async def work(stream: SocketStream, _: asyncio.StreamWriter, client: socket.socket) -> None:
        await stream.send_end()
        client.sendall(b"later")
        assert await stream.receive() == b"later"
        stream.unread(b"again")
        assert await stream.receive() == b"again"

    asyncio.run(run_with_stream(work))
