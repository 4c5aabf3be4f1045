"""The kernel's table of TCP sockets of a network namespace, as `/proc/PID/net/tcp` and `tcp6` show it."""

from __future__ import annotations

import struct
import sys
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

from containment.local_proxy.rules.destination import Address

Endpoint: TypeAlias = tuple[Address, int]


def find_inode(table: str, local: Endpoint, remote: Endpoint) -> int | None:
    """Return the inode of the socket with these two ends, None when no process has it.

    Args:
        table: the text of `tcp` and `tcp6`, one after the other.
        local: the end of the process that is looked for.
        remote: the other end.
    """
    for line in table.splitlines():
        words = line.split()
        if len(words) < 10 or ":" not in words[1]:
            continue
        if _parse_endpoint(words[1]) == local and _parse_endpoint(words[2]) == remote:
            return int(words[9]) or None
    return None


def _parse_endpoint(text: str) -> Endpoint | None:
    """Return the address and port of an end; an IPv4-mapped address is the IPv4 address that it means."""
    address, _, port = text.partition(":")
    try:
        words = struct.unpack(f">{len(address) // 8}I", bytes.fromhex(address))
        raw = struct.pack(f"{'<' if sys.byteorder == 'little' else '>'}{len(words)}I", *words)
        if len(raw) == 4:
            return IPv4Address(raw), int(port, 16)
        found = IPv6Address(raw)
    except (ValueError, struct.error):
        return None
    return found.ipv4_mapped or found, int(port, 16)
