"""Equivalence classes of addresses, by the groups that contain them for certain or perhaps.

SmartGroups are evaluated as in `decide`: CIDRs are exact, Public Internet is every IPv4 address outside RFC 1918
(undocumented for IPv6), and whether an address belongs to a member selected by tags or labels is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from typing import Final

from containment.addresses.address_ranges import (
    Range,
    convert_to_networks,
    get_range,
    intersect_ranges,
    invert_ranges,
    merge_ranges,
    split_into_segments,
)
from containment.analysis.classes.dimension import EquivalenceClass, Option
from containment.names import RFC1918
from containment.policy.rules import PUBLIC_INTERNET, Address, CidrSelector, Network, OpaqueSelector, Selector, SmartGroup, TagSelector

TOP: Final = {4: (1 << 32) - 1, 6: (1 << 128) - 1}
_PUBLIC: Final = invert_ranges(map(get_range, RFC1918), 0, TOP[4])
_PUBLIC_SIX: Final = "an IPv6 address in Public Internet"
_SAMPLES: Final = {4: tuple(map(int, map(IPv4Address, ("203.0.113.10", "10.255.0.10")))), 6: (int(IPv6Address("2001:db8::10")),)}
"""Addresses that readers recognize as examples (RFC 5737, RFC 3849); preferred as a class's member."""


@dataclass(frozen=True, slots=True)
class AddressMembership:
    """The addresses of a set of groups: exact ranges by IP version, and the names of unknowns by IP version."""

    ranges: dict[int, list[Range]]
    unknowns: dict[int, list[str]]


def describe_selector(selector: Selector) -> str:
    """Return the name of a selector's unknown: equal selectors are the same unknown in every group."""
    if isinstance(selector, OpaqueSelector):
        return selector.description
    assert isinstance(selector, TagSelector), selector
    return "a VM with " + " and ".join(f"{key}={value}" for key, value in sorted(selector.tags.items()))


def collect_addresses(groups: Iterable[SmartGroup]) -> AddressMembership:
    """Return the addresses of a union of groups, with tags and labels as unknowns."""
    ranges: dict[int, list[Range]] = {4: [], 6: []}
    unknowns: dict[int, list[str]] = {4: [], 6: []}
    for group in groups:
        if group == PUBLIC_INTERNET:
            ranges[4] += _PUBLIC
            unknowns[6].append(_PUBLIC_SIX)
            continue
        for selector in group.selectors:
            if isinstance(selector, CidrSelector):
                ranges[selector.network.version].append(get_range(selector.network))
            else:
                for version in (4, 6):
                    unknowns[version].append(describe_selector(selector))
    return AddressMembership(ranges, unknowns)


def get_public_networks() -> list[IPv4Network]:
    """Return the networks of Public Internet's IPv4 part."""
    return convert_to_networks(_PUBLIC)


def make_address(version: int, number: int) -> Address:
    """Return an address from its number."""
    return IPv4Address(number) if version == 4 else IPv6Address(number)


def build_address_classes(
    parts: Sequence[tuple[SmartGroup, ...]], masks: Sequence[int], within: Sequence[Network] | None = None, marks: int = 0
) -> list[EquivalenceClass[Address]]:
    """Return the classes of addresses.

    Args:
        parts: Distinct sets of groups.
        masks: For each part the boxes that have it, as bits.
        within: The networks to cover; None for all addresses.
        marks: Bits that every class carries.
    """
    holdings = [collect_addresses(part) for part in parts]
    kinds: list[EquivalenceClass[Address]] = []
    for version in (4, 6):
        limits = None if within is None else merge_ranges(get_range(network) for network in within if network.version == version)
        if limits == []:
            continue
        found: dict[int, Address] = {}
        for low, high, held in split_into_segments([holding.ranges[version] for holding in holdings], 0, TOP[version]):
            for first, last in [(low, high)] if limits is None else intersect_ranges([(low, high)], limits):
                _keep_member(found, held, version, first, last)
        unknowns: dict[str, int] = {}
        for holding, mask in zip(holdings, masks, strict=True):
            for what in holding.unknowns[version]:
                unknowns[what] = unknowns.get(what, 0) | mask
        options = tuple(Option(bits, what) for what, bits in sorted(unknowns.items()))
        kinds += [EquivalenceClass(expand_parts(held, masks) | marks, options, member) for held, member in found.items()]
    return kinds


def _keep_member(found: dict[int, Address], held: int, version: int, low: int, high: int) -> None:
    """Keep one member per class: an example address where the range has one, else preferably not a network's first address."""
    sample = next((number for number in _SAMPLES[version] if low <= number <= high), None)
    if held not in found or sample is not None:
        found[held] = make_address(version, sample if sample is not None else min(low + 10, high))


def expand_parts(parts: int, masks: Sequence[int]) -> int:
    """Return the boxes of a set of parts, as bits."""
    out = 0
    while parts:
        low = parts & -parts
        out |= masks[low.bit_length() - 1]
        parts ^= low
    return out
