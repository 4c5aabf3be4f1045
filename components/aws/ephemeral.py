"""The end of an ephemeral host: a schedule of EventBridge Scheduler that terminates exactly this host at its deadline.

Rules kept here: the schedule's role is assumed by Scheduler for this account's own group of schedules only, and may terminate this one
instance; the schedule runs once, without a flexible window. It exists a moment later than the host, whose id it needs: until then, and if
it is never made, the host's own timer ends it (`containment.host.first_boot`).
"""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from containment.vending.hosts import PlannedHost

TARGET = "scheduler:::aws-sdk:ec2:terminateInstances"
"""Scheduler's universal target for EC2's TerminateInstances, as the end of an ARN."""


class HostEnd(pulumi.ComponentResource):
    """Role and schedule that end one host."""

    def __init__(self, name: str, planned: PlannedHost, instance: aws.ec2.Instance, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:host:HostEnd", name, {}, opts)
        assert planned.deadline is not None, "only an ephemeral host has an end"
        child = pulumi.ResourceOptions(parent=self)
        own = f"{planned.object_name[:60]}-end"
        role = aws.iam.Role(f"{name}-role", name=own, assume_role_policy=instance.arn.apply(build_trust), opts=child)
        rights = aws.iam.RolePolicy(f"{name}-rights", name="terminate", role=role.name, policy=instance.arn.apply(build_rights), opts=child)
        aws.scheduler.Schedule(
            f"{name}-schedule",
            name=own,
            description="Ends an ephemeral agent host",
            schedule_expression=f"at({planned.deadline:%Y-%m-%dT%H:%M:%S})",
            schedule_expression_timezone="UTC",
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": f"arn:aws:{TARGET}",  # known in a first preview, so that the pack judges it there
                "role_arn": role.arn,
                "input": instance.id.apply(lambda ident: json.dumps({"InstanceIds": [ident]})),
            },
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[rights])),
        )
        self.register_outputs({})


def build_trust(arn: str) -> str:
    """Return the trust policy of a schedule's role, by the ARN of the host."""
    _, partition, _, region, account, _ = arn.split(":", 5)
    group = f"arn:{partition}:scheduler:{region}:{account}:schedule-group/default"
    return _format_document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": account, "aws:SourceArn": group}},
        }
    )


def build_rights(arn: str) -> str:
    """Return the only right of a schedule's role: terminating the host with this ARN."""
    return _format_document({"Effect": "Allow", "Action": "ec2:TerminateInstances", "Resource": arn})


def _format_document(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
