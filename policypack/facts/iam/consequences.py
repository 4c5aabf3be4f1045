"""Consequences of actions that are not permitted, for messages only: `permitted` decides.

Patterns of `service:action`; the first match counts.
"""

from __future__ import annotations

from typing import Final

from containment.patterns.wildcards import has_common_text, is_superset

CONSEQUENCES: Final = (
    (
        "it takes another identity",
        ("sts:Assume*", "sts:Get*Token", "iam:PassRole", "eks-auth:*", "rolesanywhere:*", "sso:GetRoleCredentials"),
    ),
    (
        "it runs commands or code on other machines",
        (
            "ssm:Send*",
            "ssm:Start*",
            "ssm:Resume*",
            "ssm:CreateAssociation*",
            "ssm:UpdateAssociation",
            "ssm-guiconnect:*",
            "ecs:ExecuteCommand",
        ),
    ),
    ("it logs in to machines", ("ec2-instance-connect:*", "ec2:GetPasswordData", "ec2:GetConsole*")),
    ("it reads every parameter that it names, secrets included", ("ssm:GetParameter*",)),
    ("it opens a shell or a desktop that has the internet", ("cloudshell:*", "cloud9:*", "workspaces*:*", "appstream:*", "codecatalyst:*")),
    (
        "it runs code outside of the contained network",
        (
            *("lambda:*", "ecs:RunTask", "ecs:StartTask", "ecs:*Service", "batch:*", "states:*", "codebuild:*", "glue:*", "sagemaker:*"),
            *("elasticmapreduce:*", "emr-*:*", "apprunner:*", "lightsail:*", "gamelift:*", "braket:*", "synthetics:*", "devicefarm:*"),
            *("bedrock-agentcore:*", "cloudformation:*", "elasticbeanstalk:*", "imagebuilder:*", "codepipeline:*", "codedeploy:*"),
            *(
                "airflow*:*",
                "databrew:*",
                "kinesisanalytics:*",
                "scheduler:*",
                "events:*",
                "pipes:*",
                "appflow:*",
                "transfer:*",
                "datasync:*",
            ),
        ),
    ),
    (
        "it sends data out by mail, message or call",
        ("ses:*", "sns:*", "mobiletargeting:*", "sms-voice:*", "connect:*", "chatbot:*", "chime:*"),
    ),
    ("it removes or redirects logs", ("logs:*", "cloudtrail:*", "config:*", "guardduty:*", "securityhub:*")),
    (
        "it changes the network that contains the host",
        ("ec2:*", "elasticloadbalancing:*", "route53*:*", "network-firewall:*", "vpc-lattice:*", "globalaccelerator:*", "directconnect:*"),
    ),
    ("it changes identities and their rights", ("iam:*", "organizations:*", "sso*:*", "identitystore:*", "access-analyzer:*", "account:*")),
    (
        "it shares resources with other accounts",
        ("ram:*", "*:PutResourcePolicy", "*:*BucketPolicy", "*:*Acl", "kms:CreateGrant", "kms:PutKeyPolicy"),
    ),
    ("it changes tags, by which hosts are found", ("tag:*", "*:Tag*", "*:Untag*", "*:*Tags*")),
)
"""(consequence, patterns of actions that have it)."""


def find_consequence(action: str) -> str:
    """Return the consequence of an action, or of some action that a pattern matches; "" if the table has none."""
    name = action.lower()
    for what, patterns in CONSEQUENCES:
        if any(is_superset(pattern.lower(), name) for pattern in patterns):
            return what
    for what, patterns in CONSEQUENCES:
        if any(has_common_text(pattern.lower(), name) for pattern in patterns):
            return f"among others, {what}"
    return ""
