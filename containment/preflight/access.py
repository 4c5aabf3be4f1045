"""Access to an account: the systems that are read, and the rights of a deployment.

Needs of a deployment in an AWS account: API calls per resource type, and the amount of each quota.

A test compares both with what the program registers, so that a component with a new resource type fails it until the calls are listed here.

Check that the caller has the rights that a deployment needs.

IAM's policy simulator answers for the resource names of the stack; where the caller may not use it, EC2 dry runs test a few rights. Only
those calls are made whose `DryRun` both real AWS and the lab honor.

The account and the Controller that are read: clients and address, or why there are none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from containment.config.spec import ContainmentSpec
from containment.controller_api.client import ControllerAddress
from containment.preflight.facts import Quota, UnreadFact

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


Clients = Callable[[str], Any]

DRY_RUNS: Mapping[str, Mapping[str, Any]] = {
    "ec2:AllocateAddress": {},
    "ec2:CreateSecurityGroup": {"GroupName": "containment-preflight", "Description": "dry run"},
}


def read_rights(clients: Clients, spec: ContainmentSpec, account: str, arn: str) -> tuple[Mapping[str, bool] | UnreadFact, str]:
    """Return action -> allowed, and the source of the answer; `Unread` if neither the simulator nor dry runs answered."""
    if arn.endswith(":root"):
        return {action: True for asked in find_actions(spec, account).values() for action in asked}, "the root user may do everything"
    try:
        iam, out = clients("iam"), dict[str, bool]()
        principal = _find_principal(iam, arn)
        for resource, asked in find_actions(spec, account).items():
            pages = iam.get_paginator("simulate_principal_policy").paginate(
                PolicySourceArn=principal, ActionNames=list(asked), ResourceArns=[resource]
            )
            out |= {each["EvalActionName"]: each["EvalDecision"] == "allowed" for page in pages for each in page["EvaluationResults"]}
    except ClientError as refused:
        return _try_dry_runs(clients, refused)
    return out, f"IAM's simulator, for {principal}"


def _find_principal(iam: Any, arn: str) -> str:
    """Return the ARN whose policies apply: for a session its role, whose path the session's ARN lacks."""
    session = re.fullmatch(r"arn:aws[^:]*:sts::\d+:assumed-role/([^/]+)/.*", arn)
    return str(iam.get_role(RoleName=session.group(1))["Role"]["Arn"]) if session else arn


def _try_dry_runs(clients: Clients, refused: ClientError) -> tuple[Mapping[str, bool] | UnreadFact, str]:
    ec2, out = clients("ec2"), dict[str, bool]()
    for action, arguments in DRY_RUNS.items():
        call = getattr(ec2, re.sub(r"(?<!^)(?=[A-Z])", "_", action.partition(":")[2]).lower())
        try:
            call(DryRun=True, **arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ("DryRunOperation", "UnauthorizedOperation"):
                out[action] = code == "DryRunOperation"
    said = f"dry runs of {len(out)} calls only: the simulator does not answer ({refused.response['Error']['Code']})"
    return (out, said) if out else (UnreadFact(said), said)


@dataclass(frozen=True)
class LiveSystems:
    """The systems to read: clients and address, or why there are none.

    `said` is the report's heading, `overrides` is configuration that the place provides (the lab's access account), and `demanded` are
    the systems whose absence is a failure.
    """

    said: str
    clients: Clients | UnreadFact
    controller: ControllerAddress | UnreadFact
    overrides: Mapping[str, str]
    demanded: frozenset[str]
