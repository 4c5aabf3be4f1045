"""Number lines, transports, addresses and sources, each compared with a list of everything it speaks of."""

from __future__ import annotations

import itertools
import random
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from containment.addresses.address_ranges import invert_ranges, merge_ranges, split_into_segments
from containment.addresses.port_range import PortRange
from containment.analysis.classes.addresses import build_address_classes, get_public_networks
from containment.analysis.classes.sources import Sources, build_source_classes
from containment.analysis.classes.transports import build_transport_classes
from containment.names import Protocol
from containment.policy.flow import Carrier
from containment.policy.rules import PUBLIC_INTERNET, CidrSelector, OpaqueSelector, SmartGroup, TagSelector


def lines(rng: random.Random) -> None:
    """Ranges over twenty numbers, compared number by number."""
    sets = [[tuple(sorted((rng.randrange(20), rng.randrange(20)))) for _ in range(rng.randrange(4))] for _ in range(3)]
    held = [{number for low, high in ranges for number in range(low, high + 1)} for ranges in sets]
    for ranges, numbers in zip(sets, held, strict=True):
        found = merge_ranges(ranges)
        assert [number for low, high in found for number in range(low, high + 1)] == sorted(numbers)
        assert all(one[1] + 1 < two[0] for one, two in itertools.pairwise(found))
        low, high = sorted((rng.randrange(20), rng.randrange(20)))
        outside = invert_ranges(ranges, low, high)
        assert [number for one, two in outside for number in range(one, two + 1)] == sorted({*range(low, high + 1)} - numbers)
        assert all(one <= two for one, two in outside)
    top = rng.choice([19, 25, 12])
    pieces = list(split_into_segments(sets, 0, top))
    assert [number for low, high, _ in pieces for number in range(low, high + 1)] == [*range(top + 1)]
    for low, high, bits in pieces:
        assert low <= high
        assert all((bits >> index & 1) == (number in numbers) for index, numbers in enumerate(held) for number in range(low, high + 1))


def transports(rng: random.Random) -> None:
    """Protocols and ports, compared at every port where something can change."""
    edges = [0, 1, 22, 52, 53, 79, 80, 442, 443, 444, 8443, 65534, 65535]
    parts = []
    for _ in range(rng.randint(1, 4)):
        kind = rng.choice([Protocol.TCP, Protocol.UDP, Protocol.ICMP, Protocol.ANY])
        ranges = [PortRange(*sorted(rng.choices(edges, k=2))) for _ in range(rng.randrange(3))]
        parts.append((kind, tuple(ranges) if kind is not Protocol.ICMP else (), rng.random() < 0.3))
    marks: dict[Protocol | Carrier, int] = {Protocol.TCP: 1 << 8, Protocol.UDP: 1 << 9, Protocol.ICMP: 1 << 10, Carrier.OTHER: 1 << 11}

    def bits_at(kind: Protocol | Carrier, port: int | None) -> int:
        out = marks[kind]
        for index, (protocol, ranges, named) in enumerate(parts):
            fits_port = not ranges or (port is not None and any(one.low <= port <= one.high for one in ranges))
            out |= 1 << index if protocol in (Protocol.ANY, kind) and fits_port and (not named or kind is Protocol.TCP) else 0
        return out

    points = {max(0, min(65535, edge + shift)) for edge in edges for shift in (-1, 0, 1)}
    listed = {bits_at(kind, port) for kind in (Protocol.TCP, Protocol.UDP) for port in points}
    listed |= {bits_at(kind, None) for kind in (Protocol.ICMP, Carrier.OTHER)}
    kinds = build_transport_classes(parts, [1 << index for index in range(len(parts))], marks)
    assert {kind.bits for kind in kinds} == listed
    for kind in kinds:
        assert bits_at(kind.member.protocol, kind.member.port) == kind.bits
        familiar = [port for port in (443, 80, 53, 22, 8443) if bits_at(kind.member.protocol, port) == kind.bits]
        assert not familiar or kind.member.port in familiar or kind.member.port is None, "an example is a port that people know"


NETWORKS = [ip_network(text) for text in ("10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "172.16.0.0/12", "192.168.0.0/16", "203.0.113.0/24",
            "0.0.0.0/0", "8.8.8.8/32", "2001:db8::/32", "2001:db8:1::/48", "::/0", "255.255.255.255/32", "0.0.0.0/32",
            "203.0.113.10/32", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128")]  # fmt: skip
TAGS = ({"a": "1"}, {"a": "1", "b": "2"}, {"b": "2"}, {"a": "3"}, {"b": "4", "a": "1"})
CHOSEN = [dict(pairs) for pairs in ((), (("a", "1"),), (("a", "3"),), (("b", "2"),), (("b", "4"),), (("a", "1"), ("b", "2")),
          (("a", "3"), ("b", "2")), (("a", "1"), ("b", "4")), (("a", "3"), ("b", "4")))]  # fmt: skip


def points() -> set[IPv4Address | IPv6Address]:
    """Return both ends of every network, and what lies just outside."""
    out: set[IPv4Address | IPv6Address] = set()
    for network in NETWORKS:
        out |= {network[0], network[-1]}
        out |= {ip_address(int(network[0]) - 1)} if int(network[0]) > 1 << 25 and network.version == 4 else set()
        out |= {network[-1] + 1} if int(network[-1]) + 1 < 1 << network.max_prefixlen else set()
        out |= {network[0] - 1} if network.version == 6 and int(network[0]) else set()
    return out


POINTS = points()


def some_groups(rng: random.Random) -> list[tuple[SmartGroup, ...]]:
    out = []
    for index in range(rng.randint(1, 4)):
        chosen: list[CidrSelector | TagSelector | OpaqueSelector] = [CidrSelector(rng.choice(NETWORKS)) for _ in range(rng.randrange(3))]
        chosen += [TagSelector(rng.choice(TAGS)) for _ in range(rng.randrange(2))]
        chosen += [OpaqueSelector(rng.choice(["a feed", "a label"]))] if rng.random() < 0.3 or not chosen else []
        group = SmartGroup(f"g{index}", tuple(chosen))
        out.append((group, PUBLIC_INTERNET) if rng.random() < 0.3 else (group,))
    return out


def holds(
    parts: list[tuple[SmartGroup, ...]], address: IPv4Address | IPv6Address, tags: dict[str, str] | None
) -> tuple[int, dict[str, int]]:
    """Return the parts an address with tags is in for certain, and for each unknown those it would add (tags None: an unknown)."""
    sure, unknown = 0, dict[str, int]()
    for index, part in enumerate(parts):
        for group in part:
            if group == PUBLIC_INTERNET:
                if address.version == 6:
                    unknown["an IPv6 address in Public Internet"] = unknown.get("an IPv6 address in Public Internet", 0) | 1 << index
                elif not any(address in ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")):
                    sure |= 1 << index
                continue
            for selector in group.selectors:
                if isinstance(selector, CidrSelector):
                    sure |= 1 << index if address in selector.network else 0
                elif isinstance(selector, TagSelector) and tags is not None:
                    sure |= 1 << index if selector.tags.items() <= tags.items() else 0
                else:
                    what = selector.description if isinstance(selector, OpaqueSelector) else "a VM with " + " and ".join(
                        f"{key}={value}" for key, value in sorted(selector.tags.items()))  # fmt: skip
                    unknown[what] = unknown.get(what, 0) | 1 << index
    return sure, unknown


def addresses(rng: random.Random) -> None:
    """Addresses in groups, among all or some networks."""
    parts = some_groups(rng)
    within = rng.choice([None, rng.sample(NETWORKS, 2)])
    masks = [1 << index for index in range(len(parts))]
    kinds = build_address_classes(parts, masks, within, 1 << 9)
    assert [kind.bits | 1 << 9 for kind in build_address_classes(parts, masks, within)] == [kind.bits for kind in kinds]
    assert all(kind.bits < 1 << len(parts) for kind in build_address_classes(parts, masks, within)), "without marks no class has one"
    among = [address for address in POINTS if within is None or any(address in network for network in within)]
    listed = {(sure | 1 << 9, frozenset(unknown.items())) for address in among for sure, unknown in (holds(parts, address, None),)}
    assert {(kind.bits, frozenset((one.what, one.bits) for one in kind.options)) for kind in kinds} == listed
    for kind in kinds:
        assert within is None or any(kind.member in network for network in within)
        assert holds(parts, kind.member, None)[0] | 1 << 9 == kind.bits
        for text in ("203.0.113.10", "10.255.0.10", "2001:db8::10"):
            sample = ip_address(text)
            alike = sample.version == kind.member.version and holds(parts, sample, None)[0] | 1 << 9 == kind.bits
            if alike and (within is None or any(sample in network for network in within)):
                assert str(kind.member) in ("203.0.113.10", "10.255.0.10", "2001:db8::10"), "an example is one that people know"
    for text, example in (("10.1.2.0/24", "10.1.2.10"), ("10.3.0.4/31", "10.3.0.5")):
        found = build_address_classes([(SmartGroup("one", (CidrSelector(ip_network(text)),)),)], [1])
        assert [str(kind.member) for kind in found if kind.bits] == [example], "an example looks like a host, and is in its network"
    assert all(ip_address(text) in get_public_networks()[0] or any(ip_address(text) in one for one in get_public_networks())
               for text in ("9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "255.255.255.255"))  # fmt: skip
    assert not any(ip_address(text) in one for one in get_public_networks() for text in ("10.0.0.0", "172.31.255.255", "192.168.0.1"))


def sources(rng: random.Random) -> None:
    """Addresses with tags in groups, of those asked about."""
    parts = some_groups(rng)
    wanted = [Sources(rng.choice([None, tuple(rng.sample(NETWORKS, 2))]), rng.choice([None, *CHOSEN])) for _ in range(rng.randint(1, 2))]
    masks = [1 << index for index in range(len(parts))]
    kinds = build_source_classes(parts, masks, wanted, 1 << 9)
    assert {kind.bits for kind in build_source_classes(parts, masks, wanted)} == {kind.bits & ~(1 << 9) for kind in kinds}

    def asked(address: IPv4Address | IPv6Address, tags: dict[str, str] | None) -> bool:
        return any(
            (one.networks is None or any(address in network for network in one.networks)) and (one.tags is None or one.tags == tags)
            for one in wanted
        )

    listed = set()
    for address, tags in itertools.product(POINTS, CHOSEN):
        if asked(address, tags):
            sure, unknown = holds(parts, address, tags)
            listed.add((sure | 1 << 9, frozenset(unknown.items())))
    assert {(kind.bits, frozenset((one.what, one.bits) for one in kind.options)) for kind in kinds} == listed
    for kind in kinds:
        address, carried = kind.member.address, dict(kind.member.tags or {})
        assert address is not None
        assert holds(parts, address, carried)[0] | 1 << 9 == kind.bits
        assert asked(address, carried)
