"""The TLS client hello, read strictly: the server name that it shows, and whether it hides another one.

Rules kept here:
- a hello that servers could read differently is refused: two server names, two extensions of one kind, lengths that do not fit;
- encrypted client hello (and its predecessor) hides the name: the hello is refused, whatever the visible name is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HANDSHAKE: Final = 22
CHANGE_CIPHER_SPEC: Final = 20
CLIENT_HELLO: Final = 1
HEADER: Final = 5
"""Bytes of a record's header: kind, version, length."""
MOST_BYTES: Final = 64 << 10
"""Bytes of the longest client hello that is read."""
_SERVER_NAME: Final = 0
_HIDDEN: Final = {0xFE0D: "encrypted client hello", 0xFFCE: "encrypted server name"}
_RETRY: Final = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a server hello that requests a second client hello (RFC 8446, section 4.1.3)."""
RETRY_BYTES: Final = HEADER + 4 + 2 + len(_RETRY)
"""Bytes of a server's answer that decide whether it is one."""


class HelloError(ValueError):
    """Bytes that are no client hello, or one that is not permitted."""


@dataclass(frozen=True, slots=True)
class RecordHeader:
    """The kind and the length of a TLS record."""

    kind: int
    length: int


def parse_record_header(data: bytes) -> RecordHeader:
    """Return the header that the first five bytes are; raise HelloError for other bytes."""
    kind, major, length = data[0], data[1], int.from_bytes(data[3:HEADER])
    if kind not in (HANDSHAKE, CHANGE_CIPHER_SPEC) or major != 3:
        raise HelloError("the client sent something other than a TLS client hello")
    if not 0 < length <= 1 << 14:
        raise HelloError("the client sent a TLS record of a length that no client hello has")
    return RecordHeader(kind, length)


def get_message_length(handshake: bytes) -> int | None:
    """Return the length of the client hello that some handshake bytes begin, None where they are too few."""
    if handshake and handshake[0] != CLIENT_HELLO:
        raise HelloError("the client began TLS with a message that is no client hello")
    if len(handshake) < 4:
        return None
    length = 4 + int.from_bytes(handshake[1:4])
    if length > MOST_BYTES:
        raise HelloError(f"the client hello is longer than {MOST_BYTES} bytes")
    return length


def read_server_name(message: bytes) -> str:
    """Return the one server name of a whole client hello; raise HelloError where there is none, or more than one."""
    body = _Reader(message[4:])
    body.take(2 + 32)
    body.take_vector(1)
    if len(body.take_vector(2)) % 2:
        raise HelloError("the client hello has half a cipher suite")
    body.take_vector(1)
    if body.is_empty:
        raise HelloError("the client hello names no server")
    extensions = _Reader(body.take_vector(2))
    body.require_end()
    found: dict[int, bytes] = {}
    while not extensions.is_empty:
        kind, content = int.from_bytes(extensions.take(2)), extensions.take_vector(2)
        if kind in found:
            raise HelloError(f"the client hello has extension {kind} twice")
        found[kind] = content
    for kind, what in _HIDDEN.items():
        if kind in found:
            raise HelloError(f"the client hello has an {what}, which can hide another server name")
    if _SERVER_NAME not in found:
        raise HelloError("the client hello names no server")
    return _read_name(found[_SERVER_NAME])


def is_retry_request(answer: bytes) -> bool:
    """Return whether the first bytes of a server's answer request a second client hello."""
    return (
        len(answer) >= RETRY_BYTES and answer[0] == HANDSHAKE and answer[HEADER] == 2 and answer[RETRY_BYTES - 32 : RETRY_BYTES] == _RETRY
    )


def _read_name(extension: bytes) -> str:
    outer = _Reader(extension)
    names = _Reader(outer.take_vector(2))
    outer.require_end()
    kind, name = names.take(1)[0], names.take_vector(2)
    names.require_end()
    if kind != 0:
        raise HelloError("the client hello has a server name of an unknown kind")
    try:
        return name.decode("ascii")
    except UnicodeDecodeError:
        raise HelloError("the client hello has a server name outside of ASCII") from None


class _Reader:
    """Bytes that are taken from the front."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def is_empty(self) -> bool:
        return not self._data

    def take(self, count: int) -> bytes:
        if len(self._data) < count:
            raise HelloError("the client hello ends too early")
        found, self._data = self._data[:count], self._data[count:]
        return found

    def take_vector(self, size: int) -> bytes:
        return self.take(int.from_bytes(self.take(size)))

    def require_end(self) -> None:
        if self._data:
            raise HelloError("the client hello has bytes after its end")
