"""Address space: what is public, and whether a set of networks touches or covers it.

"Public" is every address outside private use; a set of networks covers it when nothing public is left over, however it is
split (`0.0.0.0/1` with `128.0.0.0/1`, or a thousand pieces).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any, Final

from containment.model.fqdn import Match
from containment.model.names import RFC1918

Network = IPv4Network | IPv6Network

PRIVATE: Final[tuple[Network, ...]] = (
    *RFC1918,
    IPv4Network("100.64.0.0/10"),  # RFC 6598, carrier-grade NAT
    IPv4Network("127.0.0.0/8"),
    IPv4Network("169.254.0.0/16"),  # RFC 3927, link-local
    IPv6Network("::1/128"),
    IPv6Network("fc00::/7"),  # RFC 4193
    IPv6Network("fe80::/10"),
)
"""Space that is nobody's on the internet."""


def _without(block: IPv4Network, hole: IPv4Network) -> Iterable[IPv4Network]:
    return block.address_exclude(hole) if hole.subnet_of(block) else [block]


def _public() -> tuple[IPv4Network, ...]:
    left = [IPv4Network("0.0.0.0/0")]
    for hole in PRIVATE:
        left = [part for block in left for part in _without(block, hole)] if isinstance(hole, IPv4Network) else left
    return tuple(left)


PUBLIC: Final = _public()
"""Every public IPv4 address, as networks."""


def parse(value: Any) -> Network | None:
    """Return the network a literal names, None when it is unknown or no network."""
    return _parse(value) if isinstance(value, str) else None


@lru_cache(maxsize=4096)
def _parse(text: str) -> Network | None:
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def within(network: Network, others: Iterable[Network]) -> bool:
    """Tell whether a network lies inside the union of others."""
    same = [other for other in others if other.version == network.version]
    return any(network.subnet_of(other) for other in _merged(tuple(same)))


@lru_cache(maxsize=4096)
def _merged(networks: tuple[Network, ...]) -> tuple[Any, ...]:
    return tuple(collapse_addresses(networks))


def is_public(network: Network) -> bool:
    """Tell whether a network has at least one public address."""
    return not within(network, PRIVATE)


def covers_public(networks: Iterable[Network]) -> bool:
    """Tell whether networks together hold every public IPv4 address (private ones may be missing)."""
    held = [network for network in networks if isinstance(network, IPv4Network)]
    return within(IPv4Network("0.0.0.0/0"), [*held, *(one for one in PRIVATE if isinstance(one, IPv4Network))])


def touches_public(value: Any) -> Match:
    """Tell whether a CIDR literal has public addresses; what is unknown or unreadable may."""
    network = parse(value)
    if network is None:
        return Match.MAYBE
    return Match.YES if is_public(network) else Match.NO
