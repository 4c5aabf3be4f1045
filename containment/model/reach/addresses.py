"""Classes of addresses: which groups hold an address, and where that is not known.

Owns what a SmartGroup says about an address, the same as `decide`: CIDRs are exact, Public Internet is every IPv4
address outside RFC 1918 (undocumented for IPv6), members that carry tags or labels are unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, summarize_address_range
from typing import Final

from containment.model.names import RFC1918
from containment.model.reach.dimension import Kind, Option
from containment.model.reach.sweep import Range, complement, merged, stretches
from containment.model.ruleset import PUBLIC_INTERNET, Address, CidrSelector, Network, OpaqueSelector, Selector, SmartGroup, TagSelector

TOP: Final = {4: (1 << 32) - 1, 6: (1 << 128) - 1}
_PUBLIC: Final = complement([(int(block[0]), int(block[-1])) for block in RFC1918], 0, TOP[4])
_PUBLIC_SIX: Final = "an IPv6 address in Public Internet"
_SAMPLES: Final = {4: tuple(map(int, map(IPv4Address, ("203.0.113.10", "10.255.0.10")))), 6: (int(IPv6Address("2001:db8::10")),)}
"""Addresses a person takes for an example (RFC 5737, RFC 3849); preferred as a class's member."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What one set of groups says of addresses: ranges by IP version, and unknowns by IP version (or both)."""

    ranges: dict[int, list[Range]]
    unknowns: dict[int, list[str]]


def label_of(selector: Selector) -> str:
    """Return one unknown's name: the same selector is the same unknown wherever it stands."""
    if isinstance(selector, OpaqueSelector):
        return selector.description
    assert isinstance(selector, TagSelector), selector
    return "a VM with " + " and ".join(f"{key}={value}" for key, value in sorted(selector.tags.items()))


def holding_of(groups: Iterable[SmartGroup]) -> Holding:
    """Return what a union of groups says of an address of which nothing else is known."""
    ranges: dict[int, list[Range]] = {4: [], 6: []}
    unknowns: dict[int, list[str]] = {4: [], 6: []}
    for group in groups:
        if group == PUBLIC_INTERNET:
            ranges[4] += _PUBLIC
            unknowns[6].append(_PUBLIC_SIX)
            continue
        for selector in group.selectors:
            if isinstance(selector, CidrSelector):
                ranges[selector.network.version].append(range_of(selector.network))
            else:
                for version in (4, 6):
                    unknowns[version].append(label_of(selector))
    return Holding(ranges, unknowns)


def public_networks() -> list[IPv4Network]:
    """Return the networks of Public Internet's IPv4 part."""
    return [net for low, high in _PUBLIC for net in summarize_address_range(IPv4Address(low), IPv4Address(high))]


def range_of(network: Network) -> Range:
    """Return the first and last address of a network, as numbers."""
    return int(network.network_address), int(network.broadcast_address)


def address_of(version: int, number: int) -> Address:
    """Return an address from its number."""
    return IPv4Address(number) if version == 4 else IPv6Address(number)


def address_kinds(
    parts: Sequence[tuple[SmartGroup, ...]], masks: Sequence[int], within: Sequence[Network] | None = None, marks: int = 0
) -> list[Kind[Address]]:
    """Return the classes of addresses: part i stands for the boxes `masks[i]`; `within` limits them to some networks.

    `marks` are bits that every class carries.
    """
    holdings = [holding_of(part) for part in parts]
    kinds: list[Kind[Address]] = []
    for version in (4, 6):
        limits = None if within is None else merged(range_of(network) for network in within if network.version == version)
        if limits == []:
            continue
        found: dict[int, Address] = {}
        for low, high, held in stretches([holding.ranges[version] for holding in holdings], 0, TOP[version]):
            for first, last in [(low, high)] if limits is None else _cut(low, high, limits):
                _remember(found, held, version, first, last)
        unknowns: dict[str, int] = {}
        for holding, mask in zip(holdings, masks, strict=True):
            for what in holding.unknowns[version]:
                unknowns[what] = unknowns.get(what, 0) | mask
        options = tuple(Option(bits, what) for what, bits in sorted(unknowns.items()))
        kinds += [Kind(spread(held, masks) | marks, options, member) for held, member in found.items()]
    return kinds


def _cut(low: int, high: int, limits: Iterable[Range]) -> list[Range]:
    return [(max(low, start), min(high, end)) for start, end in limits if start <= high and end >= low]


def _remember(found: dict[int, Address], held: int, version: int, low: int, high: int) -> None:
    """Keep one member of a class: an example address if it holds one, else not the first of a network if that can be."""
    sample = next((number for number in _SAMPLES[version] if low <= number <= high), None)
    if held not in found or sample is not None:
        found[held] = address_of(version, sample if sample is not None else min(low + 10, high))


def spread(parts: int, masks: Sequence[int]) -> int:
    """Return the boxes that a set of parts stands for."""
    out = 0
    while parts:
        low = parts & -parts
        out |= masks[low.bit_length() - 1]
        parts ^= low
    return out
