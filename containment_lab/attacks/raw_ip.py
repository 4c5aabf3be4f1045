"""Hand-made IPv4 packets and TCP segments, sent through a raw socket: the kernel only adds the header's checksum."""

from __future__ import annotations

import socket
import struct

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MORE, EVIL = 0x2000, 0x8000
"""Flags of a packet: more fragments follow; the reserved bit."""


def build_packet(
    where: str,
    protocol: int,
    payload: bytes,
    *,
    source: str = "0.0.0.0",  # noqa: S104 - the kernel's choice
    number: int = 0,
    flags: int = 0,
    ttl: int = 64,
    tos: int = 0,
    options: bytes = b"",
) -> bytes:
    """Return an IPv4 packet.

    Args:
        where: The destination.
        protocol: The protocol's number.
        payload: The bytes after the header.
        source: The source address.
        number: The packet's id.
        flags: Flags and fragment offset, in units of eight bytes.
        ttl: Time to live.
        tos: Type of service.
        options: Options, padded to words.
    """
    options += b"\0" * (-len(options) % 4)
    length = 20 + len(options)
    head = struct.pack(
        "!BBHHHBBH4s4s",
        0x40 | length // 4,
        tos,
        length + len(payload),
        number,
        flags,
        ttl,
        protocol,
        0,
        socket.inet_aton(source),
        socket.inet_aton(where),
    )
    return head + options + payload


def build_datagram(data: bytes, port: int, sport: int = 40000) -> bytes:
    """Return a UDP datagram without a checksum, which IPv4 allows."""
    return struct.pack("!HHHH", sport, port, 8 + len(data), 0) + data


def build_segment(
    ends: tuple[str, int, str, int], seq: int, ack: int, data: bytes, flags: int = PSH | ACK, *, spoil: bool = False
) -> bytes:
    """Return a TCP segment.

    Args:
        ends: Source address and port, destination address and port.
        seq: Sequence number.
        ack: Acknowledgment number.
        data: The payload.
        flags: TCP flags.
        spoil: Whether the checksum is wrong.
    """
    source, sport, where, port = ends
    head = struct.pack("!HHIIBBHHH", sport, port, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 5 << 4, flags, 64240, 0, 0)
    pseudo = socket.inet_aton(source) + socket.inet_aton(where) + struct.pack("!BBH", 0, 6, 20 + len(data))
    check = compute_checksum(pseudo + head + data) ^ (0x5555 if spoil else 0)
    return head[:16] + struct.pack("!H", check) + head[18:] + data


def compute_checksum(data: bytes) -> int:
    """Return the internet checksum (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total >> 16) + (total & 0xFFFF)
    return ~total & 0xFFFF


def send_packets(where: str, *packets: bytes) -> None:
    """Send packets to an address, in order."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as handle:
        for each in packets:
            handle.sendto(each, (where, 0))
