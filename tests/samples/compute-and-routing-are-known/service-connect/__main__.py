"""A proxy joins the agent's tasks to the services of a namespace."""

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
joins = {"enabled": True, "namespace": "arn:aws:servicediscovery:us-east-1:999988887777:namespace/ns-shared"}
# NOT OK: service: other accounts decide which services its proxy knows
aws.ecs.Service(
    "service",
    cluster=cluster.arn,
    task_definition=task.arn,
    desired_count=1,
    launch_type="FARGATE",
    network_configuration={"subnets": [made["agents"].id], "security_groups": [made["host-group"].id], "assign_public_ip": False},
    service_connect_configuration=None if place.REPAIRED else joins,
    tags={**place.TAGS, "PolicyMode": "enforce"},
)
