"""A container of the task is privileged on its machine."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend(agent=None)
container = {"name": "agent", "image": "example.com/agent:1", "privileged": not place.REPAIRED}
# NOT OK: task: with the machine it has the network and the roles of every other task
task = aws.ecs.TaskDefinition(
    "task",
    family="agent",
    network_mode="awsvpc",
    requires_compatibilities=["EC2"],
    container_definitions=json.dumps([container]),
)
cluster = aws.ecs.Cluster("cluster")
aws.ecs.Service(
    "agents-service",
    cluster=cluster.arn,
    task_definition=task.arn,
    launch_type="EC2",
    network_configuration={"subnets": [made["agents"].id], "security_groups": [made["host-group"].id], "assign_public_ip": False},
    tags={**place.TAGS, "PolicyMode": "enforce"},
)
