"""The spoke gateway forwards no IPv6, because all groups of the policy consist of IPv4 addresses, names and tags.

`Anywhere` is 0.0.0.0/0. IPv6 traffic would match no east-west deny, no DNS deny and no default deny.
"""

from __future__ import annotations

from policypack.finding import Rule, Scope, Severity
from policypack.graph.known_types import SPOKE_GATEWAY
from policypack.property_rule import Property, build_property_rule, is_possibly_on

RULE = build_property_rule(
    Rule(
        id="gateway-has-no-ipv6",
        severity=Severity.HIGH,
        info="The Aviatrix spoke gateway forwards no IPv6.",
        why="Anywhere is 0.0.0.0/0: IPv6 traffic matches none of the denies",
        fix="leave enableIpv6 out, or set it to false",
        scope=Scope.STATED,
    ),
    Property(
        type=SPOKE_GATEWAY,
        key="enableIpv6",
        is_wrong=is_possibly_on,
        what="forwards IPv6, which no rule of IPv4 groups stops",
    ),
)
