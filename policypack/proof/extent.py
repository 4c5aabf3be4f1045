"""What a destination SmartGroup reaches: networks that it states, or members that only the Controller knows.

Only a `cidr` expression states addresses. Everything else (tags, VPC, subnet, account, region, site, feed, domain name) selects
members that change without any change of the program, so a permit to it cannot be bounded.
Special ranges are those of the IANA IPv4 and IPv6 Special-Purpose Address Registries and the multicast space.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network, summarize_address_range
from typing import Any, Final

from containment.model.names import RFC1918, WellKnown
from containment.model.reach.addresses import TOP, range_of
from containment.model.reach.sweep import Range, complement, merged
from policypack.dcf import DcfRule
from policypack.dcf_groups import IDENTITIES
from policypack.graph import Graph, Resource, Trace
from policypack.known_types import SMART_GROUP, SUBNET, VPC
from policypack.members import WORKLOAD_TYPES, expressions
from policypack.plain import UNKNOWN
from policypack.space import Network, parse, within

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
"""Special-purpose ranges (IANA registries, RFC 6890) that are neither an organization's own nor the internet's."""

_SPECIAL: Final = {ip_network(text): name for text, name in SPECIAL.items()}


class Kind(StrEnum):
    """What one member of a SmartGroup is known to be."""

    NETWORK = "a network of private addresses"
    PUBLIC = "public addresses"
    SPECIAL = "addresses of a special range"
    WORKLOAD = "workloads or sites by identity"
    SITE = "whatever a Site2Cloud connection leads to"
    FEED = "addresses of a feed or a domain name"
    UNSEEN = "a group of another program"
    UNKNOWN = "not known before the update"


@dataclass(frozen=True, slots=True)
class Member:
    """One expression of a SmartGroup: its kind, its network (when it states one) and its own text for messages."""

    kind: Kind
    text: str
    network: Network | None = None


OPEN_MEMBERS: Final = frozenset({Kind.PUBLIC, Kind.SPECIAL, Kind.SITE, Kind.FEED, Kind.UNSEEN})
"""Kinds that are, or may be, outside the organization's own networks."""

WIDE_MEMBERS: Final = OPEN_MEMBERS | {Kind.WORKLOAD}
"""Kinds that no permit by address may name."""

_ANYWHERE: Final = Member(Kind.PUBLIC, "Anywhere", IPv4Network("0.0.0.0/0"))
_INTERNET: Final = Member(Kind.PUBLIC, "Public Internet")


def members_of(graph: Graph, group: Resource, home: tuple[Network, ...] = ()) -> tuple[Member, ...]:
    """Return what a SmartGroup holds; `home` are networks that count as private whatever their range."""
    found = expressions(group) or [UNKNOWN]
    return tuple(_member(graph, expression, home) for expression in found)


def destinations_of(graph: Graph, rule: DcfRule, home: tuple[Network, ...] = ()) -> tuple[Member, ...]:
    """Return what the destinations of a rule hold; a rule without destination is not known to hold anything."""
    out: list[Member] = []
    for value in rule.destinations or (UNKNOWN,):
        if value == WellKnown.ANYWHERE.value:
            out.append(_ANYWHERE)
        elif value == WellKnown.PUBLIC_INTERNET.value:
            out.append(_INTERNET)
        else:
            reference = graph.refer(rule.owner, rule.key, value, (SMART_GROUP,), IDENTITIES)
            if reference.trace is Trace.FOUND:
                out.extend(members_of(graph, reference.found[0], home))
            else:
                unseen = reference.trace is Trace.EXTERNAL
                out.append(Member(Kind.UNSEEN if unseen else Kind.UNKNOWN, f"SmartGroup {value}" if unseen else "a group not known yet"))
    return tuple(out)


_ELSEWHERE: Final = {"external": Kind.FEED, "fqdn": Kind.FEED, "s2c": Kind.SITE, "site": Kind.WORKLOAD}
"""Fields of an expression that select addresses outside the cloud's own inventory, and what they are."""
_IDENTIFYING: Final = frozenset({"tags", "name", "resId", "accountId", "accountName", "region", "zone"})
"""Fields that select workloads by what they are (aviatrix_smart_group, `match_expressions`), whether a type is stated or not."""


def _member(graph: Graph, expression: Any, home: tuple[Network, ...]) -> Member:
    if not isinstance(expression, dict):
        return Member(Kind.UNKNOWN, "an expression not known yet")
    stated = {key: value for key, value in expression.items() if value not in (None, "", {}, [])}
    text = ", ".join(f"{key}={_shown(value)}" for key, value in sorted(stated.items())) or "an empty expression"
    if "cidr" in stated:  # it excludes every other field (aviatrix_smart_group): a mixture is no expression that anybody reviewed
        network = parse(stated["cidr"]) if set(stated) == {"cidr"} else None
        if network is None:
            return Member(Kind.UNKNOWN if stated["cidr"] is UNKNOWN else Kind.UNSEEN, text)
        return Member(kind_of(network, home), str(network), network)
    kind = stated.get("type")
    if kind in ("subnet", "vpc") and set(stated) == {"type", "resId"}:
        if stated["resId"] is UNKNOWN:
            return Member(Kind.UNKNOWN, text)
        for place in graph.of(SUBNET if kind == "subnet" else VPC):
            network = parse(place.get("cidrBlock"))
            if network is not None and stated["resId"] == place.output("id") and within(network, home):
                return Member(Kind.NETWORK, str(network), network)
    if any(value is UNKNOWN for value in (kind, *(stated.get(key) for key in _ELSEWHERE))):
        return Member(Kind.UNKNOWN, text)
    found = next((_ELSEWHERE[key] for key in _ELSEWHERE if key in stated), None)
    return Member(found or (Kind.WORKLOAD if kind in WORKLOAD_TYPES or _IDENTIFYING & stated.keys() else Kind.UNSEEN), text)


@lru_cache(maxsize=4096)
def kind_of(network: Network, home: tuple[Network, ...] = ()) -> Kind:
    """Return what a network holds: all private or at `home`, all of special ranges, or public addresses as well."""
    if within(network, (*RFC1918, *home)):
        return Kind.NETWORK
    return Kind.SPECIAL if within(network, _SPECIAL) else Kind.PUBLIC


def described(members: Iterable[Member]) -> str:
    """Return members in words, each once: what it is and what the program states."""
    found = []
    for one in members:
        name = next((name for block, name in _SPECIAL.items() if one.network is not None and _is_inside(one.network, block)), "")
        found.append(f"{one.text} ({name})" if name and one.kind is Kind.SPECIAL else one.text)
    return "; ".join(dict.fromkeys(found))


def private_ranges(members: Iterable[Member], home: Iterable[Network]) -> list[Range]:
    """Return the private IPv4 addresses (RFC 1918) that members state and that lie outside `home`, as disjoint ranges in order."""
    stated = [one.network for one in members if isinstance(one.network, IPv4Network)]
    own = [network for network in home if isinstance(network, IPv4Network)]
    if all(within(network, own) for network in stated):
        return []
    return common(list(map(range_of, stated)), complement(map(range_of, own), 0, TOP[4]), list(map(range_of, RFC1918)))


def common(*sets: list[Range]) -> list[Range]:
    """Return the numbers that are in every set, as disjoint ranges in order."""
    out = merged(sets[0])
    for other in sets[1:]:
        limits = merged(other)
        out = [(max(low, start), min(high, end)) for low, high in out for start, end in limits if start <= high and low <= end]
    return out


def networks_in(ranges: Iterable[Range]) -> list[IPv4Network]:
    """Return ranges of IPv4 addresses as networks."""
    return [network for low, high in ranges for network in summarize_address_range(IPv4Address(low), IPv4Address(high))]


def count(ranges: Iterable[Range]) -> int:
    """Return how many addresses disjoint ranges hold."""
    return sum(high - low + 1 for low, high in ranges)


def _is_inside(network: Network, block: Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(block, IPv4Network) and network.subnet_of(block)
    return isinstance(block, IPv6Network) and network.subnet_of(block)


def _shown(value: Any) -> str:
    return (
        "unknown"
        if value is UNKNOWN
        else ", ".join(f"{key}:{item}" for key, item in value.items())
        if isinstance(value, dict)
        else str(value)
    )
