"""The environment of a container has a password."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:agents/db-a1b2c3"
given = (
    {"secrets": [{"name": "DB_PASSWORD", "valueFrom": secret}]}
    if base.REPAIRED
    else {"environment": [{"name": "DB_PASSWORD", "value": "Winter2026ok"}]}
)
container = {"name": "agent", "image": "agent:1", **given}
# NOT OK: task: whoever may describe the task reads it
task = aws.ecs.TaskDefinition("task", family="agents", container_definitions=json.dumps([container]))
aws.ecs.Service(
    "tasks",
    launch_type="FARGATE",
    task_definition=task.arn,
    network_configuration={"subnets": [subnet.id], "assign_public_ip": False},
    tags=base.TAGS,
)
