"""An ECS service runs on external machines, which are in no subnet."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
group = aws.ec2.SecurityGroup("tasks", vpc_id=base.vpc.id, ingress=[], egress=[])
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
    "service",  # NOT OK: service: an external machine is wherever somebody registered it
    launch_type="FARGATE" if base.REPAIRED else "EXTERNAL",
    task_definition=task.arn,
    network_configuration={"subnets": [subnet.id], "security_groups": [group.id], "assign_public_ip": False},
    tags=base.TAGS,
)
