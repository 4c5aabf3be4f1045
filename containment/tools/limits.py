"""Bounds of the tool gateway: sizes in bytes, times in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayLimits:
    """What one call, one reply and one server may take at most."""

    arguments: int = 64 << 10
    message: int = 1 << 20
    """One message of a server or of an agent."""
    tools: int = 500
    """Tools that a server lists."""
    pages: int = 20
    calls: int = 16
    """Calls at the same time."""
    start_seconds: float = 20
    list_seconds: float = 10
    call_seconds: float = 120
    starts: int = 3
    """Starts of one server before it counts as broken."""
    refusals: int = 30
    """Refused requests within a minute after which nothing is decided until it is over; a class sets it in its `tools` section."""
