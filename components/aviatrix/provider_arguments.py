"""Convert a RuleSet to arguments of the Aviatrix provider, in an order and form that produce no diff on the next preview.

Pure functions. Rules kept here: rules in evaluation order; every port range sets both ends (without them 9.0.10 plans changes on
every run); `watch`, never `enforcement`, which no released provider has; names and CIDRs are sorted and known in preview.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pulumi

from containment.names import WellKnownObject
from containment.policy.rules import CidrSelector, Logging, Rule, SmartGroup, TagSelector, WebGroup

LOG_PROFILES: Mapping[Logging, WellKnownObject] = {
    Logging.START: WellKnownObject.LOG_START,
    Logging.START_AND_END: WellKnownObject.LOG_START_AND_END,
}


def build_smart_group_selector(group: SmartGroup) -> dict[str, Any]:
    """Return a SmartGroup's `selector`; the Controller treats its match expressions as alternatives."""
    expressions: list[dict[str, Any]] = []
    for selector in group.selectors:
        if isinstance(selector, TagSelector):
            expressions.append({"type": "vm", "tags": dict(sorted(selector.tags.items()))})
        elif isinstance(selector, CidrSelector):
            expressions.append({"cidr": str(selector.network)})
        else:
            raise TypeError(f"{group.name}: {selector} cannot be deployed")
    return {"match_expressions": expressions}


def build_web_group_selector(group: WebGroup) -> dict[str, Any]:
    """Return a WebGroup's `selector`."""
    names = [{"snifilter": str(pattern)} for pattern in group.patterns]
    return {"match_expressions": [*names, *({"urlfilter": str(url)} for url in group.urls)]}


def build_rule_arguments(
    rule: Rule,
    group_id: Callable[[str], pulumi.Input[str]],
    *,
    tls_profile: pulumi.Input[str] | None,
    log_profiles: bool,
) -> dict[str, Any]:
    """Return the provider's arguments of one rule.

    Args:
        rule: the rule.
        group_id: returns the uuid of a SmartGroup or WebGroup that the rule names by key.
        tls_profile: uuid of the TLS profile that verifies the server name, and the certificate if the rule decrypts; None before 8.2.
        log_profiles: whether the provider has log profiles (8.2 or newer).
    """
    args: dict[str, Any] = {
        "name": rule.name,
        "action": rule.action.value,
        "priority": int(rule.priority),
        "protocol": rule.protocol.value,
        "src_smart_groups": [group_id(name) for name in rule.sources],
        "dst_smart_groups": [group_id(name) for name in rule.destinations],
        "logging": rule.logging is not Logging.NONE,
        "watch": rule.watch,
        "flow_app_requirement": "TLS_REQUIRED" if rule.tls_required else "APP_UNSPECIFIED",
        "decrypt_policy": "DECRYPT_ALLOWED" if rule.decrypts else "DECRYPT_UNSPECIFIED",
        "exclude_sg_orchestration": False,
    }
    if rule.ports:
        args["port_ranges"] = [{"lo": ports.low, "hi": ports.high} for ports in rule.ports]
    if rule.web_groups:
        args["web_groups"] = [group_id(name) for name in rule.web_groups]
    if rule.verify_sni and tls_profile is not None:
        args["tls_profile"] = tls_profile
    if log_profiles and rule.logging in LOG_PROFILES:
        args["log_profile"] = LOG_PROFILES[rule.logging].value
    return args
