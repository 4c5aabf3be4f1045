"""Reach of a destination SmartGroup: networks that it lists, or members that are known to the Controller only.

Only a `cidr` expression lists addresses. Every other field (tags, VPC, subnet, account, region, site, feed, domain name) selects
members that change without any change of the program, so a permit to it cannot be bounded.
Special ranges are those of `containment.addresses.address_space`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Network
from typing import Any, Final

from containment.addresses.address_ranges import Range, get_range, intersect_ranges, invert_ranges
from containment.addresses.address_space import SPECIAL_NETWORKS, Network, find_special_range, is_inside, parse_network
from containment.analysis.classes.addresses import TOP
from containment.names import RFC1918, WellKnownObject
from policypack.facts.network.other_programs import is_of_program
from policypack.firewall.groups import IDENTITIES
from policypack.firewall.rules import RegisteredRule
from policypack.firewall.smart_group_membership import WORKLOAD_TYPES, get_stated_expressions
from policypack.graph.known_types import SMART_GROUP, SUBNET, VPC
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource, Trace


class MemberKind(StrEnum):
    """Kinds of members of a SmartGroup."""

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
    """One expression of a SmartGroup: its kind, its text for messages, and its network if it lists one."""

    kind: MemberKind
    text: str
    network: Network | None = None


OPEN_MEMBERS: Final = frozenset({MemberKind.PUBLIC, MemberKind.SPECIAL, MemberKind.SITE, MemberKind.FEED, MemberKind.UNSEEN})
"""Kinds that are, or may be, outside the organization's own networks."""

WIDE_MEMBERS: Final = OPEN_MEMBERS | {MemberKind.WORKLOAD}
"""Kinds that no permit by address may name."""

_ANYWHERE: Final = Member(MemberKind.PUBLIC, "Anywhere", IPv4Network("0.0.0.0/0"))
_INTERNET: Final = Member(MemberKind.PUBLIC, "Public Internet")


def read_members(graph: Graph, group: Resource, home: tuple[Network, ...] = ()) -> tuple[Member, ...]:
    """Return the members of a SmartGroup; networks of `home` count as private whatever their range."""
    found = get_stated_expressions(group) or [UNKNOWN]
    return tuple(_read_member(graph, expression, home) for expression in found)


def read_destinations(graph: Graph, rule: RegisteredRule, home: tuple[Network, ...] = ()) -> tuple[Member, ...]:
    """Return the members of a rule's destinations; a rule without destination has one unknown member."""
    out: list[Member] = []
    for value in rule.destinations or (UNKNOWN,):
        if value == WellKnownObject.ANYWHERE.value:
            out.append(_ANYWHERE)
        elif value == WellKnownObject.PUBLIC_INTERNET.value:
            out.append(_INTERNET)
        else:
            reference = graph.resolve(rule.owner, rule.key, value, (SMART_GROUP,), IDENTITIES)
            if isinstance(value, str) and not is_of_program(graph, rule.owner, rule.key, value, (SMART_GROUP,), IDENTITIES):
                out.append(Member(MemberKind.UNSEEN, f"SmartGroup {value}"))  # a known id is no group's that has none yet
            elif reference.trace is Trace.FOUND:
                out.extend(read_members(graph, reference.found[0], home))
            else:
                unseen = reference.trace is Trace.EXTERNAL
                out.append(
                    Member(
                        MemberKind.UNSEEN if unseen else MemberKind.UNKNOWN, f"SmartGroup {value}" if unseen else "a group not known yet"
                    )
                )
    return tuple(out)


_ELSEWHERE: Final = {"external": MemberKind.FEED, "fqdn": MemberKind.FEED, "s2c": MemberKind.SITE, "site": MemberKind.WORKLOAD}
"""Fields of an expression that select addresses outside the cloud's own inventory, and what they are."""
_IDENTIFYING: Final = frozenset({"tags", "name", "resId", "accountId", "accountName", "region", "zone"})
"""Fields that select workloads by what they are (aviatrix_smart_group, `match_expressions`), whether a type is set or not."""


def _read_member(graph: Graph, expression: Any, home: tuple[Network, ...]) -> Member:
    if not isinstance(expression, dict):
        return Member(MemberKind.UNKNOWN, "an expression not known yet")
    stated = {key: value for key, value in expression.items() if value not in (None, "", {}, [])}
    text = ", ".join(f"{key}={_format_value(value)}" for key, value in sorted(stated.items())) or "an empty expression"
    if "cidr" in stated:  # `cidr` excludes every other field (aviatrix_smart_group): the meaning of a mixture is undocumented
        network = parse_network(stated["cidr"]) if set(stated) == {"cidr"} else None
        if network is None:
            return Member(MemberKind.UNKNOWN if stated["cidr"] is UNKNOWN else MemberKind.UNSEEN, text)
        return Member(determine_kind(network, home), str(network), network)
    kind = stated.get("type")
    if kind in ("subnet", "vpc") and set(stated) == {"type", "resId"}:
        if stated["resId"] is UNKNOWN:
            return Member(MemberKind.UNKNOWN, text)
        for place in graph.find_by_type(SUBNET if kind == "subnet" else VPC):
            network = parse_network(place.get("cidrBlock"))
            if network is not None and stated["resId"] == place.get_output("id") and is_inside(network, home):
                return Member(MemberKind.NETWORK, str(network), network)
    if any(value is UNKNOWN for value in (kind, *(stated.get(key) for key in _ELSEWHERE))):
        return Member(MemberKind.UNKNOWN, text)
    found = next((_ELSEWHERE[key] for key in _ELSEWHERE if key in stated), None)
    return Member(found or (MemberKind.WORKLOAD if kind in WORKLOAD_TYPES or _IDENTIFYING & stated.keys() else MemberKind.UNSEEN), text)


@lru_cache(maxsize=4096)
def determine_kind(network: Network, home: tuple[Network, ...] = ()) -> MemberKind:
    """Return the kind of a network: private or at `home`, entirely in special ranges, or with public addresses."""
    if is_inside(network, (*RFC1918, *home)):
        return MemberKind.NETWORK
    return MemberKind.SPECIAL if is_inside(network, SPECIAL_NETWORKS) else MemberKind.PUBLIC


def describe_members(members: Iterable[Member]) -> str:
    """Return the distinct members as text for messages."""
    found = []
    for one in members:
        name = "" if one.network is None else find_special_range(one.network)
        found.append(f"{one.text} ({name})" if name and one.kind is MemberKind.SPECIAL else one.text)
    return "; ".join(dict.fromkeys(found))


def compute_private_ranges(members: Iterable[Member], home: Iterable[Network]) -> list[Range]:
    """Return the private IPv4 addresses (RFC 1918) that members list outside `home`, as disjoint ranges in order."""
    stated = [one.network for one in members if isinstance(one.network, IPv4Network)]
    own = [network for network in home if isinstance(network, IPv4Network)]
    if all(is_inside(network, own) for network in stated):
        return []
    return intersect_ranges(list(map(get_range, stated)), invert_ranges(map(get_range, own), 0, TOP[4]), list(map(get_range, RFC1918)))


def _format_value(value: Any) -> str:
    return (
        "unknown"
        if value is UNKNOWN
        else ", ".join(f"{key}:{item}" for key, item in value.items())
        if isinstance(value, dict)
        else str(value)
    )
