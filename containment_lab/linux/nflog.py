"""Packets that nftables' `log ... group N` sends to user space (netlink, nfnetlink_log).

One socket per namespace and group, opened inside that namespace. Each packet has its log prefix; addresses, ports and payload are parsed
here, and `logs` interprets them.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

_NETFILTER = 12
_SUBSYSTEM = 4  # NFNL_SUBSYS_ULOG
_PACKET, _CONFIG = _SUBSYSTEM << 8, _SUBSYSTEM << 8 | 1
_BIND, _COPY_PACKET = 1, 2
_PAYLOAD, _PREFIX = 9, 10
_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 47: "gre", 58: "icmpv6"}


@dataclass(frozen=True)
class Packet:
    """One logged packet; ports are None where the protocol has none; `data` is everything behind the IP header."""

    prefix: str
    source: IPv4Address | IPv6Address
    destination: IPv4Address | IPv6Address
    protocol: str
    source_port: int | None
    port: int | None
    data: bytes
    size: int


def open_log_socket(group: int, copy: int = 2048) -> socket.socket:
    """Return a non-blocking socket bound to a group in the caller's namespace; `copy` is the number of bytes per packet."""
    handle = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETFILTER)
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    handle.bind((0, 0))
    _configure(handle, group, 1, struct.pack("BBBB", _BIND, 0, 0, 0)[:1])
    _configure(handle, group, 2, struct.pack("!IBB", copy, _COPY_PACKET, 0))
    _configure(handle, group, 5, struct.pack("!I", 1))  # deliver each packet at once
    handle.setblocking(False)
    return handle


def read_packets(handle: socket.socket) -> Iterator[Packet]:
    """Yield the packets in the queue."""
    while True:
        try:
            data = handle.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno == 105:  # ENOBUFS: the queue overflowed; dropped packets are lost, queued ones are not
                continue
            raise
        while len(data) >= 16:
            length, kind = struct.unpack_from("=IH", data)
            if kind == _PACKET and (packet := _parse_message(data[20:length])):
                yield packet
            data = data[(length + 3) & ~3 :]


def _configure(handle: socket.socket, group: int, attribute: int, value: bytes) -> None:
    body = struct.pack("=HH", 4 + len(value), attribute) + value + b"\0" * (-len(value) % 4)
    message = struct.pack("=BBH", socket.AF_UNSPEC, 0, socket.htons(group)) + body
    handle.send(struct.pack("=IHHII", 16 + len(message), _CONFIG, 1 | 4, 0, 0) + message)
    code = struct.unpack_from("=i", handle.recv(4096), 16)[0]
    if code:
        raise OSError(-code, f"nfnetlink_log refuses group {group}")


def _parse_message(body: bytes) -> Packet | None:
    prefix, payload, at = "", b"", 0
    while at + 4 <= len(body):
        length, kind = struct.unpack_from("=HH", body, at)
        if length < 4:
            break
        value = body[at + 4 : at + length]
        if kind & 0x3FFF == _PREFIX:
            prefix = value.rstrip(b"\0").decode("ascii", "replace")
        elif kind & 0x3FFF == _PAYLOAD:
            payload = value
        at += (length + 3) & ~3
    return parse_packet(prefix, payload)


def parse_packet(prefix: str, payload: bytes) -> Packet | None:
    """Parse a raw IP packet; return None if it is none."""
    if not payload:
        return None
    version = payload[0] >> 4
    if version == 4 and len(payload) >= 20:
        header, number = (payload[0] & 15) * 4, payload[9]
        source, destination = ip_address(payload[12:16]), ip_address(payload[16:20])
        size = struct.unpack_from("!H", payload, 2)[0]
    elif version == 6 and len(payload) >= 40:
        header, number = 40, payload[6]
        source, destination = ip_address(payload[8:24]), ip_address(payload[24:40])
        size = struct.unpack_from("!H", payload, 4)[0] + 40
    else:
        return None
    data = payload[header:]
    ported = number in (6, 17) and len(data) >= 4
    first, second = struct.unpack_from("!HH", data) if ported else (None, None)
    return Packet(
        prefix=prefix,
        source=source,
        destination=destination,
        protocol=_PROTOCOLS.get(number, str(number)),
        source_port=first,
        port=second,
        data=data,
        size=size,
    )
