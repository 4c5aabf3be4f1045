"""A second role of the program lets the role of the host in."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()


def trust(arn: str) -> str:
    """Return a trust in one principal."""
    allowed = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed]})


operators = f"arn:aws:iam::{place.ACCOUNT}:role/operators"
# NOT OK once ids are known: deployer: the agent takes it and deploys
aws.iam.Role("deployer", name="deployer", assume_role_policy=trust(operators) if place.REPAIRED else made["role"].arn.apply(trust))
