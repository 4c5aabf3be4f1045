"""A service of VPC Lattice hands requests to the tasks."""

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
container = {"name": "agent", "image": "111122223333.dkr.ecr.us-east-1.amazonaws.com/agents/openclaw:1", "essential": True}
task = aws.ecs.TaskDefinition(
    "task",
    family="agent",
    network_mode="awsvpc",
    requires_compatibilities=["FARGATE"],
    cpu="1024",
    memory="2048",
    container_definitions=json.dumps([container]),
)
lattice = {
    "role_arn": "arn:aws:iam::111122223333:role/lattice",
    "target_group_arn": "arn:aws:vpc-lattice:us-east-1:111122223333:targetgroup/tg-0123456789abcdef0",
    "port_name": "http",
}
# NOT OK: tasks: whoever is in the service network reaches the agent
aws.ecs.Service(
    "tasks",
    cluster=cluster.arn,
    launch_type="FARGATE",
    desired_count=1,
    task_definition=task.arn,
    network_configuration={"subnets": [subnet.id], "security_groups": [group.id], "assign_public_ip": False},
    vpc_lattice_configurations=[] if REPAIRED else [lattice],
)
