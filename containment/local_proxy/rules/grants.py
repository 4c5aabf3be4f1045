"""Entries of a profile's `egress`, as patterns that a connection is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from containment.addresses.port_range import PortRange
from containment.local_proxy.rules.addresses import explain_refusal, is_inside
from containment.local_proxy.rules.destination import Address, Destination
from containment.patterns.domain import DomainPattern
from containment.sandbox.globs import has_unread_character, is_match
from containment.sandbox.paths import resolve_aliases
from containment.sandbox.profile import LauncherProfile, ProfileEgress
from containment.ternary import Ternary


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One entry; `requests` None is any content, `tls` is whether only TLS is carried."""

    place: int
    program: str
    tls: bool
    host: DomainPattern | None
    networks: tuple[IPv4Network | IPv6Network, ...]
    ports: tuple[PortRange, ...]
    requests: tuple[str, ...] | None

    @property
    def name(self) -> str:
        """The key of the entry in the profile."""
        return f"egress.{self.place}"

    @property
    def has_calls(self) -> bool:
        """Whether the entry lists MCP calls, which are in the body of a request."""
        return any(" /" not in one for one in self.requests or ())

    def has_destination(self, destination: Destination) -> bool:
        """Return whether the entry names a host: a name by its pattern, an address by its networks."""
        if destination.address is not None:
            return self.host is None and is_inside(destination.address, self.networks)
        return self.host is not None and self.host.matches(destination.host) is Ternary.YES

    def has_port(self, port: int) -> bool:
        """Return whether the entry lists a port."""
        return any(port in one for one in self.ports)

    def explain_address(self, address: Address) -> str | None:
        """Return why the entry does not permit an address that its host has, None when it does."""
        if self.host is None and not is_inside(address, self.networks):
            return f"{address} is in none of the networks of {self.name}"
        return explain_refusal(address, self.networks)

    def has_request(self, request: str) -> bool:
        """Return whether the entry permits `METHOD /path`."""
        return self.requests is None or any(is_match(one, request) for one in self.requests if not has_unread_character(one))


def build_grants(profile: LauncherProfile) -> tuple[Grant, ...]:
    """Return the entries of a profile."""
    return tuple(_build_grant(place, one) for place, one in enumerate(profile.egress))


def has_program(patterns: Sequence[str], program: str) -> bool:
    """Return whether a program fits one of some globs; a glob with a character of several meanings fits nothing."""
    return any(_fits(one, program) for one in patterns)


@lru_cache(maxsize=16384)
def _fits(pattern: str, program: str) -> bool:
    return not has_unread_character(pattern) and is_match(resolve_aliases(pattern), program)


def _build_grant(place: int, one: ProfileEgress) -> Grant:
    return Grant(
        place=place,
        program=one.program,
        tls=one.scheme == "https",
        host=DomainPattern(one.host) if one.host is not None else None,
        networks=tuple(map(ip_network, one.networks)),
        ports=tuple(PortRange(port.first, port.last) for port in one.ports),
        requests=one.requests,
    )
