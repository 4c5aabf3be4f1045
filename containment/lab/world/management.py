"""The gateway's own management port: a service on the gateway that no agent is to reach. It notes the nonces that get there."""

from __future__ import annotations

import asyncio
import contextlib
import socket

from containment.lab.world.receipts import Receipts

PORT = 8443


def listening() -> socket.socket:
    """Open the port, in the caller's namespace."""
    handle = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    handle.bind(("", PORT))
    handle.listen(16)
    handle.setblocking(False)
    return handle


async def management(receipts: Receipts, connection: socket.socket) -> None:
    """Serve one connection."""
    reader, writer = await asyncio.open_connection(sock=connection)
    with contextlib.suppress(OSError, TimeoutError):
        receipts.take(await asyncio.wait_for(reader.read(4096), 5), "gateway", connection.getsockname()[0], "tcp")
    writer.close()
