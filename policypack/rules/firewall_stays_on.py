"""No program disables Distributed Cloud Firewall or excludes AWS from its deployment.

The switch is Controller-wide: while it is off, no rule of any stack is applied. The rule reads the feature, the older dedicated
resource, and the deployment policy that names the clouds whose gateways run the firewall.
"""

from __future__ import annotations

from typing import Any

from containment.ternary import Ternary
from policypack.finding import Rule, Scope, Severity
from policypack.graph.known_types import CONFIG_FEATURE, DEPLOYMENT_POLICY, FIREWALLING_CONFIG
from policypack.graph.plain_data import UNKNOWN, get_items, is_true
from policypack.graph.resources import Resource
from policypack.property_rule import Property, build_property_rule, is_not_surely_on, is_possibly_off

FEATURE = "microseg"
"""The Controller's name for Distributed Cloud Firewall (provider: `feature_name`)."""

_OFF = "switches Distributed Cloud Firewall off"


def _is_firewall(feature: Resource) -> bool:
    return feature.get("featureName") in (FEATURE, UNKNOWN)


def _has_own_providers(policy: Resource) -> bool:
    return is_true(policy.get("setDefaults")) is not Ternary.YES


def _is_without_aws(providers: Any) -> bool:
    return "aws" not in [str(one).lower() for one in get_items(providers) if one is not UNKNOWN]


RULE = build_property_rule(
    Rule(
        id="firewall-stays-on",
        severity=Severity.CRITICAL,
        info="Distributed Cloud Firewall is on, on AWS gateways too.",
        why="the switch is Controller-wide: while it is off, no rule of any stack is applied, and no alarm reports it",
        fix='set isEnabled: true for the feature "microseg", with retainOnDelete so that it outlives the program; name AWS as a provider',
        scope=Scope.STATED_OR_PLACE,
    ),
    Property(type=CONFIG_FEATURE, key="isEnabled", is_wrong=is_not_surely_on, what=_OFF, is_judged=_is_firewall),
    Property(type=FIREWALLING_CONFIG, key="enableDistributedFirewalling", is_wrong=is_possibly_off, what=_OFF, default="off"),
    Property(
        type=DEPLOYMENT_POLICY,
        key="providers",
        is_wrong=_is_without_aws,
        what="excludes AWS from the clouds where Distributed Cloud Firewall runs",
        is_judged=_has_own_providers,
    ),
)
