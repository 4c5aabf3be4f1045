"""An agent reaches no neighbour but those it is permitted by address, a few at a time.

No permit by address is wider than a /20 of private space. The east-west deny, if private space is denied apart from the
default deny, is for every protocol, and comes before any permit that reaches private space widely; a group for it that no
rule uses means that it is gone. A place whose default deny is all it has is not open, and names less in its log: that is
a residual risk and no violation.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.model.fqdn import Match
from policypack.chain import Chain, in_places
from policypack.dcf import DcfRule
from policypack.dcf_groups import IDENTITIES
from policypack.dcf_scope import NARROW, holds_everywhere, is_wide, reaches_private_widely
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.known_types import RULE_LISTS, SMART_GROUP
from policypack.plain import UNKNOWN


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for every permit that reaches neighbours widely, and for an east-west deny that is gone, partial or late."""
    return in_places(graph, lambda chain: [*_wide_permits(chain), *_deny(chain)])


def _wide_permits(chain: Chain) -> Iterator[Fault]:
    """Yield permits by address into private space beyond a /20; those to Anywhere reach the internet, and are `permits-are-narrow`'s."""
    for rule in chain.permits:
        by_address = not rule.web_groups and holds_everywhere(chain.groups, rule) is Match.NO
        if by_address and reaches_private_widely(chain.groups, rule) is Match.YES:
            yield Fault(rule.owner.urn, f"{rule.label} permits private networks wider than a /{NARROW[4]}")


def _deny(chain: Chain) -> Iterator[Fault]:
    used = {urn for owner in chain.graph.of(*RULE_LISTS) for urn in _used(chain, owner)}
    wide = [group for group in chain.graph.of(SMART_GROUP) if is_wide(group)]
    for group in (group for group in wide if group.urn not in used):
        yield Fault(group.urn, "is a group of neighbours that no rule uses: the east-west deny is gone")
    denies = [rule for rule in chain.denies if _is_east_west(chain, rule)]
    spare = [group for group in wide if group.urn in used]
    if _are_spare(chain, spare):
        names = ", ".join(one.name for one in spare)
        yield Fault(chain.only_owner, f"reaches neighbours by a permit: there are fewer denies than wide groups ({names})")
    for rule in denies:
        if chain.groups.is_certain(rule) and rule.takes_everything is not Match.YES:
            yield Fault(rule.owner.urn, f"{rule.label} denies neighbours some protocols or ports only")
        for permit in chain.permits:
            late = permit.may_precede(rule) and not permit.web_groups and chain.groups.is_certain(rule)
            widely = late and reaches_private_widely(chain.groups, permit) is Match.YES
            if widely and chain.flow((permit, rule)).match is not Match.NO:
                yield Fault(permit.owner.urn, f"{permit.label} reaches neighbours before {rule.label} denies them")


def _is_east_west(chain: Chain, rule: DcfRule) -> bool:
    """Tell whether a deny is for private space apart from everything else."""
    apart = not rule.web_groups and holds_everywhere(chain.groups, rule) is not Match.YES
    return apart and reaches_private_widely(chain.groups, rule) is not Match.NO


def _are_spare(chain: Chain, wide: list[Resource]) -> bool:
    """Tell, while no group has an id, whether there are more wide groups than denies that could be for them."""
    waiting = [rule for rule in chain.denies if UNKNOWN in rule.destinations]
    return any(UNKNOWN in rule.destinations for rule in chain.permits) and len(wide) > len(waiting)


def _used(chain: Chain, owner: Resource) -> set[str]:
    """Return the URNs of the SmartGroups that a list's rules name; while ids are unknown, those that the list depends on."""
    named = [(rule.key, value) for rule in chain.rules if rule.owner is owner for value in (*rule.sources, *rule.destinations)]
    return {group.urn for key, value in named for group in chain.graph.refer(owner, key, value, (SMART_GROUP,), IDENTITIES).found}


RULE = Rule(
    id="east-west-is-denied",
    severity=Severity.CRITICAL,
    info="Private space is denied to the agents; permits into it are by address and no wider than a /20.",
    why="a compromised agent moves sideways: into production networks, databases and other agents",
    fix="deny the networks of RFC 1918 (any protocol) after the permits of internal addresses and before the default deny,"
    " and permit internal addresses by /20 or smaller, one port at a time",
    scope=Scope.PLACE,
    check_stack=check_stack,
)
