"""Read name resolution in the agents' VPCs: private zones, the DNS Firewall and forwarding rules.

Calls: Route 53 API reference (ListHostedZonesByVPC), Route 53 Resolver API reference (List*).

Read the rights of the hosts' roles: instance profiles, trust policies, inline and attached policies.

Calls: IAM API reference. The stack's managed policies are read in their default version; of other managed policies only the ARN is read.
"""

from __future__ import annotations

import json
from typing import Any, Final

from containment.preflight.access import Clients
from containment.queries.account.reading import Reading, Scope, read_pages
from policypack.graph import known_types as kt
from policypack.graph.resources import Graph

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
            reading.add(
                kt.DNS_ASSOCIATION,
                one["Id"],
                {
                    "vpcId": one["VpcId"],
                    "firewallRuleGroupId": one["FirewallRuleGroupId"],
                    "priority": one.get("Priority"),
                    "mutationProtection": one.get("MutationProtection"),
                },
            )
    reading.mark_complete(kt.DNS_ASSOCIATION)
    lists: set[str] = set()
    for group in sorted(groups):
        reading.add(kt.DNS_GROUP, group, {})
        for one in read_pages(resolver, "list_firewall_rules", "FirewallRules", FirewallRuleGroupId=group):
            listed = one.get("FirewallDomainListId")
            lists.add(listed) if listed else None
            props = {
                "action": one.get("Action"),
                "priority": one.get("Priority"),
                "firewallRuleGroupId": group,
                "firewallDomainListId": listed,
                "qType": one.get("Qtype"),
                "firewallDomainRedirectionAction": one.get("FirewallDomainRedirectionAction"),
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


def read_identity(reading: Reading, iam: Any, graph: Graph) -> None:
    """Add the instance profiles of the hosts in `reading`, their roles, and the stack's managed policies."""
    names = {one.get("iamInstanceProfile") for one in reading.resources if one.type == kt.INSTANCE}
    for name in sorted(str(name) for name in names if name):
        reading.attempt(f"instance profile {name}", lambda name=name: _read_profile(reading, iam, name))  # type: ignore[misc]
    for policy in graph.find_by_type(kt.POLICY):
        arn = policy.get_output("arn")
        if isinstance(arn, str):
            reading.attempt(f"policy {arn}", lambda arn=arn: _read_policy(reading, iam, arn))  # type: ignore[misc]


def _read_profile(reading: Reading, iam: Any, name: str) -> None:
    profile = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    for role in profile["Roles"]:
        reading.add(kt.PROFILE, name, {"name": name, "role": role["RoleName"], "arn": profile["Arn"]})
        _read_role(reading, iam, role["RoleName"])


def _read_role(reading: Reading, iam: Any, name: str) -> None:
    role = iam.get_role(RoleName=name)["Role"]
    inline = [
        {"name": each, "policy": json.dumps(iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"])}
        for each in read_pages(iam, "list_role_policies", "PolicyNames", RoleName=name)
    ]
    attached = [each["PolicyArn"] for each in read_pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)]
    props = {
        "name": name,
        "arn": role["Arn"],
        "assumeRolePolicy": json.dumps(role["AssumeRolePolicyDocument"]),
        "inlinePolicies": inline,
        "managedPolicyArns": attached,
    }
    reading.add(kt.ROLE, name, props)
    for each in inline:
        reading.add(kt.ROLE_POLICY, f"{name}:{each['name']}", {"role": name, "name": each["name"], "policy": each["policy"]})


def _read_policy(reading: Reading, iam: Any, arn: str) -> None:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    reading.add(kt.POLICY, arn, {"arn": arn, "policy": document if isinstance(document, str) else json.dumps(document)})
