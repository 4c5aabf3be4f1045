"""A task mounts the socket of the container engine."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend(agent=None)
engine = {"name": "engine", **({} if place.REPAIRED else {"host_path": "/var/run/docker.sock"})}
container = {"name": "agent", "image": "example.com/agent:1", "mountPoints": [{"sourceVolume": "engine", "containerPath": "/e"}]}
# NOT OK: task: through the socket it starts containers in the machine's own network
task = aws.ecs.TaskDefinition(
    "task",
    family="agent",
    network_mode="awsvpc",
    requires_compatibilities=["EC2"],
    volumes=[engine],
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
