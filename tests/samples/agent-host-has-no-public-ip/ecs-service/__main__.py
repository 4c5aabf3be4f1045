"""The agents are ECS tasks with addresses of their own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
task = aws.ecs.TaskDefinition(
    "task",
    family="agents",
    requires_compatibilities=["FARGATE"],
    network_mode="awsvpc",
    cpu="256",
    memory="512",
    container_definitions='[{"name": "agent", "image": "111122223333.dkr.ecr.us-east-1.amazonaws.com/agent:1"}]',
)
aws.ecs.Service(
    "tasks",  # NOT OK: tasks: every task gets a public address
    launch_type="FARGATE",
    task_definition=task.arn,
    network_configuration={"subnets": [subnet.id], "assign_public_ip": not base.REPAIRED},
    tags=base.TAGS,
)
