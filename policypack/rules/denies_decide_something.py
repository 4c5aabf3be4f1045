"""A deny that permits ahead of it make dead denies nothing, however it reads.

Over every flow of the agents, the rules before the deny, taken together, match all that it matches, and a permit is among them. Of
a deny by name a permit by address may not take even a part: whoever reads the deny believes that the names are denied. What is not
known yet makes no deny dead: it is judged as soon as it is known. A permit that is too wide by itself is refused by
`permits-are-narrow` or `east-west-is-denied`, and not again here.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.model.names import WellKnown
from policypack.analysed import Flows, analysed
from policypack.chain import Chain, in_places
from policypack.dcf import DcfRule
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph
from policypack.proof.decided import decided
from policypack.proof.permits import refused_permits


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault for every deny that decides no flow because permits decide them first."""
    return in_places(graph, _judged)


def _judged(chain: Chain) -> Iterator[Fault]:
    policy = analysed(chain.graph)
    if policy is None:
        return
    refused = {rule for one in refused_permits(chain) for rule in one.rules}
    for dead in policy.analysis.dead_rules():
        permits = [policy.stated(one) for one in dead.covering if one.action.permits]
        if permits and not dead.rule.action.permits and refused.isdisjoint(permits):
            stated = policy.stated(dead.rule)
            names = ", ".join(one.label for one in permits)
            yield Fault(stated.owner.urn, f"{stated.label} denies nothing: what it would deny is permitted first, by {names}")
    if chain.asked is not None:
        yield from _by_address_ahead(chain, refused)


def _by_address_ahead(chain: Chain, refused: set[DcfRule]) -> Iterator[Fault]:
    """Yield permits by address that decide flows which a later deny names.

    Traffic inside the VPC never meets the policy, and a deny to Public Internet shares no flow with private space.
    """
    permits = [rule for rule in chain.permits if not rule.web_groups and rule not in refused]
    for deny in chain.denies:
        if not deny.web_groups or set(deny.destinations) == {WellKnown.PUBLIC_INTERNET.value}:
            continue
        for permit in (one for one in permits if one.may_precede(deny)):
            met = decided(chain, permit, (deny,), (Flows.HOME,))
            if met is not None and not met.given and met.apex is None:
                yield Fault(permit.owner.urn, f"{permit.label} permits by address what {deny.label} denies by name after it: {met}")


RULE = Rule(
    id="denies-decide-something",
    severity=Severity.HIGH,
    info="Every deny of a place decides something: no permits ahead of it take all that it would deny.",
    why="who reads the rules believes that it is denied, and it is let through",
    fix="give the deny a lower priority number than the permits, or narrow the permits, or take the deny away",
    scope=Scope.PLACE,
    check_stack=check_stack,
)
