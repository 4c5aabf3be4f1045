"""Operators' sessions on the agent hosts: documents with a record and limits, the record's log group, and the operators' policy.

Rules kept here: a shell is recorded in an encrypted log group while it is typed, ends when idle and after a longest time, and runs as a
user without rights of root; ports are forwarded from the host's own loopback only; the policy opens a host to its owner with a second
factor, and with these documents alone. A stack without `operatorSessions` has none of this.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.aws.host import AgentHost
from components.aws.logs import AgentLogs, build_log_key_policy, create_log_key
from components.aws.operator_policy import build_operator_policy, build_record_policy
from containment.config.spec import ContainmentSpec
from containment.sessions.documents import (
    build_forwarding_content,
    build_shell_content,
    make_forwarding_name,
    make_log_group_name,
    make_shell_name,
)


class OperatorSessions(pulumi.ComponentResource):
    """The sessions of one stack; `policy` is attached to operators outside of the program."""

    def __init__(
        self,
        name: str,
        spec: ContainmentSpec,
        logs: AgentLogs,
        hosts: Sequence[AgentHost],
        account: pulumi.Input[str],
        *,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("containment:sessions:OperatorSessions", name, {}, opts)
        self._name, self._spec, self._child = name, spec, pulumi.ResourceOptions(parent=self)
        found = pulumi.Output.from_input(account)
        config, group_name = spec.config, make_log_group_name(spec.stack)
        group = aws.cloudwatch.LogGroup(
            f"{name}-record",
            name=group_name,
            retention_in_days=config.flow_log_retention_days,
            kms_key_id=logs.key_arn or self._create_key(found),
            opts=self._child,
        )
        self.log_group: pulumi.Output[str] = group.name
        content = build_shell_content(group_name, config.session_idle_minutes, config.session_max_minutes)
        self.shell = self._create_document("shell", make_shell_name(spec.object_prefix), content, group)
        self.forwarding = (
            self._create_document(
                "forwarding", make_forwarding_name(spec.object_prefix), build_forwarding_content(config.session_ports), group
            )
            if config.session_ports
            else None
        )
        for host in hosts:
            record = group.arn.apply(build_record_policy)
            aws.iam.RolePolicy(
                f"{name}-{host.logical_name}", name="session-record", role=host.identity.role.name, policy=record, opts=self._child
            )
        self.policy = aws.iam.Policy(
            f"{name}-operators",
            name=f"{spec.object_prefix}-operators",
            description="Sessions on the hosts of one's own team, with a second factor, by recorded documents",
            policy=found.apply(lambda known: build_operator_policy(spec, known)),
            opts=self._child,
        )
        self.register_outputs({"policyArn": self.policy.arn})

    def _create_document(self, what: str, name: str, content: str, group: aws.cloudwatch.LogGroup) -> aws.ssm.Document:
        # Content of schema 1.0 is replaced, never updated, and the name is fixed.
        after = pulumi.ResourceOptions(parent=self, depends_on=[group], delete_before_replace=True)
        return aws.ssm.Document(
            f"{self._name}-{what}",
            name=name,
            document_type="Session",
            document_format="JSON",
            content=content,
            tags={"Name": name},
            opts=after,
        )

    def _create_key(self, account: pulumi.Output[str]) -> pulumi.Output[str]:
        spec, groups = self._spec, ("sessions",)
        policy = account.apply(lambda found: build_log_key_policy(spec, found, groups))
        purpose = f"Records of operators' sessions of {spec.stack}"
        return create_log_key(f"{self._name}-key", purpose, f"{spec.stack}-sessions", policy, self._child)


def create_operator_sessions(
    spec: ContainmentSpec,
    logs: AgentLogs,
    hosts: Sequence[AgentHost],
    account: pulumi.Input[str],
    *,
    opts: pulumi.ResourceOptions | None = None,
) -> OperatorSessions | None:
    """Create the sessions of a stack that has `operatorSessions`; return None for any other stack.

    Args:
        spec: the stack.
        logs: its log groups, with their key.
        hosts: its hosts, which get the right to write records.
        account: its AWS account.
        opts: options of the component.
    """
    return OperatorSessions("sessions", spec, logs, hosts, account, opts=opts) if spec.config.operator_sessions else None
