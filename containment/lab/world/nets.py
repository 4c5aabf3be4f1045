"""How networks and ports are written in nftables' own words."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network

ANY = IPv4Network("0.0.0.0/0")


def match(what: str, networks: Iterable[IPv4Network]) -> str | None:
    """Return `ip saddr { ... } ` for networks, an empty text for every address, None for no address at all."""
    listed = list(networks)
    if not listed:
        return None
    if ANY in listed:
        return ""
    return f"ip {what} {{ {', '.join(map(str, listed))} }} "


def ports(protocol: str, ranges: Iterable[tuple[int, int]]) -> str:
    """Return `tcp dport { ... } ` for port ranges, an empty text for all."""
    listed = [str(low) if low == high else f"{low}-{high}" for low, high in _merged(ranges) if (low, high) != (0, 65535)]
    return f"{protocol} dport {{ {', '.join(listed)} }} " if listed else ""


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if out and low <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return out
