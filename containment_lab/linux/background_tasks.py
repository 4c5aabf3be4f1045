"""Background tasks of asyncio: referenced until they are done, so that they are not garbage-collected before."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

_tasks: set[asyncio.Task[Any]] = set()


def start_background_task(work: Coroutine[Any, Any, Any]) -> None:
    """Run a coroutine in the background."""
    task = asyncio.ensure_future(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def accept_connections(listening: socket.socket, serve: Callable[[socket.socket], Coroutine[Any, Any, Any]]) -> None:
    """Serve every connection to a listening socket, without end."""
    loop = asyncio.get_running_loop()
    while True:
        connection, _ = await loop.sock_accept(listening)
        start_background_task(serve(connection))
