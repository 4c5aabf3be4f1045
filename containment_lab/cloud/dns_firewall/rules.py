"""Rule groups and their rules: priorities, and pairs of list and query type, are unique in a group."""

from __future__ import annotations

import re
from typing import Any

from containment_lab.cloud.dns_firewall.state import (
    Answer,
    create_object,
    delete_object,
    format_now,
    get_firewall,
    get_parameter,
    make_error,
    require_object,
    select_metadata,
)

_TYPES = {"A", "AAAA", "CAA", "CNAME", "DS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "TXT"}
_RULE = (
    "Name",
    "Priority",
    "Action",
    "BlockResponse",
    "BlockOverrideDomain",
    "BlockOverrideDnsType",
    "BlockOverrideTtl",
    "FirewallDomainRedirectionAction",
)
_RULE_KEY = ("FirewallDomainListId", "Qtype")


def create_firewall_rule_group(request: Any) -> Answer:
    """Create a group without rules."""
    here = get_firewall(request)
    more = {"OwnerId": request.current_account, "ShareStatus": "NOT_SHARED"}
    new = create_object(request, here.groups, "frg", "firewall-rule-group", **more)
    here.rules[new["Id"]] = []
    return {"FirewallRuleGroup": new | {"RuleCount": 0}}


def get_firewall_rule_group(request: Any) -> Answer:
    """Return a group without its rules."""
    here, ident = get_firewall(request), get_parameter(request, "FirewallRuleGroupId")
    return {"FirewallRuleGroup": require_object(here.groups, ident) | {"RuleCount": len(here.rules[ident])}}


def list_firewall_rule_groups(request: Any) -> Answer:
    """List all rule groups."""
    return {"FirewallRuleGroups": [select_metadata(each) for each in get_firewall(request).groups.values()]}


def delete_firewall_rule_group(request: Any) -> Answer:
    """Delete a group that is associated with no VPC, and its rules."""
    here, ident = get_firewall(request), get_parameter(request, "FirewallRuleGroupId")
    require_object(here.groups, ident)
    if any(each["FirewallRuleGroupId"] == ident for each in here.associations.values()):
        raise make_error(f"{ident} is associated with a VPC", "ConflictException")
    here.rules.pop(ident)
    return {"FirewallRuleGroup": delete_object(request, here.groups, ident)}


def create_firewall_rule(request: Any) -> Answer:
    """Add a rule to a group."""
    here, group = get_firewall(request), get_parameter(request, "FirewallRuleGroupId")
    require_object(here.groups, group)
    require_object(here.lists, get_parameter(request, "FirewallDomainListId") or "no domain list (DNS Firewall Advanced is not served)")
    rule = {"FirewallRuleGroupId": group, "CreatorRequestId": get_parameter(request, "CreatorRequestId"), "CreationTime": format_now()}
    rule |= {key: value for key in (*_RULE_KEY, *_RULE) if (value := get_parameter(request, key)) is not None}
    rule.setdefault("FirewallDomainRedirectionAction", "INSPECT_REDIRECTION_DOMAIN")
    _check(rule, here.rules[group])
    here.rules[group].append(rule)
    return {"FirewallRule": rule}


def _check(rule: Answer, others: list[Answer]) -> None:
    kind = rule.get("Qtype")
    if kind and kind not in _TYPES and not re.fullmatch(r"TYPE[1-9][0-9]{0,4}", kind):
        raise make_error(f"{kind} is no query type")
    if (rule["Action"] == "BLOCK") is not bool(rule.get("BlockResponse")):
        raise make_error("BlockResponse belongs to BLOCK, and BLOCK needs one")
    overrides = [key for key in ("BlockOverrideDomain", "BlockOverrideDnsType", "BlockOverrideTtl") if rule.get(key) is not None]
    if len(overrides) != (3 if rule.get("BlockResponse") == "OVERRIDE" else 0):
        raise make_error("BlockOverride values belong to OVERRIDE, and OVERRIDE needs all three")
    for other in others:
        if other["Priority"] == rule["Priority"]:
            raise make_error(f"priority {rule['Priority']} is taken by {other['Name']}", "ConflictException")
        if all(other.get(key) == rule.get(key) for key in _RULE_KEY):
            raise make_error(f"{other['Name']} has this list and query type", "ConflictException")


def _find_rule(request: Any) -> tuple[list[Answer], Answer]:
    here, group = get_firewall(request), get_parameter(request, "FirewallRuleGroupId")
    require_object(here.groups, group)
    for rule in here.rules[group]:
        if all(rule.get(key) == get_parameter(request, key) for key in _RULE_KEY):
            return here.rules[group], rule
    raise make_error("no such rule in the group", "ResourceNotFoundException")


def update_firewall_rule(request: Any) -> Answer:
    """Change the given fields of the rule of a list and query type."""
    rules, rule = _find_rule(request)
    changed = rule | {key: value for key in _RULE if (value := get_parameter(request, key)) is not None}
    if changed["Action"] != "BLOCK":
        changed = {key: value for key, value in changed.items() if not key.startswith("Block")}
    _check(changed, [each for each in rules if each is not rule])
    rules[rules.index(rule)] = changed
    return {"FirewallRule": changed}


def delete_firewall_rule(request: Any) -> Answer:
    """Delete the rule of a list and query type from its group."""
    rules, rule = _find_rule(request)
    rules.remove(rule)
    return {"FirewallRule": rule}


def list_firewall_rules(request: Any) -> Answer:
    """List a group's rules in order, optionally only those of a priority or action."""
    here, group = get_firewall(request), get_parameter(request, "FirewallRuleGroupId")
    require_object(here.groups, group)
    wanted = {key: value for key in ("Priority", "Action") if (value := get_parameter(request, key)) is not None}
    found = [rule for rule in here.rules[group] if wanted.items() <= rule.items()]
    return {"FirewallRules": sorted(found, key=lambda rule: int(rule["Priority"]))}
