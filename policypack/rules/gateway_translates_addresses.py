"""The spoke gateway translates source addresses (SNAT): WebGroup rules, the shadow-model deny among them, need it.

Without it the Controller writes no default route, and rules by name decide nothing. The provider's default is off, so in a
complete agent environment an unset value is a violation.
"""

from __future__ import annotations

from policypack.finding import Rule, Scope, Severity
from policypack.graph.known_types import SPOKE_GATEWAY
from policypack.property_rule import Property, build_property_rule, is_possibly_off

RULE = build_property_rule(
    Rule(
        id="gateway-translates-addresses",
        severity=Severity.HIGH,
        info="Source NAT is on at the Aviatrix spoke gateway.",
        why="rules with WebGroups need it: without it neither the shadow-model deny nor any permit by name decides anything",
        fix="set singleIpSnat: true",
        scope=Scope.STATED_OR_PLACE,
    ),
    Property(
        type=SPOKE_GATEWAY,
        key="singleIpSnat",
        is_wrong=is_possibly_off,
        what="leaves rules by name without effect",
        default="off",
    ),
)
