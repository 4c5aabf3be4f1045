"""Read name resolution in the agents' VPCs: private zones, the DNS Firewall and forwarding rules.

Calls: Route 53 API reference (ListHostedZonesByVPC), Route 53 Resolver API reference (List*).
"""

from __future__ import annotations

from typing import Any, Final

from containment.preflight.access import Clients
from containment.queries.account.reading import Reading, Scope, read_pages, take
from policypack.graph import known_types as kt

ZONE: Final = "aws:route53/zone:Zone"


def read_names(reading: Reading, clients: Clients, scope: Scope) -> None:
    """Read the private zones and the resolver's settings of the VPCs in the scope."""
    for vpc in scope.vpcs:
        reading.attempt(f"private zones of {vpc}", lambda vpc=vpc: _read_zones(reading, clients("route53"), scope.region, vpc))  # type: ignore[misc]
    resolver = clients("route53resolver")
    reading.attempt("DNS Firewall associations", lambda: _read_associations(reading, resolver, scope))
    reading.attempt("DNS Firewall settings", lambda: _read_configs(reading, resolver, scope))
    reading.attempt("resolver rules", lambda: _read_forwarding(reading, resolver, scope))


def _read_zones(reading: Reading, route53: Any, region: str, vpc: str) -> None:
    more: dict[str, str] = {}
    while True:
        answer = route53.list_hosted_zones_by_vpc(VPCId=vpc, VPCRegion=region, **more)
        for one in answer.get("HostedZoneSummaries") or ():
            owner = one.get("Owner") or {}
            if owner.get("OwningService"):
                continue  # a zone that AWS manages for an endpoint or a namespace
            name = str(one.get("Name", "")).rstrip(".")
            reading.add(ZONE, str(one["HostedZoneId"]).rpartition("/")[2], {"name": name, "vpcs": [{"vpcId": vpc}]})
        if not answer.get("NextToken"):
            return
        more = {"NextToken": answer["NextToken"]}


def _read_associations(reading: Reading, resolver: Any, scope: Scope) -> None:
    groups: set[str] = set()
    for one in read_pages(resolver, "list_firewall_rule_group_associations", "FirewallRuleGroupAssociations"):
        if one.get("VpcId") in scope.vpcs and one.get("Status") != "DELETING":
            groups.add(one["FirewallRuleGroupId"])
            reading.add(kt.DNS_ASSOCIATION, one["Id"], take(one, "vpcId", "firewallRuleGroupId", "priority", "mutationProtection"))
    reading.mark_complete(kt.DNS_ASSOCIATION)
    lists: set[str] = set()
    for group in sorted(groups):
        reading.add(kt.DNS_GROUP, group, {})
        for one in read_pages(resolver, "list_firewall_rules", "FirewallRules", FirewallRuleGroupId=group):
            listed = one.get("FirewallDomainListId")
            lists.add(listed) if listed else None
            props = {
                **take(one, "action", "priority", "firewallDomainListId", "firewallDomainRedirectionAction"),
                "firewallRuleGroupId": group,
                "qType": one.get("Qtype"),
            }
            reading.add(kt.DNS_RULE, f"{group}:{listed}", props)
    reading.mark_complete(kt.DNS_RULE)
    for listed in sorted(lists):
        domains = [str(one) for one in read_pages(resolver, "list_firewall_domains", "Domains", FirewallDomainListId=listed)]
        reading.add(kt.DNS_LIST, listed, {"domains": domains})


def _read_configs(reading: Reading, resolver: Any, scope: Scope) -> None:
    for vpc in scope.vpcs:
        one = resolver.get_firewall_config(ResourceId=vpc)["FirewallConfig"]
        reading.add(kt.DNS_CONFIG, str(one["Id"]), {"resourceId": vpc, "firewallFailOpen": one.get("FirewallFailOpen")})


def _read_forwarding(reading: Reading, resolver: Any, scope: Scope) -> None:
    for one in read_pages(resolver, "list_resolver_rule_associations", "ResolverRuleAssociations"):
        rule = one.get("ResolverRuleId", "")
        if one.get("VPCId") not in scope.vpcs or rule.startswith("rslvr-autodefined"):
            continue
        reading.add(kt.FORWARD_ASSOCIATION, one["Id"], {"vpcId": one["VPCId"], "resolverRuleId": rule})
        found = resolver.get_resolver_rule(ResolverRuleId=rule)["ResolverRule"]
        reading.add(kt.FORWARD_RULE, rule, {"domainName": str(found.get("DomainName", "")).rstrip("."), "ruleType": found.get("RuleType")})
