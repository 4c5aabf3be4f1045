"""Work that goes on beside everything else in a world's one process: kept until it is done, so that nothing collects it before."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

_tasks: set[asyncio.Task[Any]] = set()


def keep(work: Coroutine[Any, Any, Any]) -> None:
    """Let something go on by itself."""
    task = asyncio.ensure_future(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def accepting(listening: socket.socket, serve: Callable[[socket.socket], Coroutine[Any, Any, Any]]) -> None:
    """Serve every connection to a listening socket, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        connection, _ = await loop.sock_accept(listening)
        keep(serve(connection))
