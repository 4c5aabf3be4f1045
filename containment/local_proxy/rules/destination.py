"""The destination of a connection: one spelling per host and port, for every place where a client can write one.

Rules kept here:
- a text that programs read differently has no meaning: it is refused, never guessed;
- names are compared after UTS 46 mapping, as `containment.patterns.domain` does, so that case and a final dot do not count;
- a host whose last label is a number is an address, in four decimal numbers: decimal, octal and hexadecimal forms are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final, TypeAlias

from containment.patterns.domain import normalize

Address: TypeAlias = IPv4Address | IPv6Address
HTTP_PORT: Final = 80
HTTPS_PORT: Final = 443
_NEVER: Final = frozenset("@/\\?#%'\"<>^`{|} \t\r\n*")
"""Characters that end a host in one program and belong to it in another."""
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_MOST: Final = 1024
"""Characters of the longest text that is examined."""


class DestinationError(ValueError):
    """A text that is not one host and one port."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A host and a port; `address` is set where the host is an address."""

    host: str
    port: int
    address: Address | None = None

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if isinstance(self.address, IPv6Address) else f"{self.host}:{self.port}"


def parse_authority(text: str, default_port: int | None = None) -> Destination:
    """Return the destination that `host:port` names.

    Args:
        text: the text, such as `api.example.com:443` or `[2001:db8::1]:443`.
        default_port: the port of a text without one; None: a port is required.

    Raises:
        DestinationError: the text has no meaning, or more than one.
    """
    if len(text) > _MOST:
        raise DestinationError(f"is longer than {_MOST} characters")
    bad = sorted(_NEVER & {*text})
    if bad or any(ord(char) < 0x21 or ord(char) == 0x7F for char in text):
        shown = repr(bad[0]) if bad else "a control character"
        what = "user information before the host" if "@" in text else shown
        raise DestinationError(f"has {what}, which programs read differently")
    host, port = _split_port(text, default_port)
    if host.startswith("["):
        address = _unmap(_parse_ipv6(host[1:-1]))
        return Destination(str(address), port, address)
    name = _normalize_name(host)
    if not _NUMBER.fullmatch(name.rpartition(".")[2]):
        return Destination(name, port)
    try:
        address = IPv4Address(name)
    except AddressValueError:
        raise DestinationError("is an address in a form that programs read differently; write four decimal numbers") from None
    return Destination(str(address), port, address)


def is_same_host(text: str, destination: Destination) -> bool:
    """Return whether a `Host` header names a destination; a header without a port names any port of the host."""
    try:
        found = parse_authority(text, destination.port)
    except DestinationError:
        return False
    return (found.host, found.port) == (destination.host, destination.port)


def _split_port(text: str, default: int | None) -> tuple[str, int]:
    host, colon, port = text, "", ""
    if text.startswith("["):
        inner, closing, rest = text.partition("]")
        host, colon, port = inner + closing, rest[:1], rest[1:]
        if not closing or colon not in ("", ":"):
            raise DestinationError("has '[' without a matching ']'")
    elif ":" in text:
        host, colon, port = text.partition(":")
        if ":" in port:
            raise DestinationError("is an IPv6 address without brackets, or has two ports")
    if not host:
        raise DestinationError("names no host")
    if not colon:
        if default is None:
            raise DestinationError("names no port")
        return host, default
    if not _PORT.fullmatch(port) or int(port) > 65535:
        raise DestinationError(f"has {port[:16]!r} in place of a port from 1 to 65535")
    return host, int(port)


def _normalize_name(host: str) -> str:
    try:
        name = normalize(host)
    except ValueError as error:
        raise DestinationError(str(error)) from None
    if "*" in name:
        raise DestinationError("has '*', which names no host")
    return name


def _parse_ipv6(text: str) -> IPv6Address:
    try:
        return IPv6Address(text)
    except AddressValueError:
        raise DestinationError("is no IPv6 address") from None


def _unmap(address: IPv6Address) -> Address:
    """Return the IPv4 address that an IPv4-mapped address means."""
    return address.ipv4_mapped or address
