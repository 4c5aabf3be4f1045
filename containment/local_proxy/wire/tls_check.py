"""Client hellos on a stream: nothing reaches the server before the server name equals the host of the CONNECT."""

from __future__ import annotations

from typing import Final

from containment.local_proxy.rules.denial import Denial, DenyRule
from containment.local_proxy.rules.destination import Destination
from containment.local_proxy.wire.client_hello import (
    HANDSHAKE,
    HEADER,
    RETRY_BYTES,
    HelloError,
    get_message_length,
    is_retry_request,
    parse_record_header,
    read_server_name,
)
from containment.local_proxy.wire.stream import Stream
from containment.patterns.domain import normalize

ALERT: Final = bytes([21, 3, 3, 0, 2, 2, 112])
"""A fatal TLS alert, `unrecognized_name`: a client reports it at once, and waits for nothing."""

_MOST_RECORDS: Final = 64
"""Records of one client hello, and of what may come before it."""


async def read_checked_hello(client: Stream, destination: Destination) -> bytes | Denial | None:
    """Return the bytes of a client hello that names the destination, or why there is none; None if the client sends nothing.

    Bytes after the hello are put back.
    """
    try:
        found = await _read_hello(client)
        if found is None:
            return None
        name, raw = found
        if _normalize(name) != destination.host:
            return Denial(DenyRule.SERVER_NAME, f"the client hello names {name!r}, and the CONNECT {destination.host}")
    except HelloError as error:
        return Denial(DenyRule.SERVER_NAME, str(error))
    return raw


async def exchange_hellos(client: Stream, server: Stream, hello: bytes, destination: Destination) -> Denial | None:
    """Send a checked client hello, and check the second one of a client whose server requests it.

    The server's first bytes are passed on; return why the second hello is denied, None where nothing is.
    """
    await server.send(hello)
    answer = b""
    while len(answer) < RETRY_BYTES and (data := await server.receive()):
        answer += data
    if not is_retry_request(answer):
        server.unread(answer)
        return None
    await client.send(answer)
    second = await read_checked_hello(client, destination)
    if isinstance(second, bytes):
        await server.send(second)
        return None
    return second


async def _read_hello(client: Stream) -> tuple[str, bytes] | None:
    """Return the server name of the next client hello, and all bytes up to its end."""
    buffer, raw, message = b"", bytearray(), bytearray()
    for _ in range(_MOST_RECORDS):
        while len(buffer) < HEADER or len(buffer) < HEADER + parse_record_header(buffer).length:
            data = await client.receive()
            if not data:
                if raw or buffer:
                    raise HelloError("the client hello ends too early")
                return None
            buffer += data
        header = parse_record_header(buffer)
        end = HEADER + header.length
        record, buffer = buffer[:end], buffer[end:]
        raw += record
        if header.kind != HANDSHAKE:
            if message:
                raise HelloError("the client hello is interrupted by another record")
            if header.length != 1:
                raise HelloError("the client sent something other than a TLS client hello")
            continue
        message += record[HEADER:]
        length = get_message_length(bytes(message[:4]))
        if length is None or len(message) < length:
            continue
        if len(message) > length:
            raise HelloError("the client hello has bytes after its end")
        client.unread(buffer)
        return read_server_name(bytes(message)), bytes(raw)
    raise HelloError("the client hello is in too many records")


def _normalize(name: str) -> str | None:
    try:
        return normalize(name)
    except ValueError:
        return None
