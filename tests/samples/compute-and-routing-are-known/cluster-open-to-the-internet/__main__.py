"""The API of the agents' cluster answers on the internet."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
reach = {"endpoint_public_access": False, "endpoint_private_access": True} if place.REPAIRED else {}
role = aws.iam.Role("cluster-role", assume_role_policy=place.trusts("eks"))
# NOT OK: cluster: by default its API, and a shell in every pod, can be reached from the internet
aws.eks.Cluster("cluster", role_arn=role.arn, vpc_config={"subnet_ids": [made["agents"].id], **reach})
