"""Limits of the proxy: sizes, times and numbers after which it gives up on a client or a server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Sizes in bytes, times in seconds."""

    head_bytes: int = 16 << 10
    """The request line and the headers."""
    head_seconds: float = 10
    """From the connection to the end of the headers."""
    field_bytes: int = 8 << 20
    """The longest body with fields (a form, JSON) of a request that is permitted by its method and path."""
    field_seconds: float = 60
    """From the headers to the end of such a body."""
    hello_seconds: float = 10
    """From the answer to CONNECT to the end of the client hello."""
    attribution_seconds: float = 5
    lookup_seconds: float = 5
    connect_seconds: float = 10
    """For all addresses of a name together."""
    idle_seconds: float = 900
    """Without a byte in either direction."""
    drain_seconds: float = 2
    """For reading what a denied client still sends, so that it can read the answer."""
    recheck_seconds: float = 10
    """Between two searches for the programs of an open connection."""
    connections: int = 1024
    connections_per_program: int = 512
    connections_per_process: int = 256
