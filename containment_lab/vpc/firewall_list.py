"""The VPC's deployed DNS Firewall: rule groups in the order of their association, rules in the order of their priority.

Without a firewall in the account, or with a cloud that does not serve its API, the resolver answers every query: the hole must be visible.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import botocore.exceptions

from containment.patterns.domain import normalize_or_keep


@dataclass(frozen=True)
class DnsRule:
    """One rule: names are exact, or `*.` and a domain; the action is ALLOW, ALERT or BLOCK (with NODATA, NXDOMAIN or OVERRIDE)."""

    id: str
    name: str
    domains: tuple[str, ...]
    action: str
    answer: str = "NODATA"
    qtype: str | None = None


@dataclass(frozen=True)
class DnsFirewall:
    """The rules for the VPC's queries, none if no rule group is associated; `fail_open`: answer when the firewall does not respond."""

    rules: tuple[DnsRule, ...] = ()
    fail_open: bool = False


def read_dns_firewall(resolver: Any, vpc_id: str) -> DnsFirewall:
    """Return the firewall of a VPC; an empty one if none is deployed."""
    try:
        held = sorted(
            _fetch_all_pages(resolver, "list_firewall_rule_group_associations", "FirewallRuleGroupAssociations", VpcId=vpc_id),
            key=lambda one: one["Priority"],
        )
        rules = tuple(
            rule for each in held if each.get("Status") != "DELETING" for rule in _read_rules(resolver, each["FirewallRuleGroupId"])
        )
        if not rules:
            return DnsFirewall()
        config = resolver.get_firewall_config(ResourceId=vpc_id).get("FirewallConfig", {})
        return DnsFirewall(rules, config.get("FirewallFailOpen") == "ENABLED")
    except botocore.exceptions.ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in (404, 500, 501):
            return DnsFirewall()
        raise


def _read_rules(resolver: Any, group: str) -> Iterator[DnsRule]:
    for each in sorted(
        _fetch_all_pages(resolver, "list_firewall_rules", "FirewallRules", FirewallRuleGroupId=group), key=lambda one: one["Priority"]
    ):
        names = _fetch_all_pages(resolver, "list_firewall_domains", "Domains", FirewallDomainListId=each["FirewallDomainListId"])
        yield DnsRule(
            id=each["FirewallDomainListId"],
            name=each["Name"],
            domains=tuple(normalize_or_keep(str(name)) for name in names),
            action=each["Action"],
            answer=each.get("BlockResponse") or "NODATA",
            qtype=each.get("Qtype"),
        )


def _fetch_all_pages(resolver: Any, call: str, key: str, **args: Any) -> list[Any]:
    out: list[Any] = []
    token: dict[str, str] = {}
    while True:
        page = getattr(resolver, call)(**args, **token)
        out += page.get(key, [])
        if not page.get("NextToken"):
            return out
        token = {"NextToken": page["NextToken"]}
