"""Hand-made TLS client hellos, well-formed or malformed, with the nonce in the session id in the clear."""

from __future__ import annotations

import secrets
import struct
from collections.abc import Sequence

SERVER_NAME, ALPN, EARLY_DATA, PADDING, ECH = 0, 16, 42, 21, 0xFE0D


def build_client_hello(nonce: bytes, names: Sequence[bytes], form: str = "") -> bytes:
    """Return the bytes of a client hello.

    Args:
        nonce: The nonce.
        names: The server names.
        form: The anomaly, empty for a regular hello.
    """
    extensions = b""
    if form == "twice":
        extensions += b"".join(build_extension(SERVER_NAME, build_server_names([name])) for name in names)
    elif names or form == "empty":
        extensions += build_extension(SERVER_NAME, build_server_names(names, kind=1 if form == "other-kind" else 0))
    if form == "ech":
        extensions += build_extension(
            ECH, b"\0\0\x01\0\x01\x05" + struct.pack("!H", 32) + secrets.token_bytes(32) + b"\0\x40" + secrets.token_bytes(64)
        )
    if form == "alpn":
        extensions += build_extension(ALPN, struct.pack("!HB", len(nonce) + 1, len(nonce)) + nonce)
    if form == "early":
        extensions += build_extension(EARLY_DATA, b"")
    if form == "padded":
        extensions = build_extension(PADDING, b"\0" * 17_000) + extensions
    extensions += build_extension(43, b"\x02\x03\x04") + build_extension(10, b"\0\x02\0\x1d") + build_extension(13, b"\0\x02\x04\x03")
    extensions += build_extension(51, b"\0\x24\0\x1d\0\x20" + secrets.token_bytes(32))
    session = nonce[:32]
    body = b"\x03\x03" + secrets.token_bytes(32) + bytes([len(session)]) + session + b"\0\x02\x13\x01\x01\0"
    body += struct.pack("!H", len(extensions)) + extensions
    message = b"\x01" + struct.pack("!I", len(body))[1:] + body
    if form == "ssl2":
        return struct.pack("!HBHHHH", 0x8000 | (9 + 3 + len(nonce)), 1, 0x0301, 3, 0, len(nonce)) + b"\0\x13\x01" + nonce
    head = b"\x16\x03\x05" if form == "odd-version" else b"\x16\x03\x01"
    whole = b"".join(
        head + struct.pack("!H", len(piece)) + piece for piece in (message[at : at + 16_384] for at in range(0, len(message), 16_384))
    )
    return whole + (b"\x17\x03\x03" + struct.pack("!H", len(nonce)) + nonce if form == "early" else b"")


def build_server_names(names: Sequence[bytes], kind: int = 0) -> bytes:
    """Return the body of a server_name extension."""
    entries = b"".join(struct.pack("!BH", kind, len(name)) + name for name in names)
    return struct.pack("!H", len(entries)) + entries


def build_extension(number: int, data: bytes) -> bytes:
    """Return one extension."""
    return struct.pack("!HH", number, len(data)) + data
