"""What a policy allows is known after the update only."""

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
role = aws.iam.Role("role", name="agent", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
profile = aws.iam.InstanceProfile("profile", name="agent", role=role.name)
base.agent(subnet, iam_instance_profile=profile.name)
key = aws.kms.Key("key")


def document(arn: str) -> str:
    """Return a policy that names a key made in the same program."""
    reads = [] if base.REPAIRED else ["ssm:GetParameter*"]
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["kms:Decrypt", *reads], "Resource": arn}]})


# NOT OK once ids are known: own: every secret that is kept as a parameter
aws.iam.RolePolicy("own", role=role.id, policy=key.arn.apply(document))
