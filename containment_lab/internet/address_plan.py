"""Address plan of the simulated internet: one address per name; the attacker and well-known resolvers have fixed ones.

Addresses are from test networks (RFC 5737, RFC 2544), except S3's, which are in the prefix list of the S3 endpoint, and those of ordinary
sites, which are in a public block: careful clients refuse names that resolve to a test network. Nothing leaves the lab.
"""

from __future__ import annotations

import hashlib
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

ATTACKER = IPv4Address("203.0.113.66")
ATTACKER_NETWORK = IPv4Network("203.0.113.0/24")
ATTACKER_V6 = IPv6Address("2001:db8:66::66")
ATTACKER_V6_NETWORK = IPv6Network("2001:db8:66::/48")
ATTACKER_ZONES = ("attacker.example", "evil.example", "example.com", "example.net", "example.org")
NEIGHBOUR_NETWORK = IPv4Network("10.200.0.0/24")
NEIGHBOUR = IPv4Address("10.200.0.10")
"""A host in the company's other networks, which the gateway has routes to; names are rebound to it."""
EXTERNAL_RESOLVERS = tuple(map(IPv4Address, ("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "208.67.222.222")))
_SITES = IPv4Network("11.19.0.0/17")
_AWS = IPv4Network("198.19.192.0/18")
S3_NETWORK = IPv4Network("52.216.0.0/16")


def is_attackers(name: str) -> bool:
    """Return whether a name is the attacker's: in one of the zones above, or under a reserved top-level domain for examples."""
    spelled = name.lower().rstrip(".")
    return any(spelled == zone or spelled.endswith(f".{zone}") for zone in ATTACKER_ZONES) or spelled.rpartition(".")[2] in (
        "example",
        "test",
    )


def is_aws(name: str) -> bool:
    """Return whether a name belongs to an AWS API."""
    return name.lower().rstrip(".").endswith(".amazonaws.com")


def find_address(name: str) -> IPv4Address:
    """Return the address of a name; it never changes."""
    spelled = name.lower().rstrip(".")
    if is_attackers(spelled):
        return ATTACKER
    if spelled == "dns.google":
        return EXTERNAL_RESOLVERS[0]
    if is_aws(spelled):
        first = spelled.removesuffix(".amazonaws.com").split(".")
        s3 = (
            any(label == "s3" or label.startswith("s3-") for label in first) and "s3-accelerate" not in first
        )  # an edge, outside S3's ranges
        return _pick_address(S3_NETWORK if s3 else _AWS, spelled)
    return _pick_address(_SITES, spelled)


def _pick_address(network: IPv4Network, name: str) -> IPv4Address:
    number = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % (network.num_addresses - 2) + 1
    return network.network_address + number
