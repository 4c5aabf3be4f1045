"""Addresses written as names: IPv4 in every spelling that resolvers and browsers accept, IPv6, and addresses inside labels.

A host "ends in a number" when its last label is digits or a hexadecimal number (WHATWG URL standard, "ends in a number
checker"; inet_aton(3)): software then reads the whole as an IPv4 address and looks up no name.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address

from containment.names import RFC1918

_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_QUAD = re.compile(r"(?:^|-)(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})(?:-|$)")
_OCTETS = 4
_PRIVATE = (*RFC1918, IPv4Network("100.64.0.0/10"))


def has_numeric_end(name: str) -> bool:
    """Return whether resolvers may read a name as an IPv4 address: its last label is a number."""
    return _NUMBER.fullmatch(name.rpartition(".")[2]) is not None


def parse_address(raw: str) -> IPv4Address | IPv6Address | None:
    """Parse a text that is an address, without brackets and zone; return None for any other text."""
    text = raw.strip().rstrip(".").removeprefix("*.").strip("[]").partition("%")[0]
    if ":" not in text and not text[-1:].isdigit():
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


def find_embedded_address(name: str) -> IPv4Address | None:
    """Return the IPv4 address that labels of a name spell, as in 203.0.113.66.example.com or ec2-203-0-113-66.example.com.

    Addresses of private networks (RFC 1918, RFC 6598) are left out: they reach no third party, and private networks
    name their machines like that.
    """
    labels = name.split(".")
    found = [_make_address(match.groups()) for label in labels for match in [_QUAD.search(label)] if match]
    found += [_make_address(labels[at : at + _OCTETS]) for at in range(len(labels) - _OCTETS + 1)]
    return next((one for one in found if one is not None and not any(one in network for network in _PRIVATE)), None)


def _make_address(octets: tuple[str, ...] | list[str]) -> IPv4Address | None:
    if not all(re.fullmatch(r"\d{1,3}", octet) and int(octet) < 256 for octet in octets):
        return None
    return IPv4Address(".".join(str(int(octet)) for octet in octets))
