"""The options of a container's log driver contain a token."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import json

import base
import pulumi_aws as aws

REPAIRED = base.REPAIRED
gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
group = aws.ec2.SecurityGroup("tasks-group", vpc_id=base.vpc.id, ingress=[], egress=[])
cluster = aws.ecs.Cluster("cluster", name="agents")
token = "sk-ant-api03-" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC2dF4gH6jK8mN0pQ2sT4vW6yZ8aC1eF3gH5jK7mN9pQ1sT3vW5yZ7b" + "-AAAAAAAA"
options = {"splunk-url": "https://splunk.internal"} | ({} if REPAIRED else {"splunk-token": token})
container = {
    "name": "agent",
    "image": "111122223333.dkr.ecr.us-east-1.amazonaws.com/agents/openclaw:1",
    "essential": True,
    "logConfiguration": {"logDriver": "splunk", "options": options},
}
# NOT OK: task: whoever may describe task definitions reads the token
task = aws.ecs.TaskDefinition(
    "task",
    family="agent",
    network_mode="awsvpc",
    requires_compatibilities=["FARGATE"],
    cpu="1024",
    memory="2048",
    container_definitions=json.dumps([container]),
)
aws.ecs.Service(
    "tasks",
    cluster=cluster.arn,
    launch_type="FARGATE",
    desired_count=1,
    task_definition=task.arn,
    network_configuration={"subnets": [subnet.id], "security_groups": [group.id], "assign_public_ip": False},
)
