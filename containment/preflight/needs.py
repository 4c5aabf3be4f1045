"""Needs of a deployment in an AWS account: API calls per resource type, and the amount of each quota.

A test compares both with what the program registers, so that a component with a new resource type fails it until the calls are listed here.
"""

from __future__ import annotations

from collections.abc import Mapping

from containment.config.spec import ContainmentSpec
from containment.preflight.facts import Quota

ACTIONS: Mapping[str, tuple[str, ...]] = {
    "aws:ec2/vpc:Vpc": ("ec2:CreateVpc", "ec2:ModifyVpcAttribute", "ec2:DeleteVpc"),
    "aws:ec2/subnet:Subnet": ("ec2:CreateSubnet", "ec2:DeleteSubnet"),
    "aws:ec2/internetGateway:InternetGateway": ("ec2:CreateInternetGateway", "ec2:AttachInternetGateway", "ec2:DeleteInternetGateway"),
    "aws:ec2/routeTable:RouteTable": ("ec2:CreateRouteTable", "ec2:DeleteRouteTable"),
    "aws:ec2/route:Route": ("ec2:CreateRoute", "ec2:DeleteRoute"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": ("ec2:AssociateRouteTable", "ec2:DisassociateRouteTable"),
    "aws:ec2/vpcDhcpOptions:VpcDhcpOptions": ("ec2:CreateDhcpOptions", "ec2:DeleteDhcpOptions"),
    "aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation": ("ec2:AssociateDhcpOptions",),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ("ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"),
    "aws:ec2/securityGroup:SecurityGroup": (
        *("ec2:CreateSecurityGroup", "ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress"),
        *("ec2:RevokeSecurityGroupEgress", "ec2:DeleteSecurityGroup"),
    ),
    "aws:ec2/networkAcl:NetworkAcl": ("ec2:CreateNetworkAcl", "ec2:CreateNetworkAclEntry", "ec2:ReplaceNetworkAclAssociation"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint", "ec2:DeleteVpcEndpoints"),
    "aws:ec2/flowLog:FlowLog": ("ec2:CreateFlowLogs", "ec2:DeleteFlowLogs", "iam:PassRole"),
    "aws:ec2/instance:Instance": ("ec2:RunInstances", "ec2:TerminateInstances", "ec2:CreateTags", "iam:PassRole"),
    "aws:iam/role:Role": ("iam:CreateRole", "iam:TagRole", "iam:DeleteRole"),
    "aws:iam/rolePolicy:RolePolicy": ("iam:PutRolePolicy", "iam:DeleteRolePolicy"),
    "aws:iam/policy:Policy": ("iam:CreatePolicy", "iam:DeletePolicy", "iam:PutRolePermissionsBoundary"),
    "aws:iam/instanceProfile:InstanceProfile": (
        *("iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile"),
    ),
    "aws:cloudwatch/logGroup:LogGroup": ("logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteLogGroup"),
    "aws:kms/key:Key": ("kms:CreateKey", "kms:EnableKeyRotation", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"),
    "aws:route53/resolverFirewallConfig:ResolverFirewallConfig": ("route53resolver:UpdateFirewallConfig",),
    "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList": (
        *("route53resolver:CreateFirewallDomainList", "route53resolver:UpdateFirewallDomains", "route53resolver:DeleteFirewallDomainList"),
    ),
    "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup": (
        *("route53resolver:CreateFirewallRuleGroup", "route53resolver:DeleteFirewallRuleGroup"),
    ),
    "aws:route53/resolverFirewallRule:ResolverFirewallRule": (
        *("route53resolver:CreateFirewallRule", "route53resolver:UpdateFirewallRule", "route53resolver:DeleteFirewallRule"),
    ),
    "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation": (
        *("route53resolver:AssociateFirewallRuleGroup", "route53resolver:DisassociateFirewallRuleGroup"),
    ),
    "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig": (
        *("route53resolver:CreateResolverQueryLogConfig", "route53resolver:DeleteResolverQueryLogConfig"),
    ),
    "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation": (
        *("route53resolver:AssociateResolverQueryLogConfig", "route53resolver:DisassociateResolverQueryLogConfig"),
    ),
}
"""Resource type -> the calls that create and delete it (AWS service authorization reference)."""

_IF_NOT_WANTED = {
    "enable_vpc_flow_logs": ("FlowLog",),
    "enable_network_acls": ("NetworkAcl",),
    "enable_permissions_boundary": ("Policy",),
    "enable_dns_firewall": (
        *("ResolverFirewallConfig", "ResolverFirewallDomainList", "ResolverFirewallRuleGroup", "ResolverFirewallRule"),
        "ResolverFirewallRuleGroupAssociation",
    ),
    "enable_dns_query_logs": ("ResolverQueryLogConfig", "ResolverQueryLogConfigAssociation"),
}

INTERFACE_ENDPOINTS = 8
"""ssm, ssmmessages, ec2messages, logs, sts, ec2, ecr.api, ecr.dkr."""

SECURITY_GROUPS = 4
"""One each for the host, the endpoints and the VPC's default, and the gateway's, which the Controller creates."""


def find_types(spec: ContainmentSpec) -> frozenset[str]:
    """Return the AWS resource types that a deployment of the stack may register."""
    config = spec.config
    left_out = {name for switch, names in _IF_NOT_WANTED.items() if not getattr(config, switch) for name in names}
    if not spec.strict_logging or config.log_kms_key_arn:
        left_out.add("Key")
    if not config.enable_vpc_flow_logs and not config.enable_dns_query_logs:
        left_out.add("LogGroup")
    if not config.create_ssm_vpc_endpoints and not config.create_s3_gateway_endpoint:
        left_out.add("VpcEndpoint")
    return frozenset(each for each in ACTIONS if each.rpartition(":")[2] not in left_out)


def find_actions(spec: ContainmentSpec, account: str) -> dict[str, tuple[str, ...]]:
    """Return the calls of a deployment, by the ARN to simulate them for; `*` where AWS chooses the resource's name."""
    name = spec.object_prefix
    named = {
        "iam": f"arn:aws:iam::{account}:role/{name}-host",
        "logs": f"arn:aws:logs:{spec.config.aws_region}:{account}:log-group:/containment/{name}/flow-logs",
    }
    out: dict[str, list[str]] = {"*": ["sts:GetCallerIdentity"]}
    for each in sorted(find_types(spec)):
        for action in ACTIONS[each]:
            asked = out.setdefault(named.get(action.partition(":")[0], "*"), [])
            if action not in asked:
                asked.append(action)
    return {resource: tuple(found) for resource, found in out.items()}


def count_quotas(spec: ContainmentSpec) -> dict[Quota, int]:
    """Return how much of each quota the deployed stack uses."""
    config = spec.config
    return {
        Quota.VPCS: 1,
        Quota.INTERNET_GATEWAYS: 1,
        Quota.INTERFACE_ENDPOINTS: INTERFACE_ENDPOINTS if config.create_ssm_vpc_endpoints else 0,
        Quota.GATEWAY_ENDPOINTS: 1 if config.create_s3_gateway_endpoint else 0,
        Quota.SECURITY_GROUPS: SECURITY_GROUPS,
        Quota.ADDRESSES: 2 if config.ha_gateway else 1,
    }
