"""Addresses that a connection may go to: public ones, and private ones of the networks that the profile lists.

Rules kept here:
- loopback, link-local, multicast and the other special-purpose ranges (RFC 6890) are refused, whatever the profile lists;
- a metadata address of a cloud is refused, also one that lies in a private or public range;
- an IPv6 address outside of global unicast space is refused, so that no range is public because a registry is new.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from containment.addresses.address_space import find_special_range
from containment.local_proxy.rules.destination import Address
from containment.names import RFC1918

METADATA: Final = {
    ip_address("169.254.169.254"): "the metadata service of the cloud",
    ip_address("fd00:ec2::254"): "the metadata service of AWS",
    ip_address("169.254.170.2"): "the credentials of AWS tasks",
    ip_address("fd00:ec2::23"): "the credentials of EKS pods",
    ip_address("100.100.100.200"): "the metadata service of Alibaba Cloud",
    ip_address("168.63.129.16"): "the wire server of Azure",
    ip_address("192.0.0.192"): "the metadata service of Oracle Cloud",
}
"""Addresses of services that give credentials to every client."""
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_UNIQUE_LOCAL: Final = IPv6Network("fc00::/7")
_PRIVATE: Final[tuple[IPv4Network | IPv6Network, ...]] = (*RFC1918, IPv4Network("100.64.0.0/10"), _UNIQUE_LOCAL)
"""Ranges of organizations, which a profile can list."""


def explain_refusal(address: Address, networks: Iterable[IPv4Network | IPv6Network]) -> str | None:
    """Return why no connection may go to an address, None when it may.

    Args:
        address: the address.
        networks: the networks beyond public addresses that are permitted.
    """
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return explain_refusal(address.ipv4_mapped, networks)
    if service := METADATA.get(address):
        return f"{address} is {service}"
    single = ip_network(address)
    if any(address in one for one in _PRIVATE if one.version == address.version):
        if is_inside(address, networks):
            return None
        return f"{address} is a private address that the profile does not list"
    if special := find_special_range(single):
        return f"{address} is in a special-purpose range: {special}"
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return f"{address} is outside of global unicast space, {_GLOBAL_UNICAST}"
    return None


def is_inside(address: Address, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Return whether an address lies in one of some networks."""
    return any(address in one for one in networks if one.version == address.version)
