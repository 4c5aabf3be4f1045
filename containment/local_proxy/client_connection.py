"""One connection of a client, from its first byte to its record.

The order is fixed: attribute, read, decide, record, resolve, check the address, connect to that address, check TLS, pass bytes on.
Whatever fails before the last step leaves nothing at the destination, and is answered or closed at once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Final

import h11

from containment.local_proxy.answers import build_answer, get_status
from containment.local_proxy.attribution import Attribution, AttributionError
from containment.local_proxy.dialing import Dialer
from containment.local_proxy.record import RecordError
from containment.local_proxy.refusal import RefusedError, require
from containment.local_proxy.rules.decision import Permit
from containment.local_proxy.rules.denial import Denial, DenyRule
from containment.local_proxy.rules.method_override import explain_body, has_fields
from containment.local_proxy.services import Services
from containment.local_proxy.termination.inside import accept_tls, read_call_body, read_field_body
from containment.local_proxy.wire.forwarding import ServerError, forward
from containment.local_proxy.wire.messages import (
    ProxyRequest,
    RequestError,
    TlsError,
    read_inner_request,
    read_request,
    send_refusal,
    send_tunnel_opened,
)
from containment.local_proxy.wire.relay import CountedStream, Traffic, relay, watch
from containment.local_proxy.wire.stream import Stream
from containment.local_proxy.wire.tls_check import ALERT, exchange_hellos, read_checked_hello

_DRAINED: Final = 1 << 20
"""Bytes that are read from a denied client before the connection is cut."""


class ClientConnection:
    """A connection of a client."""

    def __init__(self, services: Services, client: Stream, source: tuple[str, int], proxy: tuple[str, int]) -> None:
        self._services, self._client = services, client
        self._source, self._proxy = source, proxy
        self._facts = services.record.open_connection(source)
        self._dialer = Dialer(services, self._facts)
        self._parser = _make_parser(services)
        self._traffic = Traffic()
        self._inode: int | None = None
        self._taken = Attribution()
        """The processes that the connection counts for."""
        self._answers = True
        """Whether a denial can still be answered in HTTP."""
        self._contents: list[str] | None = None
        """What a request contains, in the terms of the profile; None for a tunnel."""

    async def run(self) -> None:
        """Serve the connection until it ends."""
        try:
            if self._services.slots.is_crowded:
                await self._take_place()
            request = await self._read()
            if request is not None:
                await self._take_place()  # again: others may have got the socket since it was opened
                await self._serve(request)
        except RefusedError as error:
            await self._refuse(error)
        except RecordError as error:
            await self._answer(Denial(DenyRule.NO_RECORD, f"the decision could not be recorded: {error}"))
        except OSError as error:
            await self._refuse(RefusedError(Denial(DenyRule.MALFORMED, f"the client ended the connection: {error.strerror or error}")))
        finally:
            self._services.slots.give_back(self._taken)
            self._client.abort()

    async def _take_place(self) -> None:
        """Find the connection's processes, and count the connection as theirs."""
        slots = self._services.slots
        self._facts.attribution = found = await self._attribute()
        slots.give_back(self._taken)
        self._taken = Attribution()
        if full := slots.take(found):
            raise RefusedError(Denial(DenyRule.OVERLOAD, full))
        self._taken = found

    async def _attribute(self) -> Attribution:
        """Return the processes that have the client's end open now."""
        try:
            if self._inode is None:
                self._inode = await self._services.searches.find_socket(self._source, self._proxy)
        except AttributionError as error:
            return Attribution(problem=str(error))
        return await self._services.searches.find_holders(self._inode)

    async def _read(self) -> ProxyRequest | None:
        try:
            request = await self._limit(read_request(self._client, self._parser))
        except TlsError:
            self._answers = False
            raise RefusedError(Denial(DenyRule.NO_CONNECT, "the client began TLS with the proxy, which needs CONNECT host:port")) from None
        if request is not None:
            self._facts.destination = request.destination
            if not request.is_tunnel:
                self._note(request)
        return request

    async def _limit(self, work: Coroutine[None, None, ProxyRequest | None]) -> ProxyRequest | None:
        """Return a request that is read in time; raise RefusedError for one that has no meaning."""
        seconds = self._services.bounds.head_seconds
        try:
            async with asyncio.timeout(seconds):
                return await work
        except TimeoutError:
            raise RefusedError(Denial(DenyRule.MALFORMED, f"the request did not end within {seconds:g} s")) from None
        except RequestError as error:
            self._facts.destination = error.destination or self._facts.destination
            raise RefusedError(Denial(DenyRule.MALFORMED, str(error))) from None

    def _note(self, request: ProxyRequest) -> None:
        self._facts.request = (request.method, request.path)
        self._contents = [f"{request.method} {request.path}"]

    async def _serve(self, request: ProxyRequest) -> None:
        body = None
        if request.is_tunnel and self._has_hidden_content(request):
            if request.destination.address is not None:
                request = await self._read_in_clear(request)
            elif self._services.authority is not None:
                request = await self._terminate(request)
            body = await self._read_calls(request) if not request.is_tunnel else None
        permit = require(self._decide(request, self._facts.attribution))
        if permit.is_by_content and request.has_body:
            body = await self._read_fields(request, body)
        self._services.record.write_open(self._facts, permit.rule)
        stream, permit = await self._dialer.dial(request.destination, permit)
        server = CountedStream(stream, self._traffic)
        message = "ended"
        try:
            if request.is_tunnel:
                message = await self._run_tunnel(request, permit, server)
            else:
                inside = await self._dialer.begin_tls(server, request.destination) if request.is_terminated else server
                message = await self._run_request(request, server, forward(self._client, self._parser, request, inside, body))
        except OSError as error:
            message = f"broke: {error.strerror or error}"
        except asyncio.CancelledError:
            with contextlib.suppress(RecordError):  # nothing more is passed on
                self._services.record.write_close(self._facts, permit.rule, self._traffic, "the sandbox ended")
            raise
        finally:
            server.abort()
        self._services.record.write_close(self._facts, permit.rule, self._traffic, message)

    def _decide(self, request: ProxyRequest, found: Attribution) -> Permit | Denial:
        if not found.holders:
            return Denial(DenyRule.PROGRAM_UNKNOWN, found.problem or "no program could be named for the connection")
        policy = self._services.policy
        if self._contents is None:
            return policy.decide_tunnel(found.programs, request.destination)
        return policy.decide_contents(found.programs, request.destination, self._contents, is_tls=request.is_terminated)

    def _has_hidden_content(self, request: ProxyRequest) -> bool:
        """Return whether a tunnel is denied for its hidden content alone."""
        decided = self._decide(request, self._facts.attribution)
        return isinstance(decided, Denial) and decided.rule is DenyRule.CONTENT_HIDDEN

    async def _read_in_clear(self, request: ProxyRequest) -> ProxyRequest:
        """Open a tunnel to an address, and return the HTTP request in it: some clients send CONNECT for http as well."""
        await send_tunnel_opened(self._client)
        self._parser = _make_parser(self._services)
        try:
            found = await self._limit(read_inner_request(self._client, self._parser, request.destination, is_tls=False))
        except TlsError:
            self._answers = False
            why = f"only listed requests may be sent to {request.destination}, and TLS to an address hides them: use http"
            raise RefusedError(Denial(DenyRule.CONTENT_HIDDEN, why)) from None
        return await self._enter(found)

    async def _terminate(self, request: ProxyRequest) -> ProxyRequest:
        """End TLS here, and return the request inside; raise RefusedError where there is none."""
        assert self._services.authority is not None
        destination, seconds = request.destination, self._services.bounds.hello_seconds
        await send_tunnel_opened(self._client)
        self._answers = False
        inside = await accept_tls(self._client, destination, self._services.authority, seconds)
        if inside is None:
            raise RefusedError(Denial(DenyRule.MALFORMED, "the client ended the tunnel before TLS began"))
        self._facts.server_name = destination.host
        self._client, self._parser, self._answers = inside, _make_parser(self._services), True
        return await self._enter(await self._limit(read_inner_request(self._client, self._parser, destination)))

    async def _enter(self, found: ProxyRequest | None) -> ProxyRequest:
        """Return the request inside a tunnel, of the processes that have the connection now; raise RefusedError where there is none."""
        if found is None:
            raise RefusedError(Denial(DenyRule.MALFORMED, "the client ended the tunnel before its request"))
        self._note(found)
        await self._take_place()
        return found

    async def _read_calls(self, request: ProxyRequest) -> bytes | None:
        """Return the body of a request whose calls decide, None where its method and path do."""
        policy, programs = self._services.policy, self._facts.attribution.programs
        decided = self._decide(request, self._facts.attribution)
        is_listed = not isinstance(decided, Denial) or decided.rule is not DenyRule.CONTENT
        if is_listed or request.method != "POST" or not policy.has_calls(programs, request.destination):
            return None
        body, self._contents = await read_call_body(self._client, self._parser, self._services.bounds.head_seconds)
        return body

    async def _read_fields(self, request: ProxyRequest, body: bytes | None) -> bytes | None:
        """Return the body of a request that could name another method in a field; None where it is sent on as it comes."""
        media_types, bounds = request.get_values(b"content-type"), self._services.bounds
        if body is None and has_fields(media_types):
            body = await read_field_body(self._client, self._parser, bounds.field_bytes, bounds.field_seconds)
        if body is not None and (why := explain_body(media_types, request.get_values(b"content-encoding"), body)):
            raise RefusedError(Denial(DenyRule.MALFORMED, f"the body of the request {why}"))
        return body

    async def _run_tunnel(self, request: ProxyRequest, permit: Permit, server: CountedStream) -> str:
        """Pass on the bytes of a tunnel; return how it ended."""
        await send_tunnel_opened(self._client)
        self._answers = False
        if permit.tls_only:
            try:
                async with asyncio.timeout(self._services.bounds.hello_seconds):
                    hello = await read_checked_hello(self._client, request.destination)
                    if isinstance(hello, Denial):
                        raise RefusedError(hello)
                    if hello is None:
                        return "ended before TLS began"
                    self._facts.server_name = request.destination.host
                    if denial := await self._check(request):
                        raise RefusedError(denial)
                    if denial := await exchange_hellos(self._client, server, hello, request.destination):
                        raise RefusedError(denial)
            except TimeoutError:
                return f"the TLS handshake did not begin within {self._services.bounds.hello_seconds:g} s"
        return await self._watch(request, server, relay(self._client, server))

    async def _run_request(self, request: ProxyRequest, server: CountedStream, work: Coroutine[None, None, None]) -> str:
        """Send a request on; return how it ended."""
        try:
            return await self._watch(request, server, work)
        except (RequestError, h11.ProtocolError) as error:
            self._answers = self._parser.our_state is h11.SEND_RESPONSE
            raise RefusedError(Denial(DenyRule.MALFORMED, str(error))) from None
        except ServerError as error:
            self._answers = self._parser.our_state is h11.SEND_RESPONSE
            raise self._dialer.fail(Denial(DenyRule.UNREACHABLE, str(error))) from None

    async def _watch(self, request: ProxyRequest, server: CountedStream, work: Coroutine[None, None, None]) -> str:
        bounds = self._services.bounds
        try:
            denial = await watch(
                work,
                server,
                idle_seconds=bounds.idle_seconds,
                check_seconds=bounds.recheck_seconds,
                check=lambda: self._check(request),
            )
        except TimeoutError as error:
            return str(error)
        if denial:
            raise RefusedError(denial)
        return "ended"

    async def _check(self, request: ProxyRequest) -> Denial | None:
        """Return why the connection may not go on with the processes that have it now."""
        found = await self._attribute()
        decided = self._decide(request, found)
        if isinstance(decided, Denial):
            self._facts.attribution = found
            return decided
        return None

    async def _refuse(self, error: RefusedError) -> None:
        if not error.is_recorded:
            if self._facts.attribution == Attribution():
                self._facts.attribution = await self._attribute()
            with contextlib.suppress(RecordError):  # a denial needs no record to be one, and nothing is passed on
                self._services.record.write_refusal(self._facts, error.denial, self._traffic)
        await self._answer(error.denial)

    async def _answer(self, denial: Denial) -> None:
        """Answer a denied client, and read what it still sends: otherwise the answer could be lost."""
        with contextlib.suppress(OSError):  # the client closed the connection, or does not read in time
            async with asyncio.timeout(self._services.bounds.drain_seconds):
                if self._answers:
                    await send_refusal(self._client, get_status(denial), build_answer(denial, self._facts, self._services.policy.profile))
                elif not self._traffic.back:
                    await self._client.send(ALERT)
                    await self._client.send_end()
                drained = 0
                while drained < _DRAINED and (data := await self._client.receive()):
                    drained += len(data)


def _make_parser(services: Services) -> h11.Connection:
    return h11.Connection(h11.SERVER, max_incomplete_event_size=services.bounds.head_bytes)
