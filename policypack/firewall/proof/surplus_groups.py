"""Groups that no permit may name: count them while it is unknown which rule names which group.

A group of public addresses, of hosts by identity or of more private addresses than the bound can only be meant for a deny. Each
must then be the destination of some deny whose destination is not known yet: more such groups than such destinations prove that a
permit names one (pigeonhole principle). Of the remaining groups the largest are assumed to be denied, and the others are the
addresses that permits may reach in total. A group with a known id is not counted, because rules name it by that id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from containment.addresses.address_ranges import Range, count_numbers, merge_ranges
from containment.loaders.address_bound import read_bound
from containment.ternary import Ternary, all_of
from policypack.facts.home_networks import find_home_networks
from policypack.firewall.effective_rules import EffectiveRules
from policypack.firewall.groups import IDENTITIES
from policypack.firewall.proof.extent import OPEN_MEMBERS, WIDE_MEMBERS, MemberKind, compute_private_ranges, read_members
from policypack.firewall.rules import RegisteredRule
from policypack.firewall.smart_group_membership import has_host
from policypack.graph.known_types import RULE_LISTS, SMART_GROUP
from policypack.graph.plain_data import UNKNOWN, get_field, get_items
from policypack.graph.resources import Resource


@dataclass(frozen=True, slots=True)
class GroupExtent:
    """Reach of a SmartGroup: the kinds of its members, and its private addresses outside the VPC."""

    group: Resource
    kinds: frozenset[MemberKind]
    ranges: list[Range]

    @property
    def is_for_denies(self) -> bool:
        """Whether no permit by address may name the group."""
        return bool(self.kinds & WIDE_MEMBERS) or count_numbers(self.ranges) > read_bound().addresses

    @property
    def is_feed(self) -> bool:
        """Whether all members are addresses of feeds or domain names."""
        return self.kinds == {MemberKind.FEED}

    @property
    def is_wide_by_address(self) -> bool:
        """Whether the group lists public addresses, or more private ones than the bound."""
        return MemberKind.PUBLIC in self.kinds or count_numbers(self.ranges) > read_bound().addresses


def compute_extent(chain: EffectiveRules, group: Resource) -> GroupExtent:
    """Return the reach of a SmartGroup of the program."""
    home = find_home_networks(chain.graph)
    members = read_members(chain.graph, group, home)
    return GroupExtent(group, frozenset(one.kind for one in members), compute_private_ranges(members, home))


@dataclass(frozen=True, slots=True)
class SurplusGroups:
    """Why some permit must name groups that only denies may name; `is_open` when one of them reaches beyond private networks."""

    what: str
    is_open: bool


def find_surplus_groups(chain: EffectiveRules) -> SurplusGroups | None:
    """Return why some permit must name a group that only a deny may name, None when none has to."""
    return chain.graph.compute_once(find_surplus_groups, lambda: _find_surplus_groups(chain))


def _find_surplus_groups(chain: EffectiveRules) -> SurplusGroups | None:
    if not any(UNKNOWN in rule.destinations for rule in chain.permits):
        return None
    extents = list(_find_candidates(chain))
    wide = [one for one in extents if one.is_for_denies]
    places = sum(_count_unknown_destinations(rule) for rule in chain.denies)
    by_name = sum(_count_unknown_destinations(rule) for rule in chain.permits if rule.web_groups)
    left_over = len(wide) - min(by_name, sum(one.is_feed for one in wide))
    bound = read_bound().addresses
    if left_over > places:
        names = ", ".join(one.group.name for one in wide)
        what = f"names a group in a permit that only a deny may name: of {names}, {len(wide)} in all, denies can name only {places}"
        return SurplusGroups(what, any(one.kinds & OPEN_MEMBERS for one in wide))
    narrow = sorted(
        (one for one in extents if not one.is_for_denies and count_numbers(one.ranges)), key=lambda one: count_numbers(one.ranges)
    )
    permitted = narrow[: max(len(narrow) - int(min(places - left_over, len(narrow))), 0)]
    total = merge_ranges(part for one in permitted for part in one.ranges)
    if count_numbers(total) <= bound:
        return None
    names = ", ".join(one.group.name for one in permitted)
    return SurplusGroups(
        f"permits {count_numbers(total)} private addresses by {names}, and the bound of all permits by address is {bound}", is_open=False
    )


def _find_candidates(chain: EffectiveRules) -> Iterator[GroupExtent]:
    """Yield the groups without a known id that rules may name as a destination.

    A group that contains every agent and is not wide by address is left out: it is a source.
    """
    used = {urn for owner in chain.graph.find_by_type(*RULE_LISTS) for urn in find_used_groups(chain, owner)}
    for group in chain.graph.find_by_type(SMART_GROUP):
        if group.urn in used and not any(group.get_output(key) for key in IDENTITIES):
            extent = compute_extent(chain, group)
            if extent.is_wide_by_address or all_of(has_host(chain.graph, group, host) for host in chain.hosts) is not Ternary.YES:
                yield extent


def _count_unknown_destinations(rule: RegisteredRule) -> float:
    """Return the number of unknown groups among a rule's destinations; infinite for a list that is unknown as a whole."""
    block = get_items(rule.owner.get(rule.key))[rule.index]
    return inf if get_field(block, "dstSmartGroups") is UNKNOWN else rule.destinations.count(UNKNOWN)


def find_used_groups(chain: EffectiveRules, owner: Resource) -> set[str]:
    """Return the URNs of the SmartGroups that a list's rules name; while ids are unknown, of those that the list depends on."""
    named = [(rule.key, value) for rule in chain.rules if rule.owner is owner for value in (*rule.sources, *rule.destinations)]
    return {group.urn for key, value in named for group in chain.graph.resolve(owner, key, value, (SMART_GROUP,), IDENTITIES).found}
