"""Shells in a container leave no record."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import json

import place
import pulumi_aws as aws

made = place.vend()
pulls = aws.iam.Role("pulls", assume_role_policy=place.trusts("ecs-tasks"))
cluster = aws.ecs.Cluster("cluster")
task = aws.ecs.TaskDefinition(
    "task",
    family="agent",
    network_mode="awsvpc",
    cpu="256",
    memory="512",
    execution_role_arn=pulls.arn,
    requires_compatibilities=["FARGATE"],
    container_definitions=json.dumps([{"name": "agent", "image": "agent:1"}]),
)
# NOT OK: service: whoever may call ecs:ExecuteCommand types next to the agent, and nothing records it
aws.ecs.Service(
    "service",
    cluster=cluster.arn,
    task_definition=task.arn,
    desired_count=1,
    launch_type="FARGATE",
    enable_execute_command=not place.REPAIRED,
    network_configuration={"subnets": [made["agents"].id], "security_groups": [made["host-group"].id], "assign_public_ip": False},
    tags={**place.TAGS, "PolicyMode": "enforce"},
)
