"""The host's role administers a Kubernetes cluster."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
api = {"endpoint_public_access": False, "endpoint_private_access": True}
role = aws.iam.Role("cluster-role", assume_role_policy=place.trusts("eks"))
cluster = aws.eks.Cluster("cluster", name="tools", role_arn=role.arn, vpc_config={"subnet_ids": [made["services"].id], **api})
people = aws.iam.Role("people", name="people", assume_role_policy=place.trusts("eks"))
who = people if place.REPAIRED else made["role"]
aws.eks.AccessEntry("entry", cluster_name=cluster.name, principal_arn=people.arn)
# NOT OK: admins: the agent starts pods, and acts as the role of each of them
aws.eks.AccessPolicyAssociation(
    "admins",
    cluster_name=cluster.name,
    principal_arn=who.arn,
    policy_arn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
    access_scope={"type": "cluster"},
)
