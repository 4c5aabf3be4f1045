"""Public, private and special-purpose address space, and the bound on addresses permitted by CIDR.

Public is every address outside private use. Networks cover the public space when no public address is left over, however they are split
(`0.0.0.0/1` with `128.0.0.0/1`, or a thousand pieces). The configuration's checks and the policy pack use these values.
Special ranges are those of the IANA IPv4 and IPv6 Special-Purpose Address Registries and the multicast space. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

from containment.addresses.address_ranges import Range, convert_to_networks, count_numbers, get_range, invert_ranges, merge_ranges
from containment.names import RFC1918
from containment.ternary import Ternary

MOST_ADDRESSES: Final = 4096
"""The most private addresses outside the VPC that all permits without WebGroups together may reach: those of a /20.

`policypack/bounds.yaml` can raise it until a date (`containment.loaders.address_bound`)."""

SPECIAL: Final[dict[str, str]] = {
    "0.0.0.0/8": "this network, RFC 791",
    "100.64.0.0/10": "shared address space, RFC 6598",
    "127.0.0.0/8": "loopback, RFC 1122",
    "169.254.0.0/16": "link-local, RFC 3927",
    "192.0.0.0/24": "protocol assignments, RFC 6890",
    "192.0.2.0/24": "documentation, RFC 5737",
    "192.31.196.0/24": "AS112, RFC 7535",
    "192.52.193.0/24": "automatic multicast tunneling, RFC 7450",
    "192.88.99.0/24": "6to4 relay anycast, RFC 7526",
    "192.175.48.0/24": "AS112, RFC 7534",
    "198.18.0.0/15": "benchmarking, RFC 2544",
    "198.51.100.0/24": "documentation, RFC 5737",
    "203.0.113.0/24": "documentation, RFC 5737",
    "224.0.0.0/4": "multicast, RFC 5771",
    "240.0.0.0/4": "reserved, RFC 1112",
    "::/128": "unspecified, RFC 4291",
    "::1/128": "loopback, RFC 4291",
    "::ffff:0:0/96": "IPv4-mapped, RFC 4291",
    "64:ff9b::/96": "IPv4 translation, RFC 6052",
    "64:ff9b:1::/48": "local IPv4 translation, RFC 8215",
    "100::/64": "discard-only, RFC 6666",
    "100:0:0:1::/64": "dummy prefix, RFC 9780",
    "2001::/23": "protocol assignments, RFC 2928",
    "2001:db8::/32": "documentation, RFC 3849",
    "2002::/16": "6to4, RFC 3056",
    "2620:4f:8000::/48": "AS112, RFC 7534",
    "3fff::/20": "documentation, RFC 9637",
    "5f00::/16": "segment routing, RFC 9602",
    "fc00::/7": "unique local, RFC 4193",
    "fe80::/10": "link-local, RFC 4291",
    "ff00::/8": "multicast, RFC 4291",
}
"""Special-purpose ranges (IANA registries, RFC 6890) that belong neither to one organization nor to the public internet."""

Network = IPv4Network | IPv6Network

SPECIAL_NETWORKS: Final[dict[Network, str]] = {ip_network(text): name for text, name in SPECIAL.items()}


PRIVATE: Final[tuple[Network, ...]] = (
    *RFC1918,
    IPv4Network("100.64.0.0/10"),  # RFC 6598, carrier-grade NAT
    IPv4Network("127.0.0.0/8"),
    IPv4Network("169.254.0.0/16"),  # RFC 3927, link-local
    IPv6Network("::1/128"),
    IPv6Network("fc00::/7"),  # RFC 4193
    IPv6Network("fe80::/10"),
)
"""Networks in private use: none of their addresses is on the internet."""

_EVERY_IPV4: Final = IPv4Network("0.0.0.0/0")
_PRIVATE_IPV4: Final = tuple(network for network in PRIVATE if isinstance(network, IPv4Network))
PUBLIC: Final = tuple(convert_to_networks(invert_ranges(map(get_range, _PRIVATE_IPV4), *get_range(_EVERY_IPV4))))
"""Every public IPv4 address, as networks."""


def parse_network(value: Any) -> Network | None:
    """Parse a CIDR or an address; return None for an unknown value or one that is not a network."""
    return _parse(value) if isinstance(value, str) else None


@lru_cache(maxsize=4096)
def _parse(text: str) -> Network | None:
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def is_inside(network: Network, others: Iterable[Network]) -> bool:
    """Return whether a network lies inside the union of others."""
    first, last = get_range(network)
    return any(low <= first and last <= high for low, high in _merge_networks(network.version, tuple(others)))


@lru_cache(maxsize=4096)
def _merge_networks(version: int, networks: tuple[Network, ...]) -> tuple[Range, ...]:
    return tuple(merge_ranges(get_range(network) for network in networks if network.version == version))


def is_public(network: Network) -> bool:
    """Return whether a network has at least one public address."""
    return not is_inside(network, PRIVATE)


def has_whole_public_space(networks: Iterable[Network]) -> bool:
    """Return whether networks together contain every public IPv4 address (private ones may be missing)."""
    return is_inside(_EVERY_IPV4, (*networks, *PRIVATE))


def has_public_addresses(value: Any) -> Ternary:
    """Return whether a CIDR contains public addresses; MAYBE for one that is unknown or unreadable."""
    network = parse_network(value)
    return Ternary.MAYBE if network is None else Ternary.of(is_public(network))


def find_special_range(network: Network) -> str | None:
    """Return the name of the special range that contains a network, None when none does."""
    return next((name for block, name in SPECIAL_NETWORKS.items() if is_inside(network, (block,))), None)


def count_addresses(networks: Iterable[IPv4Network]) -> int:
    """Count the distinct addresses of networks."""
    return count_numbers(map(get_range, networks))
