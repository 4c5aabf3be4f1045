"""The role that starts the agent tasks reads every parameter."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
actions = ["ecr:GetAuthorizationToken"] if base.REPAIRED else ["ecr:GetAuthorizationToken", "ssm:GetParameters"]
allowed = {"Effect": "Allow", "Action": actions, "Resource": "*"}
role = aws.iam.Role("role", name="start", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
# NOT OK: own: what it reads is given to the containers
aws.iam.RolePolicy("own", role=role.id, policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
task = aws.ecs.TaskDefinition("task", family="agents", container_definitions="[]", execution_role_arn=role.arn)
aws.ecs.Service(
    "tasks",
    launch_type="FARGATE",
    task_definition=task.arn,
    network_configuration={"subnets": [subnet.id], "assign_public_ip": False},
    tags=base.TAGS,
)
