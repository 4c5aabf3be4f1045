"""The destination of a connection attempt, as it is in the memory of the process that makes it.

The session's network has a loopback interface only: an attempt that is not on it has no route. Its address is observed and decides nothing.
Source: sockaddr_in and sockaddr_in6 of netinet/in.h.
"""

from __future__ import annotations

import socket
import struct
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple

LONGEST: Final = 28
"""Bytes of the longest address that is read, sockaddr_in6."""
_IPV4_BYTES: Final = 8
_IPV6_BYTES: Final = 24


class Destination(NamedTuple):
    """An address and a port."""

    address: IPv4Address | IPv6Address
    port: int

    @property
    def is_local(self) -> bool:
        """Whether the address is on the loopback interface; an unspecified one is a client's way to write it."""
        mapped = self.address.ipv4_mapped if isinstance(self.address, IPv6Address) else None
        address = mapped or self.address
        return address.is_loopback or address.is_unspecified

    def __str__(self) -> str:
        return f"{self.address} port {self.port}"


def parse_destination(raw: bytes) -> Destination | None:
    """Return the destination in a socket address; None for one that is neither IPv4 nor IPv6, or cut off."""
    if len(raw) < 2:
        return None
    (family,) = struct.unpack_from("=H", raw)
    if family == socket.AF_INET and len(raw) >= _IPV4_BYTES:
        return Destination(IPv4Address(raw[4:8]), *struct.unpack_from("!H", raw, 2))
    if family == socket.AF_INET6 and len(raw) >= _IPV6_BYTES:
        return Destination(IPv6Address(raw[8:24]), *struct.unpack_from("!H", raw, 2))
    return None
