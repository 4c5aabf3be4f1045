"""Entries of a profile's `egress`, as patterns that a connection is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from containment.local_proxy.rules.addresses import explain_refusal, is_inside
from containment.local_proxy.rules.destination import Address, Destination
from containment.sandbox.globs import has_unread_character, is_match
from containment.sandbox.paths import resolve_aliases
from containment.sandbox.permissions import Endpoint
from containment.sandbox.profile import LauncherProfile, read_permissions
from containment.ternary import Ternary


@dataclass(frozen=True, slots=True)
class Grant:
    """One entry: a program, by its path or a glob, and what it may reach."""

    program: str
    to: Endpoint

    @property
    def name(self) -> str:
        """The key of the entry in the profile."""
        return self.to.origin

    @property
    def has_calls(self) -> bool:
        """Whether the entry lists MCP calls, which are in the body of a request."""
        return any(" /" not in one for one in self.to.requests or ())

    def has_destination(self, destination: Destination) -> bool:
        """Return whether the entry names a host: a name by its pattern, an address by its networks."""
        host = self.to.host
        if destination.address is not None:
            return host is None and is_inside(destination.address, self.to.networks)
        return host is not None and host.matches(destination.host) is Ternary.YES

    def has_port(self, port: int) -> bool:
        """Return whether the entry lists a port."""
        return any(port in one for one in self.to.ports)

    def explain_address(self, address: Address) -> str | None:
        """Return why the entry does not permit an address that its host has, None when it does."""
        if self.to.host is None and not is_inside(address, self.to.networks):
            return f"{address} is in none of the networks of {self.name}"
        return explain_refusal(address, self.to.networks)

    def has_request(self, request: str) -> bool:
        """Return whether the entry permits `METHOD /path`."""
        requests = self.to.requests
        return requests is None or any(is_match(one, request) for one in requests if not has_unread_character(one))


def build_grants(profile: LauncherProfile) -> tuple[Grant, ...]:
    """Return the entries of a profile."""
    return tuple(Grant(one.program, one.endpoint) for one in read_permissions(profile).egress)


def has_program(patterns: Sequence[str], program: str) -> bool:
    """Return whether a program fits one of some globs; a glob with a character of several meanings fits nothing."""
    return any(_fits(one, program) for one in patterns)


@lru_cache(maxsize=16384)
def _fits(pattern: str, program: str) -> bool:
    return not has_unread_character(pattern) and is_match(resolve_aliases(pattern), program)
