"""The spoke gateway forwards no IPv6: every group of this policy is made of IPv4 addresses, names and tags.

`Anywhere` is 0.0.0.0/0. What leaves over IPv6 would meet no east-west deny, no DNS deny and no default deny.
"""

from __future__ import annotations

from collections.abc import Sequence

from containment.model.fqdn import Match
from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.known_types import SPOKE_GATEWAY
from policypack.plain import UNKNOWN, is_true

_KEY = "enableIpv6"


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Fault]:
    """Return a fault for a gateway that forwards, or may come to forward, IPv6."""
    value = resource.get(_KEY)
    if resource.type != SPOKE_GATEWAY or is_true(value) is Match.NO:
        return []
    said = "may forward (it is not known before the update)" if value is UNKNOWN else "forwards"
    return [Fault(resource.urn, f"{said} IPv6, which no rule of IPv4 groups stops: {_KEY} is {'unknown' if value is UNKNOWN else value}")]


def check_stack(graph: Graph) -> list[Fault]:
    """Return the same for every gateway of a program."""
    return [fault for gateway in graph.of(SPOKE_GATEWAY) for fault in check_resource(gateway)]


RULE = Rule(
    id="gateway-has-no-ipv6",
    severity=Severity.HIGH,
    info="The Aviatrix spoke gateway forwards no IPv6.",
    why="Anywhere is 0.0.0.0/0: what leaves over IPv6 meets none of the denies",
    fix="leave enableIpv6 out, or state false",
    scope=Scope.STATED,
    check_resource=check_resource,
    check_stack=check_stack,
)
