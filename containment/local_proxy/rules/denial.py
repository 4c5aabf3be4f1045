"""A denied connection: the rule that denies it, and the reason as the client reads it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DenyRule(StrEnum):
    """Why something is denied; the names are part of the proxy's answers and events."""

    DEFAULT = "default-deny"
    """The profile permits the destination to no program."""
    ADDRESS_LITERAL = "address-not-listed"
    """The client names an address that is in no network of the profile."""
    PORT = "port-not-listed"
    """The program may reach the host at other ports."""
    PROGRAM_EGRESS = "program-without-egress"
    """Another program may reach the destination."""
    PROGRAM_UNKNOWN = "program-unknown"
    """No program could be named for the connection."""
    PROGRAM_UNLISTED = "program-not-listed"
    """The profile does not list the program."""
    CONTENT_HIDDEN = "content-not-visible"
    """Only some requests are permitted, and TLS hides which one is sent."""
    CONTENT = "request-not-listed"
    """The request is not among the permitted ones."""
    CLEAR_TEXT = "clear-text"
    """Only TLS is permitted to the destination."""
    ADDRESS = "special-purpose-address"
    """The name has an address that no connection may go to."""
    SERVER_NAME = "server-name"
    """The TLS client hello does not name the host of the CONNECT."""
    NO_CONNECT = "tls-without-connect"
    """The client began TLS with the proxy itself."""
    MALFORMED = "malformed-request"
    """The request has no meaning, or more than one."""
    OVERLOAD = "too-many-connections"
    """The program, or the whole sandbox, has as many connections as it may."""
    NO_RECORD = "no-record"
    """The decision could not be recorded."""
    UNRESOLVED = "name-not-resolved"
    """The name has no address."""
    UNREACHABLE = "destination-unreachable"
    """The destination accepts no connection."""


@dataclass(frozen=True, slots=True)
class Denial:
    """A decision against a connection or a request."""

    rule: DenyRule
    reason: str
