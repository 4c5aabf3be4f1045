"""A policy is attached to a role of another program, by its name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
policy = aws.iam.Policy("reads", policy=place.allows("ec2:DescribeTags"))
role = made["role"].name if place.REPAIRED else "agents-of-another-program"
aws.iam.RolePolicyAttachment("reads-attachment", role=role, policy_arn=policy.arn)  # NOT OK: reads-attachment: a role that no rule sees
