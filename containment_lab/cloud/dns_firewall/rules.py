"""Lists of names, rule groups and their rules: priorities, and pairs of list and query type, are unique in a group.

A list has at most 1,000 names per call, with `*` or a leading `*.` as the only wildcard.
"""

from __future__ import annotations

import re
from typing import Any

from containment_lab.cloud.dns_firewall.state import (
    Answer,
    Firewall,
    create_object,
    delete_object,
    format_now,
    get_firewall,
    get_parameter,
    make_error,
    require_object,
    select_metadata,
)

_DOMAIN = re.compile(r"\*|(\*\.)?([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")


def create_firewall_domain_list(request: Any) -> Answer:
    """Create an empty list."""
    here = get_firewall(request)
    new = create_object(request, here.lists, "fdl", "firewall-domain-list")
    here.domains[new["Id"]] = set()
    return {"FirewallDomainList": _add_count(here, new["Id"])}


def _add_count(here: Firewall, ident: str) -> Answer:
    return {**require_object(here.lists, ident), "DomainCount": len(here.domains[ident])}


def get_firewall_domain_list(request: Any) -> Answer:
    """Return a list without its names."""
    return {"FirewallDomainList": _add_count(get_firewall(request), get_parameter(request, "FirewallDomainListId"))}


def list_firewall_domain_lists(request: Any) -> Answer:
    """List all domain lists."""
    return {"FirewallDomainLists": [select_metadata(each) for each in get_firewall(request).lists.values()]}


def list_firewall_domains(request: Any) -> Answer:
    """List the names of a list, with their last dot, as AWS does."""
    here, ident = get_firewall(request), get_parameter(request, "FirewallDomainListId")
    require_object(here.lists, ident)
    return {"Domains": sorted(name if name == "*" else f"{name}." for name in here.domains[ident])}


def update_firewall_domains(request: Any) -> Answer:
    """Add, remove or replace names: at most 1,000 per call; a wildcard is `*` or a leading `*.`."""
    here, ident, operation = get_firewall(request), get_parameter(request, "FirewallDomainListId"), get_parameter(request, "Operation")
    thing, names = require_object(here.lists, ident), get_parameter(request, "Domains") or []
    wrong = [name for name in names if not _DOMAIN.fullmatch(name) or len(name) > 255]
    if wrong or len(names) > 1000:
        raise make_error(f"{len(names)} domains, of which invalid: {', '.join(wrong) or 'none'}; at most 1000 per call")
    given = {name.rstrip(".").lower() or name for name in names}
    held = here.domains[ident]
    here.domains[ident] = {"ADD": held | given, "REMOVE": held - given, "REPLACE": given}[operation]
    thing["ModificationTime"] = format_now()
    return {"Id": ident, "Name": thing["Name"], "Status": "COMPLETE", "StatusMessage": ""}


def delete_firewall_domain_list(request: Any) -> Answer:
    """Delete a list that no rule uses."""
    here, ident = get_firewall(request), get_parameter(request, "FirewallDomainListId")
    require_object(here.lists, ident)
    if any(rule["FirewallDomainListId"] == ident for rules in here.rules.values() for rule in rules):
        raise make_error(f"{ident} is used by a rule", "ConflictException")
    return {"FirewallDomainList": delete_object(request, here.lists, ident)}


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
