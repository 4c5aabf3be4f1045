"""A permit says what it is for: names on the public internet over HTTPS, or a few addresses of the organization's own.

Refused is every permit that decides other flows (`policypack.proof.permits`): to public addresses or special ranges without
names, to addresses that only the Controller knows, names on other ports than TCP 443, and names towards private hosts. Monitor's
last permit, behind the default deny, decides nothing that a deny in force would not stop first.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.chain import Chain, in_places_and_for_agents
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph
from policypack.proof.permits import Excess, refused_permits
from policypack.proof.spare import spare_groups


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for every permit that is wider than what it is for."""
    return in_places_and_for_agents(graph, _judged)


def _judged(chain: Chain) -> Iterator[Fault]:
    yield from (Fault(one.where, one.what) for one in refused_permits(chain) if one.excess is not Excess.NEIGHBOURS)
    if (spare := spare_groups(chain)) and spare.is_open:
        yield Fault(chain.only_owner, spare.what)


RULE = Rule(
    id="permits-are-narrow",
    severity=Severity.CRITICAL,
    info="Every flow that a permit decides is TLS to a name on port 443, DNS to the VPC's resolver, or to stated private addresses.",
    why="a permit without names or ports is an exit for anything, and a name claimed towards a private address is lateral movement",
    fix="permit names with WebGroups, TCP 443, to Public Internet (...0001, not Anywhere ...0000); permit private addresses by the CIDRs"
    " of a SmartGroup",
    scope=Scope.PLACE,
    check_stack=check_stack,
)
