"""Port ranges of TCP and UDP."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PortRange:
    """TCP or UDP ports, both ends included."""

    low: int
    high: int

    def __post_init__(self) -> None:
        assert 0 <= self.low <= self.high <= 65535, f"{self.low}-{self.high} is not a port range"

    def __contains__(self, port: int) -> bool:
        return self.low <= port <= self.high

    def __str__(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"
