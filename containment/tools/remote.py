"""A remote MCP server over streamable HTTP, through a proxy, with bounded replies; redirects stay on its own origin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from mcp.client._transport import TransportStreams
from mcp.client.streamable_http import streamable_http_client


class ReplyTooLarge(httpx2.ReadError):
    """A reply of more bytes than are read."""


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, most: int) -> None:
        self._inner, self._left = inner, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            self._left -= len(chunk)
            if self._left < 0:
                raise ReplyTooLarge("the reply is larger than is read")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


class BoundedTransport(httpx2.AsyncBaseTransport):
    """A transport whose replies have a bound; a compressed reply, whose size is unknown, is refused."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, most: int) -> None:
        self._inner, self._most = inner, most

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and bound its reply."""
        request.headers["accept-encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        assert isinstance(response.stream, httpx2.AsyncByteStream), "an asynchronous transport has asynchronous streams"
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise ReplyTooLarge("the reply is compressed, and its size unknown")
        if request.method != "GET":  # the stream of notifications is long, and each of its events has the same bound
            response.stream = _BoundedStream(response.stream, self._most)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


@asynccontextmanager
async def connect_server(url: str, proxy: str | None, most: int, seconds: float) -> AsyncIterator[TransportStreams]:
    """Yield the streams of a remote server; without a proxy the connection is direct, as to a gateway on this host.

    Args:
        url: the server's address.
        proxy: the address of the local proxy or of the credential gateway.
        most: bytes of one reply.
        seconds: the wait for one part of a reply.
    """
    inner = httpx2.AsyncHTTPTransport(proxy=proxy) if proxy else httpx2.AsyncHTTPTransport()
    client = httpx2.AsyncClient(transport=BoundedTransport(inner, most), timeout=seconds, trust_env=False, follow_redirects=False)
    async with client, streamable_http_client(url, http_client=client, max_sse_event_size=most) as streams:
        yield streams
