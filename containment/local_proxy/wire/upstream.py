"""Connections to destinations: from this host, or through another address later."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from typing import Protocol

from containment.local_proxy.rules.destination import Address, Destination
from containment.local_proxy.wire.stream import PIECE, SocketStream, Stream


class Upstream(Protocol):
    """The way to a destination."""

    async def open(self, destination: Destination, address: Address) -> Stream:
        """Open a connection to a destination; raise OSError where there is none, with EACCES for an address that nothing may connect to.

        Args:
            destination: the host and the port that the decision was about.
            address: the address of the host that was checked: no other one may be connected to.
        """


class DirectUpstream:
    """Connections from this host."""

    async def open(self, destination: Destination, address: Address) -> Stream:
        """Open a connection to the address; the name is not resolved again."""
        if is_own_address(address, destination.port):
            raise PermissionError(errno.EACCES, f"{address} is an address of this host, whose services are not the agent's")
        return SocketStream(*await asyncio.open_connection(str(address), destination.port, limit=PIECE))


def is_own_address(address: Address, port: int) -> bool:
    """Return whether an address belongs to this host: then the route to it starts at itself. No packet is sent."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((str(address), port))
        return str(probe.getsockname()[0]).partition("%")[0] == str(address)
    return False
