"""Serve a gateway to agents: on standard input and output, on a Unix socket, or over streamable HTTP on the loopback interface."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
from anyio.abc import ByteReceiveStream, ByteSendStream, SocketStream
from mcp.server.lowlevel.server import Server

from containment.errors import InputError, Problem
from containment.tools.gateway import ToolGateway
from containment.tools.limits import GatewayLimits
from containment.tools.lines import open_lines

LOOPBACK: Final = "127.0.0.1"
_MODE: Final = 0o660
_MOST_CLIENTS: Final = 64


class _Input(ByteReceiveStream):
    """A file descriptor as a stream; a read that is not finished does not keep the program."""

    def __init__(self, file: int) -> None:
        self._file = file

    async def receive(self, max_bytes: int = 65536) -> bytes:
        data = await anyio.to_thread.run_sync(os.read, self._file, max_bytes, abandon_on_cancel=True)
        if not data:
            raise anyio.EndOfStream
        return data

    async def aclose(self) -> None:
        return None


class _Output(ByteSendStream):
    def __init__(self, file: int) -> None:
        self._file = file

    async def send(self, item: bytes) -> None:
        while item:
            item = item[await anyio.to_thread.run_sync(os.write, self._file, item) :]

    async def aclose(self) -> None:
        return None


async def serve_stdio(gateway: ToolGateway, limits: GatewayLimits, *, source: int = 0, sink: int = 1) -> None:
    """Serve one agent on standard input and output until its input ends; nothing else is written to that output."""
    taken, given = os.dup(source), os.dup(sink)
    if (source, sink) == (0, 1):
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
    async with gateway.run_servers():
        await _serve_streams(gateway.build_server(), _Input(taken), _Output(given), limits)


async def serve_socket(gateway: ToolGateway, path: Path, limits: GatewayLimits, ready: Callable[[], None]) -> None:
    """Serve agents on a Unix socket, which users of its group may open, until the program is ended.

    Args:
        gateway: the gateway.
        path: the socket; a socket that is left over there is replaced, and every other file refused.
        limits: the bounds.
        ready: is called once agents can connect.
    """
    remove_socket(path)
    server = gateway.build_server()
    listener = await anyio.create_unix_listener(path, mode=_MODE)
    clients = anyio.Semaphore(_MOST_CLIENTS)

    async def serve(stream: SocketStream) -> None:
        async with clients, stream:
            await _serve_streams(server, stream, stream, limits)

    try:
        async with gateway.run_servers(), listener:
            ready()
            await listener.serve(serve)
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


def remove_socket(path: Path) -> None:
    """Remove a socket that is left over; raise InputError for a file of another kind."""
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        why = "a file would be replaced by a socket"
        raise InputError(
            "nothing is served", [Problem(f"--socket {path}", "is a file", why, f"name a path that is free, such as {path}.sock")]
        )
    path.unlink()


async def serve_http(gateway: ToolGateway, port: int, limits: GatewayLimits, ready: Callable[[int], None]) -> None:
    """Serve agents over streamable HTTP at http://127.0.0.1:PORT/mcp until the program is ended.

    Requests of web pages are refused: the host and the origin have to be the loopback interface.
    """
    import socket

    import uvicorn

    listener = socket.create_server((LOOPBACK, port))
    app = gateway.build_server().streamable_http_app(host=LOOPBACK, max_request_body_size=limits.message, max_sessions=_MOST_CLIENTS)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on"))
    async with gateway.run_servers():
        ready(listener.getsockname()[1])
        await server.serve([listener])


async def _serve_streams(server: Server[Any], source: ByteReceiveStream, sink: ByteSendStream, limits: GatewayLimits) -> None:
    """Serve one connection; an agent that breaks the protocol loses it."""

    def ignore(reason: str, *, is_quoted: bool = False) -> None:
        """Drop the reason: the connection ends, and the agent connects again."""

    with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        async with open_lines(source, sink, limits.message, ignore) as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())
