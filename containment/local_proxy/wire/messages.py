"""HTTP messages of a client: the request that it sends to the proxy, and the proxy's own answers.

h11 parses; what it accepts is narrowed here to what has one meaning for a proxy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import h11

from containment.local_proxy.rules import method_override
from containment.local_proxy.rules.destination import HTTP_PORT, HTTPS_PORT, Destination, DestinationError, is_same_host, parse_authority
from containment.local_proxy.wire.stream import Stream

_TLS_FIRST: Final = frozenset({0x16, 0x80})
"""First bytes of a client that begins TLS, or its predecessor."""
_SCHEME: Final = "http://"
_CONNECT: Final = "CONNECT"
_VERSIONS: Final = frozenset({b"1.0", b"1.1"})

_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding", b"host", b"connection", b"upgrade", b"expect", b"trailer"})


class RequestError(Exception):
    """A request that has no meaning, or more than one; `destination` is what it names, where that is clear."""

    def __init__(self, reason: str, destination: Destination | None = None) -> None:
        super().__init__(reason)
        self.destination = destination


class TlsError(Exception):
    """The client begins TLS with the proxy."""


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """A request to the proxy; `target` is the path with the query, empty for a tunnel."""

    method: str
    destination: Destination
    target: str
    head: h11.Request
    is_terminated: bool = False
    """Whether the request is inside TLS that ends here."""

    @property
    def is_tunnel(self) -> bool:
        """Whether the client requests a tunnel."""
        return self.method == _CONNECT

    @property
    def host_header(self) -> str:
        """The value of the header Host: without the port where it is the scheme's."""
        destination = self.destination
        if destination.port == (HTTPS_PORT if self.is_terminated else HTTP_PORT):
            return str(destination).removesuffix(f":{destination.port}")
        return str(destination)

    def get_values(self, name: bytes) -> list[bytes]:
        """Return the values of a header, whose name is in lower case."""
        return [value for known, value in self.head.headers if known == name]

    @property
    def has_body(self) -> bool:
        """Whether the request has a body."""
        return bool(self.get_values(b"transfer-encoding")) or any(one.strip(b"0") for one in self.get_values(b"content-length"))

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]


async def read_request(client: Stream, connection: h11.Connection) -> ProxyRequest | None:
    """Return the request of a client, None if it sends nothing.

    Args:
        client: the client; for a tunnel, the bytes after the request are put back.
        connection: the parser, in the role of a server.

    Raises:
        RequestError: the request has no meaning, or more than one.
        TlsError: the client begins TLS.
    """
    event = await _receive_request(client, connection, is_outer=True)
    if event is None:
        return None
    request = _interpret(event)
    if request.is_tunnel:
        client.unread(connection.trailing_data[0])
    return request


async def _receive_request(client: Stream, connection: h11.Connection, *, is_outer: bool) -> h11.Request | None:
    """Return the head of a request, None if the client sends nothing; the outer one may turn out to be the begin of TLS."""
    begun = False
    try:
        while (event := connection.next_event()) is h11.NEED_DATA:
            data = await client.receive()
            if not begun and not data:
                return None
            if is_outer and not begun and data[0] in _TLS_FIRST:
                raise TlsError
            begun = True
            connection.receive_data(data)
    except h11.RemoteProtocolError as error:
        raise RequestError(f"is no HTTP request: {error}") from None
    if not isinstance(event, h11.Request):
        raise RequestError("the connection ended before the request did")
    return event


async def read_inner_request(
    client: Stream, connection: h11.Connection, destination: Destination, *, is_tls: bool = True
) -> ProxyRequest | None:
    """Return the request inside a tunnel, None if the client sends nothing; raise RequestError for another one.

    Args:
        client: the inside of the tunnel.
        connection: the parser, in the role of a server.
        destination: the destination of the tunnel.
        is_tls: whether the tunnel has TLS that ends here; otherwise a client that begins TLS raises TlsError.
    """
    event = await _receive_request(client, connection, is_outer=not is_tls)
    if event is None:
        return None
    target = event.target.decode("ascii")
    if not target.startswith("/") or "#" in target:
        raise RequestError(f"has the target {target[:100]!r}, and a server needs a path")
    request = ProxyRequest(event.method.decode("ascii"), destination, target, event, is_terminated=is_tls)
    _check_head(event, destination)
    if not any(name == b"host" for name, _ in event.headers):
        raise RequestError("has no header Host", destination)
    return request


async def send_refusal(client: Stream, status: HTTPStatus, body: Mapping[str, object]) -> None:
    """Send an answer with a JSON object, after which the connection ends."""
    content = json.dumps(body).encode() + b"\n"
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    await client.send(head.encode() + content)
    await client.send_end()


async def send_tunnel_opened(client: Stream) -> None:
    """Send the answer to a permitted CONNECT."""
    await client.send(b"HTTP/1.1 200 Connection established\r\n\r\n")


def _interpret(head: h11.Request) -> ProxyRequest:
    """Return a request with its meaning for the proxy."""
    method, target = head.method.decode("ascii"), head.target.decode("ascii")
    if method == _CONNECT:
        destination = _parse(target, None)
        if any(name in (b"content-length", b"transfer-encoding") for name, _ in head.headers):
            raise RequestError("is a CONNECT with a body, which programs read differently", destination)
        request = ProxyRequest(method, destination, "", head)
    else:
        request = _interpret_absolute(method, target, head)
    _check_head(head, request.destination)
    return request


def _check_head(head: h11.Request, destination: Destination) -> None:
    """Raise RequestError for a head that programs read differently."""
    if head.http_version not in _VERSIONS:
        raise RequestError(f"is in version {head.http_version.decode('ascii')} of HTTP, not in 1.0 or 1.1", destination)
    hosts = [value.decode("latin-1") for name, value in head.headers if name == b"host"]
    if len(hosts) > 1 or not all(is_same_host(host, destination) for host in hosts):
        raise RequestError(f"has the header Host: {', '.join(hosts)[:200]}, and the target is {destination}", destination)
    names = [name for name, _ in head.headers]
    for name in names:
        plain = name.replace(b"_", b"-")  # servers in the manner of CGI take one for the other
        if plain in method_override.HEADERS:
            raise RequestError(
                f"has the header {name.decode('ascii')}, by which servers do another request than the decided one", destination
            )
        if plain != name and plain in _FRAMING:
            raise RequestError(f"has the header {name.decode('ascii')}, which some servers read as {plain.decode('ascii')}", destination)
    if head.method != b"CONNECT" and (key := method_override.find_in_target(head.target.decode("ascii"))):
        raise RequestError(f"has the key {key} in its target, by which servers do another request than the decided one", destination)
    if b"content-length" in names and b"transfer-encoding" in names:
        raise RequestError("has two lengths of its body, which programs read differently", destination)


def _interpret_absolute(method: str, target: str, head: h11.Request) -> ProxyRequest:
    if not target.lower().startswith(_SCHEME):
        what = "is https without CONNECT" if target.lower().startswith("https:") else "is no request to a proxy"
        raise RequestError(f"{what}: the target is {target[:100]!r}, and a proxy needs CONNECT host:port or http://host/path")
    rest = target[len(_SCHEME) :]
    cut = min((place for place in (rest.find("/"), rest.find("?"), rest.find("#")) if place >= 0), default=len(rest))
    authority, path = rest[:cut], rest[cut:]
    destination = _parse(authority, HTTP_PORT)
    if "#" in path:
        raise RequestError("has a fragment, which belongs to no request", destination)
    return ProxyRequest(method, destination, path if path.startswith("/") else f"/{path}", head)


def _parse(authority: str, default_port: int | None) -> Destination:
    try:
        return parse_authority(authority, default_port)
    except DestinationError as error:
        raise RequestError(f"names {authority[:100]!r}, which {error}") from None
