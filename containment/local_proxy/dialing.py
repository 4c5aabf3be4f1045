"""The connection to a permitted destination: its name is resolved, its addresses are checked, and one of them is connected to."""

from __future__ import annotations

import asyncio
import errno
import ssl

from containment.local_proxy.record import ConnectionFacts
from containment.local_proxy.refusal import RefusedError, require
from containment.local_proxy.rules.decision import Permit
from containment.local_proxy.rules.denial import Denial, DenyRule
from containment.local_proxy.rules.destination import Address, Destination
from containment.local_proxy.services import Services
from containment.local_proxy.termination.tls_stream import TlsStream
from containment.local_proxy.wire.stream import Stream


class Dialer:
    """The way from a permit to a server, with a record of what fails."""

    def __init__(self, services: Services, facts: ConnectionFacts) -> None:
        self._services, self._facts = services, facts

    async def dial(self, destination: Destination, permit: Permit) -> tuple[Stream, Permit]:
        """Return a connection to a destination, and the permit for its address; raise RefusedError where there is none."""
        addresses = await self._resolve(destination)
        narrowed = require(permit.narrow(addresses))
        return await self._connect(destination, addresses), narrowed

    async def begin_tls(self, server: Stream, destination: Destination) -> Stream:
        """Return the inside of TLS with a server whose certificate is checked; raise RefusedError where it is wrong."""
        stream = TlsStream(server, self._services.trust, destination.host)
        try:
            async with asyncio.timeout(self._services.bounds.connect_seconds):
                await stream.shake_hands()
        except OSError as error:
            raise self.fail(Denial(DenyRule.UNREACHABLE, f"TLS with {destination} cannot begin: {_explain_tls(error)}")) from None
        return stream

    def fail(self, denial: Denial) -> RefusedError:
        """Record that a permitted connection could not be made, and return the error to raise."""
        self._services.record.write_failure(self._facts, denial)
        return RefusedError(denial, is_recorded=True)

    async def _resolve(self, destination: Destination) -> list[Address]:
        if destination.address is not None:
            return [destination.address]
        seconds = self._services.bounds.lookup_seconds
        try:
            async with asyncio.timeout(seconds):
                found = await self._services.resolver.resolve(destination.host)
        except TimeoutError:
            raise self.fail(Denial(DenyRule.UNRESOLVED, f"{destination.host} has no address within {seconds:g} s")) from None
        except (OSError, UnicodeError) as error:
            raise self.fail(Denial(DenyRule.UNRESOLVED, f"{destination.host} has no address: {error}")) from None
        if not found:
            raise self.fail(Denial(DenyRule.UNRESOLVED, f"{destination.host} has no address"))
        return found

    async def _connect(self, destination: Destination, addresses: list[Address]) -> Stream:
        reason = ""
        for address in addresses:
            self._facts.address = address
            try:
                async with asyncio.timeout(self._services.bounds.connect_seconds / len(addresses)):
                    return await self._services.upstream.open(destination, address)
            except TimeoutError:
                reason = f"{address} did not answer in time"
            except OSError as error:
                if error.errno == errno.EACCES:
                    raise RefusedError(Denial(DenyRule.ADDRESS, error.strerror or str(error))) from None
                reason = f"{address}: {error.strerror or error}"
        raise self.fail(Denial(DenyRule.UNREACHABLE, f"{destination} cannot be reached: {reason}"))


def _explain_tls(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    return "it did not answer in time" if isinstance(error, TimeoutError) else str(error.strerror or error)
