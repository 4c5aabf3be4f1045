"""A permitted request in clear text: sent on and answered message by message, never as raw bytes.

Rules kept here:
- one request per connection, and a new connection to the server for it: nothing can be hidden behind the request;
- the length of each body is written again, and headers about a single connection are left out (RFC 9110, section 7.6.1).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

import h11

from containment.local_proxy.wire.messages import ProxyRequest, RequestError
from containment.local_proxy.wire.stream import Stream

_HOP: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"host",
    }
)
_HEAD_BYTES: Final = 64 << 10
"""The longest head of an answer."""
_Headers = list[tuple[bytes, bytes]]


class ServerError(Exception):
    """The server's answer is no HTTP answer."""


async def read_body(client: Stream, connection: h11.Connection, most: int) -> bytes:
    """Return the whole body of a request; raise RequestError for one that is malformed, or longer than `most` bytes."""
    body = bytearray()
    try:
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                if connection.they_are_waiting_for_100_continue:
                    await client.send(connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
                connection.receive_data(await client.receive())
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > most:
                    raise RequestError(f"is longer than {most} bytes")
            else:
                raise RequestError("ended too early")
    except h11.RemoteProtocolError as error:
        raise RequestError(f"is malformed: {error}") from None
    return bytes(body)


async def forward(client: Stream, connection: h11.Connection, request: ProxyRequest, server: Stream, body: bytes | None = None) -> None:
    """Send a request to its server, and the answer to the client.

    Args:
        client: the client.
        connection: the client's parser, which has read the head of the request.
        request: the request.
        server: a new connection to the destination.
        body: the body, where it was read already.

    Raises:
        RequestError: the body of the request is malformed.
        ServerError: the answer is malformed.
        OSError: a connection broke.
    """
    outer = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES)
    headers: _Headers = [
        (b"Host", request.host_header.encode()),
        *_keep_headers(request.head.headers.raw_items()),
        (b"Connection", b"close"),
    ]
    if body is not None:
        headers = [(name, value) for name, value in headers if name.lower() not in (b"content-length", b"expect")]
        headers.append((b"Content-Length", str(len(body)).encode()))
    elif any(name == b"transfer-encoding" for name, _ in request.head.headers):
        headers.append((b"Transfer-Encoding", b"chunked"))
    sent = h11.Request(method=request.method, target=request.target, headers=headers)
    await server.send(outer.send(sent) or b"")
    upload = asyncio.create_task(_send_body(client, connection, server, outer, body))
    answer = asyncio.create_task(_send_answer(client, connection, server, outer))
    try:
        await asyncio.wait({upload, answer}, return_when=asyncio.FIRST_COMPLETED)
        if upload.done() and not isinstance(upload.exception(), OSError):  # a server may answer before it has read all
            upload.result()
        await answer
    finally:
        for task in (upload, answer):
            task.cancel()
        await asyncio.gather(upload, answer, return_exceptions=True)


async def _send_body(client: Stream, connection: h11.Connection, server: Stream, outer: h11.Connection, body: bytes | None) -> None:
    if body is not None:
        await server.send((outer.send(h11.Data(data=body)) or b"") + (outer.send(h11.EndOfMessage()) or b""))
        return
    try:
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await client.receive())
            elif isinstance(event, h11.Data):
                await server.send(outer.send(h11.Data(data=event.data)) or b"")
            elif isinstance(event, h11.EndOfMessage):
                await server.send(outer.send(h11.EndOfMessage()) or b"")
                return
            else:
                raise RequestError("the connection ended before the request did")
    except h11.RemoteProtocolError as error:
        raise RequestError(f"has a malformed body: {error}", None) from None


async def _send_answer(client: Stream, connection: h11.Connection, server: Stream, outer: h11.Connection) -> None:
    while True:
        try:
            event = outer.next_event()
            if event is h11.NEED_DATA:
                outer.receive_data(await server.receive())
                continue
        except h11.RemoteProtocolError as error:
            raise ServerError(f"the server's answer is malformed: {error}") from None
        if isinstance(event, h11.InformationalResponse):
            if event.status_code == 101:
                raise ServerError("the server changes the protocol, which was not requested")
            answer = h11.InformationalResponse(
                status_code=event.status_code, headers=_keep_headers(event.headers.raw_items()), reason=event.reason
            )
            await client.send(connection.send(answer) or b"")
        elif isinstance(event, h11.Response):
            headers: _Headers = [*_keep_headers(event.headers.raw_items()), (b"Connection", b"close")]
            final = h11.Response(status_code=event.status_code, headers=headers, reason=event.reason)
            await client.send(connection.send(final) or b"")
        elif isinstance(event, h11.Data):
            await client.send(connection.send(h11.Data(data=event.data)) or b"")
        elif isinstance(event, h11.EndOfMessage):
            await client.send(connection.send(h11.EndOfMessage()) or b"")
            await client.send_end()
            return
        else:
            raise ServerError("the server ended the connection before its answer")


def _keep_headers(headers: Iterable[tuple[bytes, bytes]]) -> _Headers:
    """Return the headers that are about the message, not about one connection."""
    kept = list(headers)
    named = {word.strip().lower() for name, value in kept if name.lower() == b"connection" for word in value.split(b",")}
    left_out = _HOP | named - {b"content-length"}
    return [(name, value) for name, value in kept if name.lower() not in left_out]
