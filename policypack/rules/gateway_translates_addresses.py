"""The spoke gateway translates source addresses (SNAT): WebGroup rules, the shadow-model deny among them, need it.

Without it the Controller writes no default route of its own and rules by name decide nothing. The provider's default is
off, so in a vended place silence is off.
"""

from __future__ import annotations

from collections.abc import Sequence

from containment.model.fqdn import Match
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.known_types import SPOKE_GATEWAY
from policypack.place import is_vended
from policypack.plain import UNKNOWN, is_false

_KEY = "singleIpSnat"


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Fault]:
    """Return a fault for a gateway that says, or may come to say, that SNAT is off."""
    value = resource.get(_KEY)
    if resource.type != SPOKE_GATEWAY or is_false(value) is Match.NO:
        return []
    said = "may leave (it is not known before the update)" if value is UNKNOWN else "leaves"
    return [Fault(resource.urn, f"{said} rules by name without effect: {_KEY} is {'unknown' if value is UNKNOWN else value}")]


def check_stack(graph: Graph) -> list[Fault]:
    """Return the same for every gateway, and for those of a vended place that say nothing."""
    faults = [fault for gateway in graph.of(SPOKE_GATEWAY) for fault in check_resource(gateway)]
    silent = [one for one in graph.of(SPOKE_GATEWAY) if one.get(_KEY) is None] if is_vended(graph) else []
    what = f"leaves rules by name without effect: {_KEY} is not stated, and the provider's default is off"
    return [*faults, *(Fault(one.urn, what) for one in silent)]


RULE = Rule(
    id="gateway-translates-addresses",
    severity=Severity.HIGH,
    info="Source NAT is on at the Aviatrix spoke gateway.",
    why="rules with WebGroups need it: without it neither the shadow-model deny nor any permit by name decides anything",
    fix="state singleIpSnat: true",
    scope=Scope.STATED_OR_PLACE,
    check_resource=check_resource,
    check_stack=check_stack,
)
