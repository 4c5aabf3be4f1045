"""Addresses of permitted names, from the host's own resolver."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Final, Protocol

from containment.local_proxy.rules.destination import Address

_THREADS: Final = 16


class Resolver(Protocol):
    """The lookup of names; permitted names alone reach it."""

    async def resolve(self, host: str) -> list[Address]:
        """Return the addresses of a name; raise OSError where it has none."""


class SystemResolver:
    """The host's resolver, with its own threads: a slow lookup delays no other work of the proxy."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="resolver")

    async def resolve(self, host: str) -> list[Address]:
        """Return the addresses of a name; raise OSError where it has none."""
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host)
        return list(dict.fromkeys(ip_address(one) for one in found))


def _look_up(host: str) -> list[str]:
    return [str(one[4][0]).partition("%")[0] for one in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
