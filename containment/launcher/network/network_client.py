"""The network service as the local proxy sees it: its resolver, and its way to destinations."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any, Final

from containment.launcher.network.network_service import ask_addresses, ask_connection

_THREADS: Final = 64
_STREAM_MODULE: Final = "containment.local_proxy.wire.stream"


class ServiceNetwork:
    """Names and connections from the service that listens on a Unix socket."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="network")

    async def resolve(self, host: str) -> list[IPv4Address | IPv6Address]:
        """Return the addresses of a name; raise OSError where it has none."""
        return list(map(ip_address, await self._run(ask_addresses, self._path, host)))

    async def open(self, destination: Any, address: IPv4Address | IPv6Address) -> Any:
        """Open a connection to a destination; raise OSError where there is none.

        Args:
            destination: the host and the port that the proxy decided about.
            address: the address of the host that the proxy checked.
        """
        connection = await self._run(ask_connection, self._path, str(address), destination.port)
        connection.setblocking(False)
        stream = importlib.import_module(_STREAM_MODULE)
        return stream.SocketStream(*await asyncio.open_connection(sock=connection, limit=stream.PIECE))

    async def _run(self, ask: Callable[..., Any], *values: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, ask, *values)
