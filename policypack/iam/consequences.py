"""What an action that is not permitted would let a host do. This only sharpens messages: the permitted list decides.

Patterns over `service:action`, first match first.
"""

from __future__ import annotations

from typing import Final

from policypack.iam.globs import covers, meet

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


def consequence_of(action: str) -> str:
    """Return what an action, or some action that a pattern matches, would do; empty when the table has no line for it."""
    for what, patterns in CONSEQUENCES:
        if any(covers(pattern, action) for pattern in patterns):
            return what
    for what, patterns in CONSEQUENCES:
        if any(meet(pattern, action) for pattern in patterns):
            return f"among others, {what}"
    return ""
