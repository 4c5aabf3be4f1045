"""IAM documents of the agent host's role. Pure functions.

Three layers, each enough alone to keep an agent from changing its own containment: the role allows only the actions that Session
Manager needs; an explicit deny names every service that containment is made of; the permissions boundary limits any policy that is
attached later. A fourth makes stolen credentials useless: they work only from this host's address in this VPC, through its
endpoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.aws.policy_document import format_document

SESSION_MANAGER = (
    "ec2messages:AcknowledgeMessage",
    "ec2messages:DeleteMessage",
    "ec2messages:FailMessage",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
"""Actions that Session Manager needs on a host (AWS Systems Manager User Guide); no GetParameter, no managed policy."""

MAY_BE_GRANTED = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
    "s3:GetObject",
    "sts:GetCallerIdentity",
)
"""Actions that a policy attached later may add: read images and files, write logs. The boundary denies all others."""

CONTAINMENT = (
    "account:*",
    "autoscaling:*",
    "cloudformation:*",
    "cloudtrail:*",
    "config:*",
    "ebs:*",
    "ec2-instance-connect:*",
    "ec2:*",
    "elasticloadbalancing:*",
    "globalaccelerator:*",
    "guardduty:*",
    "iam:*",
    "kms:CancelKeyDeletion",
    "kms:Create*",
    "kms:Delete*",
    "kms:Disable*",
    "kms:Enable*",
    "kms:Put*",
    "kms:ReplicateKey",
    "kms:RetireGrant",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:Update*",
    "lambda:*",
    "logs:Associate*",
    "logs:CreateDelivery",
    "logs:CreateExportTask",
    "logs:Delete*",
    "logs:Disassociate*",
    "logs:PutAccountPolicy",
    "logs:PutDataProtectionPolicy",
    "logs:PutDelivery*",
    "logs:PutDestination*",
    "logs:PutResourcePolicy",
    "logs:PutRetentionPolicy",
    "logs:PutSubscriptionFilter",
    "logs:Tag*",
    "logs:Untag*",
    "logs:Update*",
    "network-firewall:*",
    "networkmanager:*",
    "organizations:*",
    "ram:*",
    "resource-groups:*",
    "rolesanywhere:*",
    "route53:*",
    "route53profiles:*",
    "route53resolver:*",
    "scheduler:*",
    "ssm-guiconnect:*",
    "ssm:AddTagsToResource",
    "ssm:Cancel*",
    "ssm:Create*",
    "ssm:Delete*",
    "ssm:Deregister*",
    "ssm:GetParameter*",
    "ssm:LabelParameterVersion",
    "ssm:Modify*",
    "ssm:Put*",
    "ssm:Register*",
    "ssm:RemoveTagsFromResource",
    "ssm:Reset*",
    "ssm:ResumeSession",
    "ssm:Send*",
    "ssm:Start*",
    "ssm:Stop*",
    "ssm:TerminateSession",
    "ssm:UpdateAssociation*",
    "ssm:UpdateDocument*",
    "ssm:UpdateMaintenanceWindow*",
    "ssm:UpdateManagedInstanceRole",
    "ssm:UpdateServiceSetting",
    "sts:Assume*",
    "sts:GetFederationToken",
    "sts:GetSessionToken",
    "sts:SetSourceIdentity",
    "sts:TagSession",
    "tag:*",
    "vpc-lattice:*",
)
"""Actions that an agent must never have: on network, DNS, identity, tags, images and disks, logs, and other hosts."""


STILL_DENIED = ("ec2:*", "iam:*", "route53resolver:*", "ssm:Send*", "ssm:Start*", "sts:Assume*", "tag:*")
"""Actions that the boundary also denies explicitly, so that a wrong entry in MAY_BE_GRANTED does not permit them."""


def build_operation_policy() -> str:
    """Return the policy that allows Session Manager to operate the host."""
    return format_document({"Sid": "SessionManager", "Effect": "Allow", "Action": list(SESSION_MANAGER), "Resource": "*"})


def build_bundle_policy(source: str) -> str:
    """Return the right to read the objects below one prefix, and nothing else of the bucket; `source` is s3://BUCKET/PREFIX."""
    objects = f"arn:aws:s3:::{source.removeprefix('s3://')}/*"
    return format_document({"Sid": "SignedBundle", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [objects]})


def build_deny_policy(vpc: str | None) -> str:
    """Return the explicit deny; with a VPC id it also denies calls that do not come from the host through that VPC's endpoints."""
    return format_document(_deny("Containment", CONTAINMENT), *(_deny_elsewhere(vpc) if vpc else ()))


def build_boundary(*more: str) -> str:
    """Return the permissions boundary: the most that all policies of the role together can allow.

    Args:
        more: actions that a feature of the stack adds.
    """
    allowed = {"Sid": "TheMost", "Effect": "Allow", "Action": sorted((*SESSION_MANAGER, *MAY_BE_GRANTED, *more)), "Resource": "*"}
    return format_document(allowed, _deny("NeverContainment", STILL_DENIED))


def build_gateway_policy(secrets: Sequence[str]) -> str:
    """Return the credential gateway's only right: reading exactly its secrets."""
    read = {"Sid": "ProviderKeys", "Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": sorted(secrets)}
    return format_document(read)


def build_gateway_denial(vpc: str) -> str:
    """Return the denial of the gateway's right from any other address than its own in this VPC: stolen credentials read nothing."""
    return format_document(*_deny_elsewhere(vpc))


def _deny_elsewhere(vpc: str) -> tuple[dict[str, Any], ...]:
    """Return denies for calls from another network and from another host (AWS: policies to control use of EC2 credentials).

    A call without `aws:SourceVpc` came over the internet. Calls that AWS services make on the host's behalf are excepted.
    """
    ours = {"BoolIfExists": {"aws:ViaAWSService": "false"}}
    network = {"StringNotEqualsIfExists": {"aws:SourceVpc": vpc}, **ours}
    host = {"StringNotEquals": {"aws:Ec2InstanceSourcePrivateIPv4": "${aws:VpcSourceIp}"}, **ours}
    return (_deny("FromElsewhere", ("*",), network), _deny("FromAnotherHost", ("*",), host))


def _deny(sid: str, actions: tuple[str, ...], condition: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Deny", "Action": list(actions), "Resource": "*", **({"Condition": condition} if condition else {})}
