"""An agent reaches no neighbour except those that a permit states by address, and of these few in total.

Permits by address together reach no more private addresses than the bound (`policypack/bounds.yaml`, by default those of a /20),
the VPC's own network apart; a permit of hosts by identity has no bound at all. The east-west deny, if private space is denied apart
from the default deny, is for every protocol; a group for it that no rule uses means that it is gone. A place whose default deny is
all it has is not open, and names less in its log: that is a residual risk and no violation.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.model.fqdn import Match
from policypack.chain import Chain, in_places, in_places_and_for_agents
from policypack.dcf import DcfRule
from policypack.dcf_scope import holds_everywhere, reaches_private_widely
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph
from policypack.known_types import RULE_LISTS, SMART_GROUP
from policypack.proof.bound import current
from policypack.proof.permits import Excess, refused_permits
from policypack.proof.spare import extent_of, spare_groups, used_by


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for every permit that reaches neighbours widely, and for an east-west deny that is gone or partial."""
    return list(dict.fromkeys([*in_places_and_for_agents(graph, _permits), *in_places(graph, _deny)]))


def _permits(chain: Chain) -> Iterator[Fault]:
    yield from (Fault("", what) for what in current().problems)
    yield from (Fault(one.where, one.what) for one in refused_permits(chain) if one.excess is Excess.NEIGHBOURS)
    if (spare := spare_groups(chain)) and not spare.is_open:
        yield Fault(chain.only_owner, spare.what)


def _deny(chain: Chain) -> Iterator[Fault]:
    used = {urn for owner in chain.graph.of(*RULE_LISTS) for urn in used_by(chain, owner)}
    for group in chain.graph.of(SMART_GROUP):
        if group.urn not in used and extent_of(chain, group).is_wide_by_address:
            yield Fault(group.urn, "is a group of neighbours that no rule uses: the east-west deny is gone")
    for rule in chain.denies:
        if _is_east_west(chain, rule) and chain.groups.is_certain(rule) and rule.takes_everything is not Match.YES:
            yield Fault(rule.owner.urn, f"{rule.label} denies neighbours some protocols or ports only")


def _is_east_west(chain: Chain, rule: DcfRule) -> bool:
    """Tell whether a deny is for private space apart from everything else."""
    apart = not rule.web_groups and holds_everywhere(chain.groups, rule) is not Match.YES
    return apart and reaches_private_widely(chain.groups, rule) is not Match.NO


RULE = Rule(
    id="east-west-is-denied",
    severity=Severity.CRITICAL,
    info="Private space is denied to the agents; permits into it are by address and together no wider than a /20.",
    why="a compromised agent moves sideways: into production networks, databases and other agents",
    fix="deny the networks of RFC 1918 (any protocol) after the permits of internal addresses and before the default deny, permit"
    " internal addresses by the CIDRs of a SmartGroup, as few as are needed; to permit more, raise the bound in policypack/bounds.yaml",
    scope=Scope.PLACE,
    check_stack=check_stack,
)
