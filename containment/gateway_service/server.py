"""The gRPC server: one method, on a Unix socket that only the proxy's user can open."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc

from containment.credential_gateway.route import LARGEST_BODY, MEBIBYTE
from containment.gateway_service.authorizer import Authorizer
from containment.gateway_service.keys import KeyStore
from containment.gateway_service.messages import METHOD, SERVICE

_OPTIONS = [("grpc.max_receive_message_length", LARGEST_BODY + MEBIBYTE)]


async def serve(authorizer: Authorizer, socket: Path) -> grpc.aio.Server:
    """Start to answer on a Unix socket, and return the server.

    Args:
        authorizer: answers checks.
        socket: the socket; a leftover of an earlier run is replaced.
    """

    async def check(data: bytes, _context: Any) -> bytes:
        return authorizer.answer(data)

    handler = grpc.unary_unary_rpc_method_handler(check)
    server = grpc.aio.server(options=_OPTIONS)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {METHOD: handler}),))
    socket.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        server.add_insecure_port(f"unix:{socket}")
        await server.start()
    finally:
        os.umask(before)
    return server


async def run(authorizer: Authorizer, keys: KeyStore, socket: Path, seconds: float, report: Callable[[str], None]) -> None:
    """Read the keys, answer until a signal arrives, and read the keys again from time to time.

    Args:
        authorizer: answers checks.
        keys: the keys.
        socket: the Unix socket.
        seconds: the time between two readings of the keys.
        report: receives a line per secret that cannot be read.
    """
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    for problem in await asyncio.to_thread(keys.refresh):
        report(problem)
    server = await serve(authorizer, socket)
    try:
        while not ended.is_set():
            try:
                await asyncio.wait_for(ended.wait(), seconds)
            except TimeoutError:
                for problem in await asyncio.to_thread(keys.refresh):
                    report(problem)
    finally:
        await server.stop(grace=1)
        socket.unlink(missing_ok=True)
