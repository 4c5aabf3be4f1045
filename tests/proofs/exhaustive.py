"""Exhaustive enumeration: every flow of the small world, every reading and every choice of unknowns, first match each.

Written apart from the analyser and from `decide`, on bit sets over listed points: the points of each dimension are
listed, what a rule says of each is asked one by one, and points that no rule tells apart are then counted once.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from containment.addresses.port_range import PortRange
from containment.policy.rules import CidrSelector, OpaqueSelector, Rule, RuleSet, SmartGroup, TagSelector
from tests.proofs.generate import NETWORKS, PATTERNS, PORTS, TAGS

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network] | None
Tags = Mapping[str, str] | None


def _edges() -> list[Address]:
    found: set[Address] = {ip_address("0.0.0.0"), ip_address("255.255.255.255"), ip_address("::"), ip_address("ffff::")}
    for text in NETWORKS:
        network = ip_network(text)
        top = 2**network.max_prefixlen - 1
        low, high = int(network[0]), int(network[-1])
        kind: Any = IPv4Address if network.version == 4 else IPv6Address
        found |= {kind(number) for number in (low - 1, low, high, high + 1) if 0 <= number <= top}
    return sorted(found, key=lambda one: (one.version, int(one)))


ADDRESSES = _edges()
LONGEST_NAME = 9


def _names() -> list[str]:
    """Return one name for each way the generator's patterns can match a name, of all names of up to nine characters.

    Names that every pattern has read equally far go on alike: of those of one length the first is kept.
    """
    apexes = {text[2:] for text in PATTERNS if text.startswith("*.")}
    found: dict[tuple[Any, ...], str] = {}
    begun: dict[Any, tuple[str, list[frozenset[int]]]] = {None: ("", [_starred(text, {0}) for text in PATTERNS])}
    for _ in range(LONGEST_NAME):
        longer: dict[Any, tuple[str, list[frozenset[int]]]] = {}
        for (start, read), char in itertools.product(begun.values(), "abx."):
            name = start + char
            if char == "." and (not start or start.endswith(".")):
                continue
            after = [
                _starred(text, {at + (text[at] != "*") for at in places if text[at : at + 1] in ("*", char)})
                for text, places in zip(PATTERNS, read, strict=True)
            ]
            longer.setdefault((char == ".", name if any(apex.startswith(name) for apex in apexes) else "", *after), (name, after))
        for name, read in longer.values():
            if not name.endswith("."):
                signature = (name if name in apexes else "", *(len(text) in places for text, places in zip(PATTERNS, read, strict=True)))
                found.setdefault(signature, name)
        begun = longer
    return list(found.values())


def _starred(text: str, places: Iterable[int]) -> frozenset[int]:
    """Return places in a pattern, and those that are as far because a star matches nothing, too."""
    found: set[int] = set()
    for place in places:
        found.add(place)
        while text[place : place + 1] == "*":
            place += 1
            found.add(place)
    return frozenset(found)


NAMES = _names()
DNS_OVER_TLS = 853
_EDGES = {port + shift for pair in (*PORTS, (DNS_OVER_TLS,)) for port in pair for shift in (-1, 0, 1)}
PORT_POINTS = sorted(port for port in _EDGES if 0 <= port <= 65535)
TRANSPORTS: list[tuple[str, int | None]] = [(kind, port) for kind in ("TCP", "UDP") for port in PORT_POINTS] + [
    ("ICMP", None),
    ("other", None),
]
CLAIMS = ("tls", "tls forged", "tls bare", "http", "http bare", "other")
TAG_POINTS = [dict(zip(("Role", "Stack"), values, strict=True)) for values in itertools.product(("agent", "other", "-"), ("s", "t", "-"))]
assert all(tags.items() <= {"Role": "agent", "Stack": "s"}.items() or "t" in tags.values() or "other" in tags.values() for tags in TAGS)


@functools.cache
def name_bits(pattern: str, apex: bool) -> int:
    """Return which listed names a pattern matches, as bits."""
    regex = re.compile(re.escape(pattern).replace(r"\*", ".*"))
    bare = pattern[2:] if apex and pattern.startswith("*.") and "*" not in pattern[2:] else None
    return sum(1 << index for index, name in enumerate(NAMES) if regex.fullmatch(name) or name == bare)


def choices(rules: Sequence[tuple[RuleSet, Rule]], side: str) -> Iterator[frozenset[str]]:
    """Yield every choice of unknown members on one side; the sides are independent of each other."""
    found = sorted({what for ruleset, rule in rules for what in _unknowns(ruleset, rule, side)})
    for size in range(len(found) + 1):
        yield from map(frozenset, itertools.combinations(found, size))


def _unknowns(ruleset: RuleSet, rule: Rule, side: str) -> Iterator[str]:
    if side == "web":
        for name in rule.web_groups:
            yield from (pattern.text for pattern in ruleset.web_groups[name].unsure)
            yield from map(str, ruleset.web_groups[name].urls)
        return
    for name in getattr(rule, side):
        group = ruleset.smart_groups[name]
        for selector in group.selectors:
            if isinstance(selector, OpaqueSelector):
                yield "six" if group.name == "Public Internet" else selector.description
            elif isinstance(selector, TagSelector) and side == "destinations":
                yield repr(sorted(selector.tags.items()))


SOURCES = list(itertools.product(ADDRESSES, TAG_POINTS))


@functools.cache
def _addresses_in(network: Any) -> int:
    """Return which listed addresses are in a network, as bits; None is Public Internet's IPv4 part, 6 is all of IPv6."""
    if network is None:
        blocks = [ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
        return _bits(address.version == 4 and not any(address in block for block in blocks) for address in ADDRESSES)
    return _bits(address.version == 6 if network == 6 else address in network for address in ADDRESSES)


@functools.cache
def _sources_in(network: Any) -> int:
    held = _addresses_in(network)
    return _bits(bool(held >> index // len(TAG_POINTS) & 1) for index in range(len(SOURCES)))


@functools.cache
def _sources_with(tags: tuple[tuple[str, str], ...]) -> int:
    return _bits(dict(tags).items() <= held.items() for _, held in SOURCES)


def _bits(answers: Iterable[bool]) -> int:
    return sum(1 << index for index, answer in enumerate(answers) if answer)


ALL_ADDRESSES, ALL_SOURCES = (1 << len(ADDRESSES)) - 1, (1 << len(SOURCES)) - 1


def _in_group(group: SmartGroup, unknown: frozenset[str]) -> int:
    """Return which destinations are in a group, as bits; tags of a destination are among the unknowns."""
    return _union(group, unknown, _addresses_in, lambda tags: -1 if repr(sorted(tags.items())) in unknown else 0) & ALL_ADDRESSES


def _source_in_group(group: SmartGroup, unknown: frozenset[str]) -> int:
    """Return which sources (address by tags) are in a group, as bits."""
    return _union(group, unknown, _sources_in, lambda tags: _sources_with(tuple(sorted(tags.items())))) & ALL_SOURCES


def _union(group: SmartGroup, unknown: frozenset[str], networks: Callable[[Any], int], tags: Callable[[Any], int]) -> int:
    if group.name == "Public Internet":
        return networks(None) | (networks(6) if "six" in unknown else 0)
    out = 0
    for selector in group.selectors:
        if isinstance(selector, CidrSelector):
            out |= networks(selector.network)
        elif isinstance(selector, TagSelector):
            out |= tags(selector.tags)
        else:
            out |= -1 if selector.description in unknown else 0
    return out


def _transport_bits(protocol: str, ports: tuple[PortRange, ...], named: bool) -> int:
    out = 0
    for index, (kind, port) in enumerate(TRANSPORTS):
        if protocol not in ("ANY", kind) or (named and kind != "TCP"):
            continue
        if ports and (port is None or not any(one.low <= port <= one.high for one in ports)):
            continue
        out |= 1 << index
    return out


Cells = dict[tuple[int, ...], int]


class Universe:
    """Every cell of one or more policies: which rules match, rules of later policies behind those of earlier ones."""

    def __init__(
        self, *rulesets: RuleSet, extra: Sequence[tuple[RuleSet, Rule]] = (), sources: Sequence[tuple[Networks, Tags]] = ((None, None),)
    ) -> None:
        """`sources` are networks and exact tags of the flows there are, None: any."""
        rules = [(ruleset, rule) for ruleset in rulesets for rule in ruleset.rules] + list(extra)
        self.source, self.destination, self.claims = dict[int, bool](), dict[int, bool](), dict[tuple[int, str], int]()
        among = sources_among(sources)
        for unknown in choices(rules, "sources"):
            held = [self._groups(pair, "sources", unknown, _source_in_group) for pair in rules]
            for one in _classes(among, held):
                self.source[one] = self.source.get(one, False) or not unknown
        for unknown in choices(rules, "destinations"):
            for one in _classes(ALL_ADDRESSES, [self._groups(pair, "destinations", unknown, _in_group) for pair in rules]):
                self.destination[one] = self.destination.get(one, False) or not unknown
        transports = [_transport_bits(rule.protocol.value, rule.ports, bool(rule.web_groups)) for _, rule in rules]
        self.transport = {(_held(transports, at), kind) for at, (kind, _) in enumerate(TRANSPORTS)}
        for request, apex in itertools.product(choices(rules, "web"), (False, True)):
            self._add_claims(rules, request, apex)

    def _add_claims(self, rules: Sequence[tuple[RuleSet, Rule]], request: frozenset[str], apex: bool) -> None:
        every = (1 << len(NAMES)) - 1
        tls_only = sum(1 << index for index, (_, rule) in enumerate(rules) if rule.tls_required)
        for kind in ("tls", "http"):
            names = [self._names(pair, request, apex, kind) for pair in rules]
            unnamed = sum(1 << index for index, bits in enumerate(names) if bits is None)
            bare = unnamed | sum(1 << index for index, pair in enumerate(rules) if self._takes_bare(pair, request))
            takes = -1 if kind == "tls" else ~tls_only
            named = {held & takes for held in _classes(every, [every if bits is None else bits for bits in names])}
            found = {(held, claim) for held in named for claim in ((kind, "tls forged") if kind == "tls" else (kind,))}
            for said in found | {(bare & takes, f"{kind} bare"), (unnamed & ~tls_only, "other")}:
                self.claims[said] = self.claims.get(said, 0) | (2 if apex else 1) * (1 if request else 5)

    @staticmethod
    def _groups(pair: tuple[RuleSet, Rule], side: str, unknown: frozenset[str], ask: Callable[[SmartGroup, frozenset[str]], int]) -> int:
        ruleset, rule = pair
        out = 0
        for name in getattr(rule, side):
            out |= ask(ruleset.smart_groups[name], unknown)
        return out

    @staticmethod
    def _names(pair: tuple[RuleSet, Rule], request: frozenset[str], apex: bool, kind: str) -> int | None:
        ruleset, rule = pair
        if not rule.web_groups:
            return None
        out = 0
        for name in rule.web_groups:
            group = ruleset.web_groups[name]
            for pattern in (*group.patterns, *(one for one in group.unsure if one.text in request)):
                out |= name_bits(pattern.text, apex)
            for url in group.urls:
                if str(url) in request and (kind == "http" or rule.decrypts):
                    out |= name_bits(url.host.text, apex)
        return out

    @staticmethod
    def _takes_bare(pair: tuple[RuleSet, Rule], request: frozenset[str]) -> bool:
        ruleset, rule = pair
        groups = [ruleset.web_groups[name] for name in rule.web_groups]
        return any(one.text == "*" for group in groups for one in group.patterns) or (
            "*" in request and any(one.text == "*" for group in groups for one in group.unsure)
        )

    def cells(self) -> dict[tuple[int, bool], int]:
        """Return every cell: rules that match, whether the name is forged -> how it comes about.

        As bits: 1 apex under its wildcard out, 2 in; 4 and 8 the same with no unknown taken to hold.
        """
        ends: dict[int, bool] = {}
        for (source, one), (destination, two) in itertools.product(self.source.items(), self.destination.items()):
            ends[source & destination] = ends.get(source & destination, False) or (one and two)
        hows: dict[tuple[int, bool], int] = {}
        for held, carrier in self.transport:
            for (said, claim), readings in self.claims.items():
                if carrier == "TCP" or claim == "other" or (carrier == "UDP" and claim.startswith("tls")):
                    how = (held & said, claim == "tls forged")
                    hows[how] = hows.get(how, 0) | readings
        out: dict[tuple[int, bool], int] = {}
        for (how, forged), readings in hows.items():
            for end, plain in ends.items():
                cell = (end & how, forged)
                out[cell] = out.get(cell, 0) | (readings if plain else readings & 3)
        return out


def sources_among(sources: Sequence[tuple[Networks, Tags]]) -> int:
    """Return which listed sources are in some of the networks and carry exactly the tags, as bits."""
    out = 0
    for networks, tags in sources:
        held = ALL_SOURCES if networks is None else 0
        for network in networks or ():
            held |= _sources_in(network)
        wanted = None if tags is None else {key: tags.get(key, "-") for key in ("Role", "Stack")}
        out |= held & (ALL_SOURCES if wanted is None else _bits(carried == wanted for _, carried in SOURCES))
    return out


def _held(sets: Sequence[int], at: int) -> int:
    return sum(1 << index for index, bits in enumerate(sets) if bits >> at & 1)


def _classes(points: int, sets: Sequence[int]) -> set[int]:
    """Return the distinct signatures of points (bits), by splitting the points with each set in turn."""
    parts = [(points, 0)]
    for index, held in enumerate(sets):
        split = []
        for members, signature in parts:
            if inside := members & held:
                split.append((inside, signature | 1 << index))
            if outside := members & ~held:
                split.append((outside, signature))
        parts = split
    return {signature for _, signature in parts}


def decided(ruleset: RuleSet, matching: int, forged: bool, watched: str, first: int = 0) -> tuple[str | None, bool]:
    """Return the deciding rule's name (None: default action) and whether the flow is let through; `watched` as in `view.Watched`."""
    for index, rule in enumerate(ruleset.rules):
        if not matching >> (first + index) & 1 or rule.disabled:
            continue
        if rule.watch and watched == "FALLS":
            continue
        if rule.watch and watched == "ENDS":
            return rule.name, True
        return rule.name, rule.action.permits and not (forged and rule.verify_sni)
    return None, ruleset.default_action.permits
