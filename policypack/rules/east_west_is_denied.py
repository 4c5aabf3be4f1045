"""East-west traffic is denied, except to a small number of addresses that permits list.

Permits by address together reach no more private addresses than the bound (`policypack/bounds.yaml`, by default those of a /20),
the VPC's own network excepted. A permit of hosts by tag or name is refused, because it has no bound. A separate east-west deny, ahead of
the default deny, must match every protocol; an unused group for it shows that the deny was removed. In an environment without that deny,
the default deny stops the same traffic with less detail in the log: a residual risk, not a violation.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.loaders.address_bound import read_bound
from containment.ternary import Ternary
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.firewall.effective_rules import EffectiveRules, check_environment, check_environment_or_agents
from policypack.firewall.proof.permits import ExcessKind, find_refused_permits
from policypack.firewall.proof.surplus_groups import compute_extent, find_surplus_groups, find_used_groups
from policypack.firewall.rules import RegisteredRule
from policypack.firewall.scope import has_every_address, has_wide_private_reach
from policypack.graph.known_types import RULE_LISTS, SMART_GROUP
from policypack.graph.resources import Graph


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault for every permit that reaches private networks widely, and for a missing or partial east-west deny."""
    return list(dict.fromkeys([*check_environment_or_agents(graph, _check_permits), *check_environment(graph, _check_denies)]))


def _check_permits(chain: EffectiveRules) -> Iterator[Violation]:
    yield from (Violation("", what) for what in read_bound().problems)
    yield from (Violation(one.where, one.what) for one in find_refused_permits(chain) if one.excess is ExcessKind.NEIGHBOURS)
    if (spare := find_surplus_groups(chain)) and not spare.is_open:
        yield Violation(chain.only_owner, spare.what)


def _check_denies(chain: EffectiveRules) -> Iterator[Violation]:
    used = {urn for owner in chain.graph.find_by_type(*RULE_LISTS) for urn in find_used_groups(chain, owner)}
    for group in chain.graph.find_by_type(SMART_GROUP):
        if group.urn not in used and compute_extent(chain, group).is_wide_by_address:
            yield Violation(group.urn, "is a wide group of addresses that no rule uses: the east-west deny is missing")
    for rule in chain.denies:
        if _is_east_west(chain, rule) and chain.groups.is_certain(rule) and rule.takes_everything is not Ternary.YES:
            yield Violation(rule.owner.urn, f"{rule.label} denies private networks for some protocols or ports only")


def _is_east_west(chain: EffectiveRules, rule: RegisteredRule) -> bool:
    """Return whether a deny is specific to private space."""
    apart = not rule.web_groups and has_every_address(chain.groups, rule) is not Ternary.YES
    return apart and has_wide_private_reach(chain.groups, rule) is not Ternary.NO


RULE = Rule(
    id="east-west-is-denied",
    severity=Severity.CRITICAL,
    info="Private networks are denied to the agents; permits into them are by address and together no wider than a /20.",
    why="a compromised agent moves laterally: into production networks, databases and other agents",
    fix="deny the networks of RFC 1918 (any protocol) after the permits of internal addresses and before the default deny, permit"
    " internal addresses by the CIDRs of a SmartGroup, as few as are needed; to permit more, raise the bound in policypack/bounds.yaml",
    scope=Scope.PLACE,
    check_stack=check_stack,
)
