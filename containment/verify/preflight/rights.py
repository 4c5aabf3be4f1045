"""Which rights a deployment needs, and whether the caller has them.

Asked of IAM's own simulator, against the names this stack uses; where that is not allowed, EC2's dry runs tell a few. Only calls that
real AWS and the lab's cloud honour `DryRun` for are made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from containment.model.spec import ContainmentSpec
from containment.verify.preflight.facts import Unread

Clients = Callable[[str], Any]

EC2 = (
    *("CreateVpc", "ModifyVpcAttribute", "CreateSubnet", "CreateInternetGateway", "AttachInternetGateway", "CreateRouteTable"),
    *("CreateRoute", "AssociateRouteTable", "CreateSecurityGroup", "AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"),
    *("RevokeSecurityGroupEgress", "CreateVpcEndpoint", "RunInstances", "TerminateInstances", "CreateTags", "DeleteVpc"),
)
IAM = (
    *("CreateRole", "PutRolePolicy", "PassRole", "CreateInstanceProfile", "AddRoleToInstanceProfile", "DeleteRole"),
    *("DeleteRolePolicy", "DeleteInstanceProfile", "RemoveRoleFromInstanceProfile"),
)
LOGS = ("CreateLogGroup", "PutRetentionPolicy", "DeleteLogGroup")
FLOW_LOGS = ("CreateFlowLogs", "DeleteFlowLogs")
DNS_FIREWALL = (
    *("CreateFirewallDomainList", "UpdateFirewallDomains", "CreateFirewallRuleGroup", "CreateFirewallRule"),
    *("AssociateFirewallRuleGroup", "UpdateFirewallConfig"),
)
QUERY_LOGS = ("CreateResolverQueryLogConfig", "AssociateResolverQueryLogConfig")
NETWORK_ACLS = ("CreateNetworkAcl", "CreateNetworkAclEntry", "ReplaceNetworkAclAssociation")
DRY_RUNS: Mapping[str, Mapping[str, Any]] = {
    "ec2:AllocateAddress": {},
    "ec2:CreateSecurityGroup": {"GroupName": "containment-preflight", "Description": "dry run"},
}


def needed(spec: ContainmentSpec, account: str) -> dict[str, tuple[str, ...]]:
    """Return the actions this stack's deployment calls, by the resource they are asked for."""
    config, name = spec.config, spec.object_prefix
    ec2 = [*EC2, *(FLOW_LOGS if config.enable_vpc_flow_logs else ()), *(NETWORK_ACLS if config.enable_network_acls else ())]
    resolver = [*(DNS_FIREWALL if config.enable_dns_firewall else ()), *(QUERY_LOGS if config.enable_dns_query_logs else ())]
    logs = LOGS if config.enable_vpc_flow_logs or config.enable_dns_query_logs else ()
    asked = {
        "*": (*(f"ec2:{each}" for each in ec2), *(f"route53resolver:{each}" for each in resolver), "sts:GetCallerIdentity"),
        f"arn:aws:iam::{account}:role/{name}-host": tuple(f"iam:{each}" for each in IAM),
        f"arn:aws:logs:{config.aws_region}:{account}:log-group:/containment/{name}/flow-logs": tuple(f"logs:{each}" for each in logs),
    }
    return {resource: actions for resource, actions in asked.items() if actions}


def read_rights(clients: Clients, spec: ContainmentSpec, account: str, arn: str) -> tuple[Mapping[str, bool] | Unread, str]:
    """Return action -> allowed, and who said so; Unread when nobody would."""
    if arn.endswith(":root"):
        return {action: True for actions in needed(spec, account).values() for action in actions}, "the root user may do everything"
    try:
        iam, out = clients("iam"), dict[str, bool]()
        principal = _principal(iam, arn)
        for resource, actions in needed(spec, account).items():
            pages = iam.get_paginator("simulate_principal_policy").paginate(
                PolicySourceArn=principal, ActionNames=list(actions), ResourceArns=[resource]
            )
            out |= {each["EvalActionName"]: each["EvalDecision"] == "allowed" for page in pages for each in page["EvaluationResults"]}
    except ClientError as refused:
        return _dry_runs(clients, refused)
    return out, f"IAM's simulator, for {principal}"


def _principal(iam: Any, arn: str) -> str:
    """Return the ARN whose policies count: a session's role, which has a path the session's ARN does not show."""
    session = re.fullmatch(r"arn:aws[^:]*:sts::\d+:assumed-role/([^/]+)/.*", arn)
    return str(iam.get_role(RoleName=session.group(1))["Role"]["Arn"]) if session else arn


def _dry_runs(clients: Clients, refused: ClientError) -> tuple[Mapping[str, bool] | Unread, str]:
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
    return (out, said) if out else (Unread(said), said)
