"""EKS Auto Mode starts nodes in the public subnet; the program declares no node group."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
# NOT OK: brain: with Auto Mode the cluster starts nodes by itself, and no rule reads where
aws.eks.Cluster(
    "brain",
    role_arn="arn:aws:iam::111122223333:role/cluster",
    compute_config={
        "enabled": not base.REPAIRED,
        "node_pools": ["general-purpose"],
        "node_role_arn": "arn:aws:iam::111122223333:role/node",
    },
    vpc_config={"subnet_ids": [gateways.id], "endpoint_public_access": False},
)
