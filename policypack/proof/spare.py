"""Groups that no permit may name, counted while it is not known which rule names which group.

A group of public addresses, of hosts by identity or of more private addresses than the bound can only be meant for a deny. Each
must then be the destination of some deny whose destination is not known yet: more such groups than places for them prove that a
permit names one (pigeonhole principle). Of the remaining groups the largest are taken to be denied, and the others are what
permits may reach in total. A group whose id is known is not counted: the rules that name it name it by that id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from containment.model.fqdn import Match
from containment.model.reach.sweep import Range, merged
from policypack.chain import Chain
from policypack.dcf import DcfRule
from policypack.dcf_groups import IDENTITIES
from policypack.graph import Resource
from policypack.known_types import RULE_LISTS, SMART_GROUP
from policypack.members import holds_host
from policypack.plain import UNKNOWN, field, items, weakest
from policypack.proof.bound import current
from policypack.proof.extent import OPEN_MEMBERS, WIDE_MEMBERS, Kind, count, members_of, private_ranges
from policypack.proof.network import home_networks


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a SmartGroup reaches: by members that no permit may name, and by private addresses outside the VPC."""

    group: Resource
    kinds: frozenset[Kind]
    ranges: list[Range]

    @property
    def is_for_denies(self) -> bool:
        """Tell whether no permit by address may name the group."""
        return bool(self.kinds & WIDE_MEMBERS) or count(self.ranges) > current().addresses

    @property
    def is_feed(self) -> bool:
        """Tell whether all members are addresses of feeds or domain names."""
        return self.kinds == {Kind.FEED}

    @property
    def is_wide_by_address(self) -> bool:
        """Tell whether the group states public addresses, or more private ones than the bound."""
        return Kind.PUBLIC in self.kinds or count(self.ranges) > current().addresses


def extent_of(chain: Chain, group: Resource) -> Extent:
    """Return how far a SmartGroup of the program reaches."""
    home = home_networks(chain.graph)
    members = members_of(chain.graph, group, home)
    return Extent(group, frozenset(one.kind for one in members), private_ranges(members, home))


@dataclass(frozen=True, slots=True)
class Spare:
    """Why some permit must name groups that only denies may name; `is_open` when one of them reaches beyond private networks."""

    what: str
    is_open: bool


def spare_groups(chain: Chain) -> Spare | None:
    """Return why some permit must name a group that only a deny may name, None when none has to."""
    return chain.graph.once(spare_groups, lambda: _spare_groups(chain))


def _spare_groups(chain: Chain) -> Spare | None:
    if not any(UNKNOWN in rule.destinations for rule in chain.permits):
        return None
    extents = list(_candidates(chain))
    wide = [one for one in extents if one.is_for_denies]
    places = sum(_places(rule) for rule in chain.denies)
    by_name = sum(_places(rule) for rule in chain.permits if rule.web_groups)
    left_over = len(wide) - min(by_name, sum(one.is_feed for one in wide))
    bound = current().addresses
    if left_over > places:
        names = ", ".join(one.group.name for one in wide)
        what = f"names a group in a permit that only a deny may name: of {names}, {len(wide)} in all, denies can name {places}"
        return Spare(what, any(one.kinds & OPEN_MEMBERS for one in wide))
    narrow = sorted((one for one in extents if not one.is_for_denies and count(one.ranges)), key=lambda one: count(one.ranges))
    permitted = narrow[: max(len(narrow) - int(min(places - left_over, len(narrow))), 0)]
    total = merged(part for one in permitted for part in one.ranges)
    if count(total) <= bound:
        return None
    names = ", ".join(one.group.name for one in permitted)
    return Spare(f"permits {count(total)} private addresses by {names}, and {bound} may be permitted by address in total", is_open=False)


def _candidates(chain: Chain) -> Iterator[Extent]:
    """Yield the groups without a known id that rules may name as a destination.

    Left out is a group that holds every agent and few addresses: it is a source.
    """
    used = {urn for owner in chain.graph.of(*RULE_LISTS) for urn in used_by(chain, owner)}
    for group in chain.graph.of(SMART_GROUP):
        if group.urn in used and not any(group.output(key) for key in IDENTITIES):
            extent = extent_of(chain, group)
            if extent.is_wide_by_address or weakest(holds_host(chain.graph, group, host) for host in chain.hosts) is not Match.YES:
                yield extent


def _places(rule: DcfRule) -> float:
    """Return how many groups not known yet a rule names as destinations; a list that is unknown as a whole may name any number."""
    block = items(rule.owner.get(rule.key))[rule.index]
    return inf if field(block, "dstSmartGroups") is UNKNOWN else rule.destinations.count(UNKNOWN)


def used_by(chain: Chain, owner: Resource) -> set[str]:
    """Return the URNs of the SmartGroups that a list's rules name; while ids are unknown, those that the list depends on."""
    named = [(rule.key, value) for rule in chain.rules if rule.owner is owner for value in (*rule.sources, *rule.destinations)]
    return {group.urn for key, value in named for group in chain.graph.refer(owner, key, value, (SMART_GROUP,), IDENTITIES).found}
