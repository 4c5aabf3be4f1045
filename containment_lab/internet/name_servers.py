"""Name server of the simulated internet: it answers for every name, at every address.

A name resolves to its address in `address_plan`; `rebind` in the attacker's zones resolves to a private address; `.invalid` does not
exist. Every query for a name in the attacker's zones is a receipt of the attacker: query names can carry data out.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

from containment_lab.internet import address_plan

A, NS, CNAME, SOA, TXT, AAAA, NULL, ANY = 1, 2, 5, 6, 16, 28, 10, 255


@dataclass(frozen=True)
class Question:
    """The first question of a query."""

    name: str
    qtype: int
    raw: bytes


def parse_question(query: bytes) -> Question | None:
    """Return the question of a query; None if the packet is no query."""
    if len(query) < 17:
        return None
    labels, at = [], 12
    while at < len(query) and query[at]:
        length = query[at]
        if length > 63 or at + 1 + length > len(query):
            return None
        labels.append(query[at + 1 : at + 1 + length].decode("latin-1"))
        at += 1 + length
    if at + 5 > len(query):
        return None
    return Question(".".join(labels), struct.unpack_from("!H", query, at + 1)[0], query[12 : at + 5])


def build_answer(query: bytes, asked: Question) -> bytes:
    """Return the response to a query."""
    records, code = _resolve_records(asked), 0
    if asked.name.lower().rstrip(".").endswith("invalid"):
        code = 3
    flags = 0x8580 | code
    head = query[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0)
    body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data for kind, data in records)
    return head + asked.raw + body


def _resolve_records(asked: Question) -> list[tuple[int, bytes]]:
    name = asked.name.lower()
    if name.endswith("invalid"):
        return []
    if asked.qtype == A:
        return [(A, _resolve_address(name).packed)]
    if asked.qtype == AAAA and address_plan.is_attackers(name):
        return [(AAAA, address_plan.ATTACKER_V6.packed)]
    if asked.qtype == TXT:
        return [(TXT, bytes([len(b"answer")]) + b"answer")]
    if asked.qtype == NULL:
        return [(NULL, b"answer")]
    return []


def _resolve_address(name: str) -> IPv4Address:
    if address_plan.is_attackers(name) and "rebind" in name:
        return address_plan.NEIGHBOUR
    return address_plan.find_address(name)
