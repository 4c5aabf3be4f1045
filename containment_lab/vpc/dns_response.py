"""A DNS response as the resolver sent it: question, response code, and answers in the form that query logs have."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from containment.logs.aws import ResolverAnswer

TYPES: Final = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 64: "SVCB", 65: "HTTPS"}
"""Names of record types by number."""
_NAMED: Final = frozenset({"NS", "CNAME", "PTR"})
_CODES: Final = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
_MOST_LABELS: Final = 128
_POINTER: Final = 0xC0


@dataclass(frozen=True)
class DnsResponse:
    """A response: the question's name without its last dot, in lower case, its type as a number, response code, answers."""

    name: str
    qtype: int
    rcode: str
    answers: tuple[ResolverAnswer, ...]


def parse_response(packet: bytes) -> DnsResponse | None:
    """Return the content of a response; None for a packet that is none, or that ends before its records do."""
    try:
        flags, questions, count = struct.unpack_from("!HHH", packet, 2)
        if not flags & 0x8000 or questions != 1:
            return None
        name, at = _read_name(packet, 12)
        (qtype,) = struct.unpack_from("!H", packet, at)
        at += 4
        answers = []
        for _ in range(count):
            _, at = _read_name(packet, at)
            kind, _, _, length = struct.unpack_from("!HHIH", packet, at)
            at += 10
            if at + length > len(packet):
                return None
            answers.append(ResolverAnswer(rdata=_format_data(packet, at, length, kind), type=TYPES.get(kind, str(kind)), class_="IN"))
            at += length
    except (struct.error, IndexError, ValueError):
        return None
    return DnsResponse(name.lower(), qtype, _CODES.get(flags & 0xF, str(flags & 0xF)), tuple(answers))


def _format_data(packet: bytes, at: int, length: int, kind: int) -> str:
    """Return a record's data as text: an address, a name, or hexadecimal digits for types that no question reads."""
    data, type_ = packet[at : at + length], TYPES.get(kind)
    if type_ == "A":
        return str(IPv4Address(data))
    if type_ == "AAAA":
        return str(IPv6Address(data))
    if type_ in _NAMED:
        return f"{_read_name(packet, at)[0]}."
    return data.hex()


def _read_name(packet: bytes, at: int) -> tuple[str, int]:
    """Return a name and the position after it; raise ValueError for a name without end."""
    labels: list[str] = []
    end = -1
    for _ in range(_MOST_LABELS):
        length = packet[at]
        if length & _POINTER == _POINTER:
            end = at + 2 if end < 0 else end
            at = (length & 0x3F) << 8 | packet[at + 1]
        elif length:
            if at + 1 + length > len(packet):
                raise ValueError("a label ends after the packet")
            labels.append(packet[at + 1 : at + 1 + length].decode("latin-1"))
            at += 1 + length
        else:
            return ".".join(labels), at + 1 if end < 0 else end
    raise ValueError("a name without end")
