"""Where a stack's records go: log groups for VPC flows and DNS queries, their key, and the role that delivers flows.

Rules kept here: every group has a retention; where the class demands strict logging the groups are encrypted with a key
of the stack's own (or the one configuration names), which only CloudWatch Logs may use, and for these groups alone.
Names hold the stack and not the prefix: what was logged outlives a new prefix.
"""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from containment.model.spec import ContainmentSpec


class AgentLogs(pulumi.ComponentResource):
    """Log groups of one stack; a group that configuration switches off is None."""

    def __init__(self, name: str, spec: ContainmentSpec, account: pulumi.Input[str], *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:logs:AgentLogs", name, {}, opts)
        self._name, self._spec, self._child = name, spec, pulumi.ResourceOptions(parent=self)
        self.key_arn = self._key(account) if spec.strict_logging or spec.config.log_kms_key_arn else None
        self.flows = self._group("flow-logs") if spec.config.enable_vpc_flow_logs else None
        self.queries = self._group("dns-queries") if spec.config.enable_dns_query_logs else None
        self.delivery = self._delivery(self.flows) if self.flows else None
        self.register_outputs({})

    def _group(self, what: str) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{self._name}-{what}",
            name=_group_name(self._spec, what),
            retention_in_days=self._spec.config.flow_log_retention_days,
            kms_key_id=self.key_arn,
            opts=self._child,
        )

    def _key(self, account: pulumi.Input[str]) -> pulumi.Input[str]:
        if self._spec.config.log_kms_key_arn:
            return self._spec.config.log_kms_key_arn
        key = aws.kms.Key(
            f"{self._name}-key",
            description=f"Log groups of {self._spec.stack}",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=pulumi.Output.from_input(account).apply(lambda found: key_policy(self._spec, found)),
            tags={"Name": f"{self._spec.stack}-logs"},
            opts=self._child,
        )
        arn: pulumi.Output[str] = key.arn
        return arn

    def _delivery(self, group: aws.cloudwatch.LogGroup) -> aws.iam.Role:
        trust = {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}
        role = aws.iam.Role(
            f"{self._name}-delivery",
            name=f"{self._spec.stack}-flow-logs",
            assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            opts=self._child,
        )
        write = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
        aws.iam.RolePolicy(
            f"{self._name}-delivery-policy",
            name="write-flow-logs",
            role=role.name,
            policy=group.arn.apply(
                lambda arn: json.dumps(
                    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": write, "Resource": f"{arn}:*"}]}
                )
            ),
            opts=self._child,
        )
        return role


def _group_name(spec: ContainmentSpec, what: str) -> str:
    return f"/containment/{spec.stack}/{what}"


def key_policy(spec: ContainmentSpec, account: str) -> str:
    """Return the key's policy: the account administers it, CloudWatch Logs uses it for this stack's groups."""
    groups = [
        f"arn:aws:logs:{spec.config.aws_region}:{account}:log-group:{_group_name(spec, what)}" for what in ("flow-logs", "dns-queries")
    ]
    administer = {
        "Sid": "AccountAdministers",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    use = {
        "Sid": "LogsOfThisStack",
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{spec.config.aws_region}.amazonaws.com"},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        "Resource": "*",
        "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": groups}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [administer, use]})
