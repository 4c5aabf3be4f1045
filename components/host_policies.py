"""What the agent host's role may and may not do, as IAM documents. Pure functions.

Three layers, each enough alone to keep an agent from changing its own containment: the role allows what Session Manager
needs and nothing else; an explicit deny names every service that containment is made of; the permissions boundary caps
whatever is attached later. A fourth makes the credentials worthless outside: they work from this host's own address in
this VPC, through its endpoints, and nowhere else.
"""

from __future__ import annotations

import json
from typing import Any

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
"""What Session Manager needs of a host (AWS Systems Manager guide); no GetParameter, no managed policy."""

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
"""What a policy attached later may add: reading images and files, writing logs. The boundary stops the rest."""

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
"""What an agent must never touch: network, names, identity, tags, images and disks, logs, and other hosts."""


STILL_DENIED = ("ec2:*", "iam:*", "route53resolver:*", "ssm:Send*", "ssm:Start*", "sts:Assume*", "tag:*")
"""What the boundary denies by name too, so that a line added to MAY_BE_GRANTED by mistake does not open the cage."""


def operate() -> str:
    """Return the policy that lets the host be operated."""
    return _document({"Sid": "SessionManager", "Effect": "Allow", "Action": list(SESSION_MANAGER), "Resource": "*"})


def keep_off(vpc: str | None) -> str:
    """Return the explicit deny; with a VPC it also refuses calls that do not come from the host itself, through an endpoint there."""
    return _document(_deny("Containment", CONTAINMENT), *(_elsewhere(vpc) if vpc else ()))


def boundary() -> str:
    """Return the permissions boundary: the most that any policy on the role can come to."""
    allowed = {"Sid": "TheMost", "Effect": "Allow", "Action": sorted((*SESSION_MANAGER, *MAY_BE_GRANTED)), "Resource": "*"}
    return _document(allowed, _deny("NeverContainment", STILL_DENIED))


def _elsewhere(vpc: str) -> tuple[dict[str, Any], ...]:
    """Return denies for calls from another network and from another host (AWS: policies to control use of EC2 credentials).

    A call that says nothing of a VPC came over the internet. Calls that AWS makes on the host's behalf come from AWS.
    """
    ours = {"BoolIfExists": {"aws:ViaAWSService": "false"}}
    network = {"StringNotEqualsIfExists": {"aws:SourceVpc": vpc}, **ours}
    host = {"StringNotEquals": {"aws:Ec2InstanceSourcePrivateIPv4": "${aws:VpcSourceIp}"}, **ours}
    return (_deny("FromElsewhere", ("*",), network), _deny("FromAnotherHost", ("*",), host))


def _deny(sid: str, actions: tuple[str, ...], condition: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Deny", "Action": list(actions), "Resource": "*", **({"Condition": condition} if condition else {})}


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
