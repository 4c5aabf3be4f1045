"""The Aviatrix gateway's volume is encrypted, because it contains the policy, its logs and its keys.

The provider's default is an unencrypted volume, so in a complete agent environment an unset value is a violation.
"""

from __future__ import annotations

from policypack.finding import Rule, Scope, Severity
from policypack.graph.known_types import SPOKE_GATEWAY
from policypack.property_rule import Property, build_property_rule, is_possibly_off

RULE = build_property_rule(
    Rule(
        id="gateway-volume-is-encrypted",
        severity=Severity.HIGH,
        info="The volume of the Aviatrix spoke gateway is encrypted.",
        why="a snapshot of it discloses the policy, the logs of the agents' requests, and the gateway's keys",
        fix="set enableEncryptVolume: true (customerManagedKeys selects your own key)",
        ids=("CKV_AWS_8", "AWS-0131"),
        scope=Scope.STATED_OR_PLACE,
    ),
    Property(
        type=SPOKE_GATEWAY,
        key="enableEncryptVolume",
        is_wrong=is_possibly_off,
        what="is not encrypted",
        default="off",
    ),
)
