"""The client's side: the handshake of TLS that ends here, and the body of a request that is read before it is decided."""

from __future__ import annotations

import asyncio

import h11

from containment.local_proxy.refusal import RefusedError
from containment.local_proxy.rules.denial import Denial, DenyRule
from containment.local_proxy.rules.destination import Destination
from containment.local_proxy.termination.authority import SandboxAuthority
from containment.local_proxy.termination.mcp_calls import MOST_BYTES, McpError, read_calls
from containment.local_proxy.termination.tls_stream import TlsStream
from containment.local_proxy.wire.forwarding import read_body
from containment.local_proxy.wire.messages import RequestError
from containment.local_proxy.wire.stream import Stream
from containment.local_proxy.wire.tls_check import read_checked_hello


async def accept_tls(client: Stream, destination: Destination, authority: SandboxAuthority, seconds: float) -> TlsStream | None:
    """Return the inside of TLS with a client; None if the client sends nothing.

    Args:
        client: the client, whose tunnel is open.
        destination: the host and the port of the tunnel, which the client hello has to name.
        authority: the authority that signs for the host.
        seconds: the longest time of the handshake.

    Raises:
        RefusedError: the hello is not permitted, or there is no handshake.
    """
    try:
        async with asyncio.timeout(seconds):
            hello = await read_checked_hello(client, destination)
            if hello is None:
                return None
            if isinstance(hello, Denial):
                raise RefusedError(hello)
            client.unread(hello)
            inside = TlsStream(client, authority.make_context(destination.host))
            await inside.shake_hands()
    except TimeoutError:
        raise RefusedError(Denial(DenyRule.MALFORMED, f"the TLS handshake did not end within {seconds:g} s")) from None
    except OSError as error:
        why = "the client does not accept the sandbox's certificate, or does not support TLS 1.2"
        raise RefusedError(Denial(DenyRule.MALFORMED, f"TLS with the client cannot begin ({error.strerror or error}): {why}")) from None
    return inside


async def read_field_body(client: Stream, parser: h11.Connection, most: int, seconds: float) -> bytes:
    """Return the body of a request; raise RefusedError for one that has no meaning, is too long, or comes too late.

    Args:
        client: the client.
        parser: the client's parser, which has read the head of the request.
        most: the longest body, in bytes.
        seconds: the longest time.
    """
    try:
        async with asyncio.timeout(seconds):
            return await read_body(client, parser, most)
    except TimeoutError:
        raise RefusedError(Denial(DenyRule.MALFORMED, "the body of the request did not end in time")) from None
    except RequestError as error:
        raise RefusedError(Denial(DenyRule.MALFORMED, f"the body of the request {error}")) from None


async def read_call_body(client: Stream, parser: h11.Connection, seconds: float) -> tuple[bytes, list[str]]:
    """Return the body of a request and the MCP calls in it; raise RefusedError for a body that has no meaning, or comes too late."""
    body = await read_field_body(client, parser, MOST_BYTES, seconds)
    try:
        return body, read_calls(body)
    except McpError as error:
        raise RefusedError(Denial(DenyRule.MALFORMED, f"the body of the request {error}")) from None
