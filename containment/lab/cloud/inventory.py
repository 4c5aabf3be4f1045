"""Everything the lab's cloud holds, as plain data that can be compared: equal before `up` and after `destroy` means that nothing is left.

One entry a kind of thing: {"ec2.vpcs": [{...}, ...]}. What AWS only remembers for a while (terminated instances, deleted gateways, keys
that wait for their deletion) counts as gone. AWS's own policies, prefix lists, keys, parameters and images are left out.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import Any

from containment.lab.cloud.clients import client
from containment.lab.home import LabHome

Things = dict[str, list[dict[str, Any]]]

_EC2 = {
    "addresses": ("describe_addresses", "Addresses"),
    "dhcp-options": ("describe_dhcp_options", "DhcpOptions"),
    "egress-only-internet-gateways": ("describe_egress_only_internet_gateways", "EgressOnlyInternetGateways"),
    "instance-connect-endpoints": ("describe_instance_connect_endpoints", "InstanceConnectEndpoints"),
    "flow-logs": ("describe_flow_logs", "FlowLogs"),
    "internet-gateways": ("describe_internet_gateways", "InternetGateways"),
    "key-pairs": ("describe_key_pairs", "KeyPairs"),
    "launch-templates": ("describe_launch_templates", "LaunchTemplates"),
    "nat-gateways": ("describe_nat_gateways", "NatGateways"),
    "network-acls": ("describe_network_acls", "NetworkAcls"),
    "network-interfaces": ("describe_network_interfaces", "NetworkInterfaces"),
    "peering-connections": ("describe_vpc_peering_connections", "VpcPeeringConnections"),
    "route-tables": ("describe_route_tables", "RouteTables"),
    "security-group-rules": ("describe_security_group_rules", "SecurityGroupRules"),
    "security-groups": ("describe_security_groups", "SecurityGroups"),
    "subnets": ("describe_subnets", "Subnets"),
    "transit-gateway-attachments": ("describe_transit_gateway_attachments", "TransitGatewayAttachments"),
    "transit-gateways": ("describe_transit_gateways", "TransitGateways"),
    "volumes": ("describe_volumes", "Volumes"),
    "vpc-endpoints": ("describe_vpc_endpoints", "VpcEndpoints"),
    "vpcs": ("describe_vpcs", "Vpcs"),
    "vpn-gateways": ("describe_vpn_gateways", "VpnGateways"),
}
_OTHERS = {
    "autoscaling.groups": ("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", {}),
    "elb.load-balancers": ("elbv2", "describe_load_balancers", "LoadBalancers", {}),
    "elb.target-groups": ("elbv2", "describe_target_groups", "TargetGroups", {}),
    "iam.instance-profiles": ("iam", "list_instance_profiles", "InstanceProfiles", {}),
    "iam.policies": ("iam", "list_policies", "Policies", {"Scope": "Local"}),
    "iam.roles": ("iam", "list_roles", "Roles", {}),
    "iam.users": ("iam", "list_users", "Users", {}),
    "kms.aliases": ("kms", "list_aliases", "Aliases", {}),
    "logs.groups": ("logs", "describe_log_groups", "logGroups", {}),
    "resolver.endpoints": ("route53resolver", "list_resolver_endpoints", "ResolverEndpoints", {}),
    "resolver.firewall-associations": ("route53resolver", "list_firewall_rule_group_associations", "FirewallRuleGroupAssociations", {}),
    "resolver.firewall-configs": ("route53resolver", "list_firewall_configs", "FirewallConfigs", {}),
    "resolver.firewall-domain-lists": ("route53resolver", "list_firewall_domain_lists", "FirewallDomainLists", {}),
    "resolver.firewall-rule-groups": ("route53resolver", "list_firewall_rule_groups", "FirewallRuleGroups", {}),
    "resolver.query-log-associations": (
        "route53resolver",
        "list_resolver_query_log_config_associations",
        "ResolverQueryLogConfigAssociations",
        {},
    ),
    "resolver.query-logs": ("route53resolver", "list_resolver_query_log_configs", "ResolverQueryLogConfigs", {}),
    "resolver.rule-associations": ("route53resolver", "list_resolver_rule_associations", "ResolverRuleAssociations", {}),
    "resolver.rules": ("route53resolver", "list_resolver_rules", "ResolverRules", {}),
    "s3.buckets": ("s3", "list_buckets", "Buckets", {}),
    "ssm.parameters": ("ssm", "describe_parameters", "Parameters", {}),
}
_CHANGING = {"NetworkAclAssociationId", "RouteTableAssociationId"}  # new ones when a subnet goes back to where it was
_GONE = {"deleted", "deleting", "terminated", "shutting-down", "PendingDeletion", "rejected", "failed"}
_REMEMBERED = {"nat-gateways", "peering-connections", "transit-gateway-attachments", "transit-gateways", "vpn-gateways", "vpc-endpoints"}


SERVICES = ("ec2", "kms", *dict.fromkeys(service for service, *_ in _OTHERS.values() if service != "kms"))


def inventory(home: LabHome, region: str | None = None, services: Collection[str] = SERVICES) -> Things:
    """Return what the cloud of `home` holds in one region (us-east-1 unless told), in every service unless told."""
    out: Things = {}
    if "ec2" in services:
        _add_ec2(client(home, "ec2", region), out)
    for kind, (service, call, key, args) in _OTHERS.items():
        if service in services:
            out[kind] = _all(client(home, service, region), call, key, **args)
    if "route53resolver" in services:
        _fill_resolver(client(home, "route53resolver", region), out)
    if "elbv2" in services:
        _fill_balancers(client(home, "elbv2", region), out)
    if "ssm" in services:
        out["ssm.parameters"] = [each for each in out["ssm.parameters"] if not each["Name"].startswith("/aws/")]
    if "kms" in services:
        _add_keys(client(home, "kms", region), out)
    return {kind: sorted(things, key=repr) for kind, things in sorted(out.items())}


def _add_ec2(ec2: Any, out: Things) -> None:
    out |= {f"ec2.{kind}": _all(ec2, call, key) for kind, (call, key) in _EC2.items()}
    for kind in _REMEMBERED:
        out[f"ec2.{kind}"] = [each for each in out[f"ec2.{kind}"] if not _is_gone(each)]
    for each in out["ec2.vpn-gateways"]:
        each["VpcAttachments"] = [one for one in each["VpcAttachments"] if one["State"] != "detached"]
    reservations = _all(ec2, "describe_instances", "Reservations")
    out["ec2.instances"] = [each for one in reservations for each in one["Instances"] if each["State"]["Name"] not in _GONE]
    lists = [each for each in _all(ec2, "describe_managed_prefix_lists", "PrefixLists") if each["State"] != "delete-complete"]
    lists = [{key: value for key, value in each.items() if key not in ("Version", "State")} for each in lists]
    out["ec2.prefix-lists"] = [
        each for each in lists if each["OwnerId"] != "AWS" and not each["PrefixListName"].startswith("com.amazonaws.")
    ]
    out["ec2.metadata-defaults"] = [_plain(ec2.get_instance_metadata_defaults().get("AccountLevel", {}))]
    out["ec2.public-access-block"] = [
        {"mode": ec2.describe_vpc_block_public_access_options()["VpcBlockPublicAccessOptions"]["InternetGatewayBlockMode"]}
    ]


def _add_keys(kms: Any, out: Things) -> None:
    """Add the keys that are the account's own, and leave out AWS's aliases."""
    keys = [kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"] for each in _all(kms, "list_keys", "Keys")]
    managed = {each.get("TargetKeyId") for each in out["kms.aliases"] if each["AliasName"].startswith("alias/aws/")}
    out["kms.aliases"] = [each for each in out["kms.aliases"] if not each["AliasName"].startswith("alias/aws/")]
    out["kms.keys"] = [_plain(each) for each in keys if each["KeyState"] not in _GONE and each["KeyId"] not in managed]


def _fill_resolver(resolver: Any, out: Things) -> None:
    """Add the names in domain lists and the rules in groups; a VPC that fails closed is as one never configured."""
    for each in out["resolver.firewall-domain-lists"]:
        each["Domains"] = [
            name
            for page in resolver.get_paginator("list_firewall_domains").paginate(FirewallDomainListId=each["Id"])
            for name in page["Domains"]
        ]
    for each in out["resolver.firewall-rule-groups"]:
        each["Rules"] = _all(resolver, "list_firewall_rules", "FirewallRules", FirewallRuleGroupId=each["Id"])
    configs = out["resolver.firewall-configs"]
    out["resolver.firewall-configs"] = [each for each in configs if each["FirewallFailOpen"] != "DISABLED"]


def _fill_balancers(balancing: Any, out: Things) -> None:
    """Add the listeners of load balancers and the targets of groups; which balancer a group is used by, its listeners say."""
    for each in out["elb.load-balancers"]:
        each["Listeners"] = _all(balancing, "describe_listeners", "Listeners", LoadBalancerArn=each["LoadBalancerArn"])
    for each in out["elb.target-groups"]:
        health = _all(balancing, "describe_target_health", "TargetHealthDescriptions", TargetGroupArn=each["TargetGroupArn"])
        del each["LoadBalancerArns"]
        each["Targets"] = [one["Target"] for one in health]


def differences(before: Things, after: Things) -> list[str]:
    """Return one line for each thing that is in only one of two inventories; empty when they are equal."""
    lines = []
    for kind in sorted({*before, *after}):
        old, new = before.get(kind, []), after.get(kind, [])
        lines += [f"- {kind}: {each}" for each in old if each not in new]
        lines += [f"+ {kind}: {each}" for each in new if each not in old]
    return lines


def _all(client_: Any, call: str, key: str, **args: Any) -> list[dict[str, Any]]:
    """Return every item of a call, all pages of it."""
    pages = client_.get_paginator(call).paginate(**args) if client_.can_paginate(call) else [getattr(client_, call)(**args)]
    return [_plain(each) for page in pages for each in page.get(key, ())]


def _is_gone(thing: dict[str, Any]) -> bool:
    state = thing.get("State", thing.get("Status"))
    return (state.get("Code") if isinstance(state, dict) else state) in _GONE


def _plain(value: Any) -> Any:
    """Return a value without what says nothing about what is there: times, ids of associations, dissolved ones."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key not in _CHANGING and not isinstance(item, datetime.datetime)}
    if isinstance(value, list):
        kept = [item for item in value if not (isinstance(item, dict) and _dissolved(item))]
        return sorted((_plain(item) for item in kept), key=repr)
    return value


def _dissolved(item: dict[str, Any]) -> bool:
    return "disassociated" in (item.get(key, {}).get("State") for key in ("CidrBlockState", "Ipv6CidrBlockState"))
