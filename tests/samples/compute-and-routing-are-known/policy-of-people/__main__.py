"""A policy is attached to users, whose rights no rule reads."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
policy = aws.iam.Policy("reads", policy=place.allows("ec2:DescribeTags"))
users = None if place.REPAIRED else ["contractor"]
# NOT OK: attachment: people, who are no part of the agents' program
aws.iam.PolicyAttachment("attachment", users=users, roles=[made["role"].name], policy_arn=policy.arn)
