"""All objects of the lab's cloud as plain data: equal inventories before `up` and after `destroy` mean that nothing is left.

One entry per kind: {"ec2.vpcs": [{...}, ...]}. Objects that AWS only remembers for a while (terminated instances, deleted gateways, keys
scheduled for deletion) count as deleted. AWS's own policies, prefix lists, keys, parameters and images are left out.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import Any

from containment_lab.cloud.clients import get_client
from containment_lab.home import LabHome

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
    "scheduler.schedules": ("scheduler", "list_schedules", "Schedules", {}),
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
_CHANGING = {
    "NetworkAclAssociationId",  # a new one when a subnet returns to its previous association
    "RouteTableAssociationId",
    "storedBytes",  # of a log group, which gets lines while its stack stays as it is
}
_GONE = {"deleted", "deleting", "terminated", "shutting-down", "PendingDeletion", "rejected", "failed"}
_REMEMBERED = {"nat-gateways", "peering-connections", "transit-gateway-attachments", "transit-gateways", "vpn-gateways", "vpc-endpoints"}


SERVICES = ("ec2", "kms", *dict.fromkeys(service for service, *_ in _OTHERS.values() if service != "kms"))


def read_inventory(home: LabHome, region: str | None = None, services: Collection[str] = SERVICES) -> Things:
    """Return the objects of a home's cloud in one region.

    Args:
        home: The lab home.
        region: The region, by default us-east-1.
        services: The services to list, by default all.
    """
    out: Things = {}
    if "ec2" in services:
        _add_ec2(get_client(home, "ec2", region), out)
    for kind, (service, call, key, args) in _OTHERS.items():
        if service in services:
            out[kind] = _fetch_items(get_client(home, service, region), call, key, **args)
    if "route53resolver" in services:
        _fill_resolver(get_client(home, "route53resolver", region), out)
    if "elbv2" in services:
        _fill_balancers(get_client(home, "elbv2", region), out)
    if "ssm" in services:
        out["ssm.parameters"] = [each for each in out["ssm.parameters"] if not each["Name"].startswith("/aws/")]
    if "kms" in services:
        _add_keys(get_client(home, "kms", region), out)
    return {kind: sorted(things, key=repr) for kind, things in sorted(out.items())}


def _add_ec2(ec2: Any, out: Things) -> None:
    out |= {f"ec2.{kind}": _fetch_items(ec2, call, key) for kind, (call, key) in _EC2.items()}
    for kind in _REMEMBERED:
        out[f"ec2.{kind}"] = [each for each in out[f"ec2.{kind}"] if not _is_gone(each)]
    for each in out["ec2.vpn-gateways"]:
        each["VpcAttachments"] = [one for one in each["VpcAttachments"] if one["State"] != "detached"]
    reservations = _fetch_items(ec2, "describe_instances", "Reservations")
    out["ec2.instances"] = [each for one in reservations for each in one["Instances"] if each["State"]["Name"] not in _GONE]
    lists = [each for each in _fetch_items(ec2, "describe_managed_prefix_lists", "PrefixLists") if each["State"] != "delete-complete"]
    lists = [{key: value for key, value in each.items() if key not in ("Version", "State")} for each in lists]
    out["ec2.prefix-lists"] = [
        each for each in lists if each["OwnerId"] != "AWS" and not each["PrefixListName"].startswith("com.amazonaws.")
    ]
    out["ec2.metadata-defaults"] = [_normalize_value(ec2.get_instance_metadata_defaults().get("AccountLevel", {}))]
    out["ec2.public-access-block"] = [
        {"mode": ec2.describe_vpc_block_public_access_options()["VpcBlockPublicAccessOptions"]["InternetGatewayBlockMode"]}
    ]


def _add_keys(kms: Any, out: Things) -> None:
    """Add the account's own keys, and leave out AWS's aliases."""
    keys = [kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"] for each in _fetch_items(kms, "list_keys", "Keys")]
    managed = {each.get("TargetKeyId") for each in out["kms.aliases"] if each["AliasName"].startswith("alias/aws/")}
    out["kms.aliases"] = [each for each in out["kms.aliases"] if not each["AliasName"].startswith("alias/aws/")]
    out["kms.keys"] = [_normalize_value(each) for each in keys if each["KeyState"] not in _GONE and each["KeyId"] not in managed]


def _fill_resolver(resolver: Any, out: Things) -> None:
    """Add the names in domain lists and the rules in groups; a VPC that fails closed equals one that was never configured."""
    for each in out["resolver.firewall-domain-lists"]:
        each["Domains"] = [
            name
            for page in resolver.get_paginator("list_firewall_domains").paginate(FirewallDomainListId=each["Id"])
            for name in page["Domains"]
        ]
    for each in out["resolver.firewall-rule-groups"]:
        each["Rules"] = _fetch_items(resolver, "list_firewall_rules", "FirewallRules", FirewallRuleGroupId=each["Id"])
    configs = out["resolver.firewall-configs"]
    out["resolver.firewall-configs"] = [each for each in configs if each["FirewallFailOpen"] != "DISABLED"]


def _fill_balancers(balancing: Any, out: Things) -> None:
    """Add the listeners of load balancers and the targets of groups; the use of a group by a balancer is part of the listeners."""
    for each in out["elb.load-balancers"]:
        each["Listeners"] = _fetch_items(balancing, "describe_listeners", "Listeners", LoadBalancerArn=each["LoadBalancerArn"])
    for each in out["elb.target-groups"]:
        health = _fetch_items(balancing, "describe_target_health", "TargetHealthDescriptions", TargetGroupArn=each["TargetGroupArn"])
        del each["LoadBalancerArns"]
        each["Targets"] = [one["Target"] for one in health]


def find_differences(before: Things, after: Things) -> list[str]:
    """Return one line for each object that is in only one of two inventories; empty when they are equal."""
    lines = []
    for kind in sorted({*before, *after}):
        old, new = before.get(kind, []), after.get(kind, [])
        lines += [f"- {kind}: {each}" for each in old if each not in new]
        lines += [f"+ {kind}: {each}" for each in new if each not in old]
    return lines


def _fetch_items(client_: Any, call: str, key: str, **args: Any) -> list[dict[str, Any]]:
    """Return the items of all pages of a call."""
    pages = client_.get_paginator(call).paginate(**args) if client_.can_paginate(call) else [getattr(client_, call)(**args)]
    return [_normalize_value(each) for page in pages for each in page.get(key, ())]


def _is_gone(thing: dict[str, Any]) -> bool:
    state = thing.get("State", thing.get("Status"))
    return (state.get("Code") if isinstance(state, dict) else state) in _GONE


def _normalize_value(value: Any) -> Any:
    """Remove what changes without a change of objects: times, ids of associations, dissolved associations, sizes of logs."""
    if isinstance(value, dict):
        return {
            key: _normalize_value(item) for key, item in value.items() if key not in _CHANGING and not isinstance(item, datetime.datetime)
        }
    if isinstance(value, list):
        kept = [item for item in value if not (isinstance(item, dict) and _is_dissolved(item))]
        return sorted((_normalize_value(item) for item in kept), key=repr)
    return value


def _is_dissolved(item: dict[str, Any]) -> bool:
    return "disassociated" in (item.get(key, {}).get("State") for key in ("CidrBlockState", "Ipv6CidrBlockState"))
