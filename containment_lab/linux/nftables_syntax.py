"""nftables syntax for networks and ports."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network

from containment.addresses.address_ranges import merge_ranges

ANY = IPv4Network("0.0.0.0/0")


def match_networks(what: str, networks: Iterable[IPv4Network]) -> str | None:
    """Return `ip saddr { ... } ` for networks, an empty text for all addresses, None for no networks."""
    listed = list(networks)
    if not listed:
        return None
    if ANY in listed:
        return ""
    return f"ip {what} {{ {', '.join(map(str, listed))} }} "


def match_ports(protocol: str, ranges: Iterable[tuple[int, int]]) -> str:
    """Return `tcp dport { ... } ` for port ranges, an empty text for all."""
    listed = [str(low) if low == high else f"{low}-{high}" for low, high in merge_ranges(ranges) if (low, high) != (0, 65535)]
    return f"{protocol} dport {{ {', '.join(listed)} }} " if listed else ""
