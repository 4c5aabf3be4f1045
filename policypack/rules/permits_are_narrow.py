"""Every permit is narrow: names on the public internet over HTTPS, or a few addresses inside the organization.

A permit that decides other flows is refused (`policypack.firewall.proof.permits`): public addresses or special ranges without
names, addresses known to the Controller only, names on other ports than TCP 443, and names of private hosts. Monitor's last permit
passes: it follows the default deny, which stops the same traffic once denies are enforced.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.finding import Rule, Scope, Severity, Violation
from policypack.firewall.effective_rules import EffectiveRules, check_environment_or_agents
from policypack.firewall.proof.permits import ExcessKind, find_refused_permits
from policypack.firewall.proof.surplus_groups import find_surplus_groups


def _check_rules(chain: EffectiveRules) -> Iterator[Violation]:
    """Yield a fault for every permit that lets through unapproved flows."""
    yield from (Violation(one.where, one.what) for one in find_refused_permits(chain) if one.excess is not ExcessKind.NEIGHBOURS)
    if (spare := find_surplus_groups(chain)) and spare.is_open:
        yield Violation(chain.only_owner, spare.what)


RULE = Rule(
    id="permits-are-narrow",
    severity=Severity.CRITICAL,
    info="Every flow that a permit decides is TLS to a name on port 443, DNS to the VPC's resolver, or to listed private addresses.",
    why="a permit without names or ports lets out any traffic, and one by name to a private address allows lateral movement",
    fix="permit names with WebGroups, TCP 443, to Public Internet (...0001, not Anywhere ...0000); permit private addresses by the CIDRs"
    " of a SmartGroup",
    scope=Scope.PLACE,
    check_stack=lambda graph: check_environment_or_agents(graph, _check_rules),
)
