"""The VPC's DNS Firewall as it was deployed: rule groups in the order of their association, rules in the order of their priority.

An account that has none, or a cloud that serves no such calls, means that the resolver answers everything: the hole must show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import botocore.exceptions

from containment.model.fqdn import spelled


@dataclass(frozen=True)
class DnsRule:
    """One rule: names are exact, or `*.` and a domain; action ALLOW, ALERT or BLOCK; a block answers NODATA, NXDOMAIN or OVERRIDE."""

    id: str
    name: str
    domains: tuple[str, ...]
    action: str
    answer: str = "NODATA"
    qtype: str | None = None


@dataclass(frozen=True)
class DnsFirewall:
    """What judges the VPC's queries; nothing when no rule group is associated. `fail_open`: answers when the firewall cannot judge."""

    rules: tuple[DnsRule, ...] = ()
    fail_open: bool = False


def read_dns_firewall(resolver: Any, vpc_id: str) -> DnsFirewall:
    """Return the firewall of a VPC; an empty one where none is deployed."""
    try:
        held = sorted(
            _all(resolver, "list_firewall_rule_group_associations", "FirewallRuleGroupAssociations", VpcId=vpc_id),
            key=lambda one: one["Priority"],
        )
        rules = tuple(rule for each in held if each.get("Status") != "DELETING" for rule in _rules(resolver, each["FirewallRuleGroupId"]))
        if not rules:
            return DnsFirewall()
        config = resolver.get_firewall_config(ResourceId=vpc_id).get("FirewallConfig", {})
        return DnsFirewall(rules, config.get("FirewallFailOpen") == "ENABLED")
    except botocore.exceptions.ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in (404, 500, 501):
            return DnsFirewall()
        raise


def _rules(resolver: Any, group: str) -> Iterator[DnsRule]:
    for each in sorted(_all(resolver, "list_firewall_rules", "FirewallRules", FirewallRuleGroupId=group), key=lambda one: one["Priority"]):
        names = _all(resolver, "list_firewall_domains", "Domains", FirewallDomainListId=each["FirewallDomainListId"])
        yield DnsRule(
            id=each["FirewallDomainListId"],
            name=each["Name"],
            domains=tuple(spelled(str(name)) for name in names),
            action=each["Action"],
            answer=each.get("BlockResponse") or "NODATA",
            qtype=each.get("Qtype"),
        )


def _all(resolver: Any, call: str, key: str, **args: Any) -> list[Any]:
    out: list[Any] = []
    token: dict[str, str] = {}
    while True:
        page = getattr(resolver, call)(**args, **token)
        out += page.get(key, [])
        if not page.get("NextToken"):
            return out
        token = {"NextToken": page["NextToken"]}
