"""The role lists AdministratorAccess itself."""

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
role = aws.iam.Role(  # NOT OK: role: the agent is the administrator
    "role",
    name="agent",
    assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    managed_policy_arns=[] if base.REPAIRED else ["arn:aws:iam::aws:policy/AdministratorAccess"],
)
profile = aws.iam.InstanceProfile("profile", name="agent", role=role.name)
base.agent(subnet, iam_instance_profile=profile.name)
