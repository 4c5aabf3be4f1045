"""The end of a place's host, written unlike the product's program: a role and a schedule, declared after `place.vend`."""

from __future__ import annotations

import json
from typing import Any

import place
import pulumi_aws as aws

_ACTION = "ec2:TerminateInstances"
_DEADLINE = "2030-01-31T18:00:00Z"
CALL = "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances"
HOST = {"tags": {**place.TAGS, "AgentDeadline": _DEADLINE}, "instance_initiated_shutdown_behavior": "terminate"}
"""What makes the place's host ephemeral."""


def end(made: Any, *, on: Any = None) -> aws.iam.Role:
    """Declare the schedule that ends the host, and return its role; `on` is what the role's rights are about."""
    host = made["agent"]
    group = f"arn:aws:scheduler:{place.REGION}:{place.ACCOUNT}:schedule-group/default"
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "scheduler.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": place.ACCOUNT, "aws:SourceArn": group}},
    }
    role = aws.iam.Role("ending", name="sample-ending", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    rights = place.allows(_ACTION, on=on) if on else host.arn.apply(lambda arn: place.allows(_ACTION, on=arn))
    aws.iam.RolePolicy("ending-rights", role=role.id, policy=rights)
    aws.scheduler.Schedule(
        "deadline",
        schedule_expression="at(2030-01-31T18:00:00)",
        flexible_time_window={"mode": "OFF"},
        target={"arn": CALL, "role_arn": role.arn, "input": host.id.apply(lambda ident: json.dumps({"InstanceIds": [ident]}))},
    )
    return role
