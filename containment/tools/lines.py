"""JSON-RPC messages as lines of bytes, with a bound: the transport of servers that are started here, and of a Unix socket.

A line that is too long, or no JSON-RPC message, ends the connection: a peer that breaks the protocol is not read any further.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

import anyio
import mcp_types as types
from anyio.abc import ByteReceiveStream, ByteSendStream
from mcp.client._transport import TransportStreams
from mcp.shared.message import SessionMessage

from containment import strict_json


class Report(Protocol):
    """Takes the reason why a connection ended."""

    def __call__(self, reason: str, *, is_quoted: bool = False) -> None:
        """Take a reason in words; `is_quoted` is set for words of the peer, which are for the log alone."""


@asynccontextmanager
async def open_lines(source: ByteReceiveStream, sink: ByteSendStream, most: int, report: Report) -> AsyncIterator[TransportStreams]:
    """Yield the streams of a connection; they close when the peer ends or breaks the protocol.

    Args:
        source: bytes of the peer.
        sink: bytes for the peer.
        most: bytes of one message.
        report: is called with the reason, in words, when the peer breaks the protocol.
    """
    to_session, from_peer = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    to_peer, from_session = anyio.create_memory_object_stream[SessionMessage](0)

    async def read() -> None:
        async with to_session:
            try:
                await _read_messages(source, to_session.send, most)
            except ValueError as error:
                report(str(error))
            except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
                report("the connection ended")

    async def write() -> None:
        async with from_session:
            try:
                async for message in from_session:
                    text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                    await sink.send(text.encode() + b"\n")
            except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
                await to_session.aclose()

    async with anyio.create_task_group() as group:
        group.start_soon(read)
        group.start_soon(write)
        try:
            yield from_peer, to_peer
        finally:
            group.cancel_scope.cancel()
            for stream in (from_peer, to_peer, to_session, from_session):
                stream.close()


async def _read_messages(source: ByteReceiveStream, deliver: Callable[[SessionMessage], object], most: int) -> None:
    """Deliver every message of a peer; raise ValueError with what is wrong with one."""
    buffer = bytearray()
    while True:
        try:
            chunk = await source.receive(65536)
        except anyio.EndOfStream:
            if buffer:
                raise ValueError("ended in the middle of a message") from None
            return
        buffer += chunk
        *lines, rest = bytes(buffer).split(b"\n") if b"\n" in chunk else (bytes(buffer),)
        if len(rest) > most or any(len(line) > most for line in lines):
            raise ValueError(f"sent a message of more than {most} bytes")
        buffer = bytearray(rest)
        for line in lines:
            if line.strip():
                await deliver(SessionMessage(parse_message(line)))  # type: ignore[misc]


def parse_message(line: bytes) -> types.JSONRPCMessage:
    """Return the message of a line; raise ValueError with what is wrong with it, never with its content."""
    try:
        document = strict_json.load(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("sent bytes that are not UTF-8") from None
    except strict_json.NotJsonError:
        raise ValueError("sent text that is not JSON") from None
    except strict_json.StrictJsonError as error:
        raise ValueError(f"sent JSON that {error.what}") from None
    try:
        return types.jsonrpc_message_adapter.validate_python(document, by_name=False)
    except ValueError:
        raise ValueError("sent JSON that is no JSON-RPC message") from None
