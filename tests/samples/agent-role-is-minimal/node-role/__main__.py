"""The role of agent nodes is the administrator."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
needed = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"]
role = aws.iam.Role(  # NOT OK: role: every pod reaches the node's role
    "role",
    name="nodes",
    assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    managed_policy_arns=[f"arn:aws:iam::aws:policy/{name}" for name in (needed if base.REPAIRED else ["AdministratorAccess"])],
)
template = aws.ec2.LaunchTemplate("template", metadata_options=base.TOKENS)
aws.eks.NodeGroup(
    "nodes",
    cluster_name="agents",
    node_role_arn=role.arn,
    subnet_ids=[subnet.id],
    launch_template={"id": template.id, "version": "$Latest"},
    scaling_config={"desired_size": 1, "max_size": 1, "min_size": 1},
    tags=base.TAGS,
)
