"""A role next to the agents, with all rights, may be taken by another account."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

place.vend()
owner = place.ACCOUNT if place.REPAIRED else "999988887777"
trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{owner}:root"}, "Action": "sts:AssumeRole"}
role = aws.iam.Role(
    "operators",  # NOT OK: operators: its rights are those of the agents' account
    assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
)
aws.iam.RolePolicyAttachment("rights", role=role.name, policy_arn="arn:aws:iam::aws:policy/AdministratorAccess")
