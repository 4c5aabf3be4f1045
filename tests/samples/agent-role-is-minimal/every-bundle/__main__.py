"""The right to read the signed bundle covers every bucket."""

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
on = "arn:aws:s3:::bundles-of-example/coding/*" if base.REPAIRED else "arn:aws:s3:::*/coding/*"
allowed = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [on]}
# NOT OK: bundle: with it the host reads objects of every bucket that lets it
aws.iam.RolePolicy("bundle", name="policy-bundle", role=role.id, policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
