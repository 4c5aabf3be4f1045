"""A container queries name servers of its own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import json

import place
import pulumi_aws as aws

made = place.vend()
settings = (
    {} if place.REPAIRED else {"dnsServers": ["203.0.113.53"], "extraHosts": [{"hostname": "openclaw.ai", "ipAddress": "203.0.113.66"}]}
)
pulls = aws.iam.Role("pulls", assume_role_policy=place.trusts("ecs-tasks"))
cluster = aws.ecs.Cluster("cluster")
# NOT OK: task: its queries do not end at the resolver, and it answers a permitted name itself
task = aws.ecs.TaskDefinition(
    "task",
    family="agent",
    network_mode="awsvpc",
    cpu="256",
    memory="512",
    execution_role_arn=pulls.arn,
    requires_compatibilities=["FARGATE"],
    container_definitions=json.dumps([{"name": "agent", "image": "agent:1", **settings}]),
)
aws.ecs.Service(
    "service",
    cluster=cluster.arn,
    task_definition=task.arn,
    desired_count=1,
    launch_type="FARGATE",
    network_configuration={"subnets": [made["agents"].id], "security_groups": [made["host-group"].id], "assign_public_ip": False},
    tags={**place.TAGS, "PolicyMode": "enforce"},
)
