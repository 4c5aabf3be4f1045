"""Log groups for VPC flows and DNS queries, their KMS key, and the role that delivers flow logs.

Rules kept here: every group has a retention; if the class demands strict logging, the groups are encrypted with a key that the
stack creates or the configuration names. The key of the stack is usable by CloudWatch Logs only, for these groups only. Names
contain the stack and not the prefix, so that a new prefix does not replace the groups and delete their logs.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.aws.policy_document import format_document, format_trust
from containment.config.spec import ContainmentSpec


class AgentLogs(pulumi.ComponentResource):
    """Log groups of one stack; a group is None if the configuration switches it off."""

    def __init__(self, name: str, spec: ContainmentSpec, account: pulumi.Input[str], *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:logs:AgentLogs", name, {}, opts)
        self._name, self._spec, self._child = name, spec, pulumi.ResourceOptions(parent=self)
        self.key_arn = self._create_key(account) if spec.strict_logging or spec.config.log_kms_key_arn else None
        self.flows = self._create_group("flow-logs") if spec.config.enable_vpc_flow_logs else None
        self.queries = self._create_group("dns-queries") if spec.config.enable_dns_query_logs else None
        self.delivery = self._create_delivery_role(self.flows) if self.flows else None
        self.register_outputs({})

    def _create_group(self, what: str) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{self._name}-{what}",
            name=_build_group_name(self._spec, what),
            retention_in_days=self._spec.config.flow_log_retention_days,
            kms_key_id=self.key_arn,
            opts=self._child,
        )

    def _create_key(self, account: pulumi.Input[str]) -> pulumi.Input[str]:
        if self._spec.config.log_kms_key_arn:
            return self._spec.config.log_kms_key_arn
        policy = pulumi.Output.from_input(account).apply(lambda found: build_key_policy(self._spec, found))
        stack = self._spec.stack
        return create_log_key(f"{self._name}-key", f"Log groups of {stack}", f"{stack}-logs", policy, self._child)

    def _create_delivery_role(self, group: aws.cloudwatch.LogGroup) -> aws.iam.Role:
        role = aws.iam.Role(
            f"{self._name}-delivery",
            name=f"{self._spec.stack}-flow-logs",
            assume_role_policy=format_trust("vpc-flow-logs.amazonaws.com"),
            opts=self._child,
        )
        write = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
        aws.iam.RolePolicy(
            f"{self._name}-delivery-policy",
            name="write-flow-logs",
            role=role.name,
            policy=group.arn.apply(lambda arn: format_document({"Effect": "Allow", "Action": write, "Resource": f"{arn}:*"})),
            opts=self._child,
        )
        return role


def create_log_key(name: str, purpose: str, label: str, policy: pulumi.Output[str], opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """Create a key for log groups and return its ARN.

    Args:
        name: the resource name.
        purpose: the key's description.
        label: its tag Name.
        policy: its policy.
        opts: its options.
    """
    arn: pulumi.Output[str] = aws.kms.Key(
        name,
        description=purpose,
        enable_key_rotation=True,
        deletion_window_in_days=30,
        policy=policy,
        tags={"Name": label},
        opts=opts,
    ).arn
    return arn


def _build_group_name(spec: ContainmentSpec, what: str) -> str:
    return f"/containment/{spec.stack}/{what}"


def build_key_policy(spec: ContainmentSpec, account: str) -> str:
    """Return the key's policy: the account administers the key, and CloudWatch Logs uses it for this stack's groups."""
    sessions = ("sessions",) if spec.config.operator_sessions else ()
    return build_log_key_policy(spec, account, ("flow-logs", "dns-queries", *sessions))


def build_log_key_policy(spec: ContainmentSpec, account: str, names: Sequence[str]) -> str:
    """Return the policy of a key that CloudWatch Logs uses for some groups of a stack.

    Args:
        spec: the stack.
        account: its AWS account, which administers the key.
        names: the last parts of the groups' names.
    """
    groups = [f"arn:aws:logs:{spec.config.aws_region}:{account}:log-group:{_build_group_name(spec, what)}" for what in names]
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
    return format_document(administer, use)
