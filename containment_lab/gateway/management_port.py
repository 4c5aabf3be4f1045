"""The gateway's management port: a service that agents must not reach. It records the nonces that arrive."""

from __future__ import annotations

import asyncio
import contextlib
import socket

from containment_lab.internet.receipts import Receipts

PORT = 8443


def open_management_port() -> socket.socket:
    """Return a socket that listens on the port in the caller's namespace."""
    handle = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    handle.bind(("", PORT))
    handle.listen(16)
    handle.setblocking(False)
    return handle


async def serve_management(receipts: Receipts, connection: socket.socket) -> None:
    """Serve one connection."""
    reader, writer = await asyncio.open_connection(sock=connection)
    with contextlib.suppress(OSError, TimeoutError):
        receipts.record_nonces(await asyncio.wait_for(reader.read(4096), 5), "gateway", connection.getsockname()[0], "tcp")
    writer.close()
