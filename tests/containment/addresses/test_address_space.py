"""Address space: networks are compared as the union of their addresses, however they are split."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from containment.addresses.address_space import (
    PRIVATE,
    PUBLIC,
    Network,
    count_addresses,
    has_public_addresses,
    has_whole_public_space,
    is_inside,
    is_public,
)
from containment.ternary import Ternary

Networks: TypeAlias = list[IPv4Network]
SMALL = st.builds(lambda first, bits: ip_network((0x0A000000 + first, 32 - bits), strict=False), st.integers(0, 31), st.integers(0, 4))
"""Networks inside 10.0.0.0/27, whose addresses can be enumerated."""


@given(SMALL, st.lists(SMALL, max_size=6))
def test_a_network_is_within_others_exactly_when_each_of_its_addresses_is(network: IPv4Network, others: Networks) -> None:
    assert is_inside(network, others) is all(any(address in other for other in others) for address in network)


@given(st.lists(SMALL, max_size=6))
def test_addresses_are_counted_once(networks: Networks) -> None:
    assert count_addresses(networks) == len({address for network in networks for address in network})


def test_public_and_private_space_together_are_everything_and_share_nothing() -> None:
    assert is_inside(IPv4Network("0.0.0.0/0"), [*PUBLIC, *PRIVATE])
    assert all(is_public(network) and not any(network.overlaps(one) for one in PRIVATE if one.version == 4) for network in PUBLIC)


def test_pieces_of_public_space_cover_it_and_one_missing_address_does_not() -> None:
    halves: list[Network] = [IPv4Network("0.0.0.0/1"), IPv4Network("128.0.0.0/1")]
    assert has_whole_public_space(halves)
    assert has_whole_public_space(PUBLIC)
    assert not has_whole_public_space([IPv4Network("0.0.0.0/1"), *IPv4Network("128.0.0.0/1").address_exclude(IPv4Network("192.0.2.1/32"))])


def test_an_ipv6_network_is_not_within_ipv4_space_of_the_same_numbers() -> None:
    assert not is_inside(IPv6Network("::a00:0/128"), [IPv4Network("10.0.0.0/8")])


def test_what_is_no_network_may_be_public() -> None:
    assert has_public_addresses("not a network") is has_public_addresses(None) is Ternary.MAYBE
    assert has_public_addresses("10.0.0.0/8") is Ternary.NO
    assert has_public_addresses("0.0.0.0/0") is Ternary.YES
