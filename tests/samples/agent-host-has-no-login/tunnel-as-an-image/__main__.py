"""A container of the task is a tunnel, by its image alone."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend(agent=None)
images = ["example.com/agent:1", *([] if place.REPAIRED else ["docker.io/cloudflare/cloudflared:2026.1.0"])]
containers = [{"name": f"container-{number}", "image": image} for number, image in enumerate(images)]
# NOT OK: task: whoever has the other end of the tunnel reaches the task
task = aws.ecs.TaskDefinition(
    "task",
    family="agent",
    network_mode="awsvpc",
    requires_compatibilities=["EC2"],
    container_definitions=json.dumps(containers),
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
