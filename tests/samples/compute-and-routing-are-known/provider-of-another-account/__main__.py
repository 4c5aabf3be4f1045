"""A provider takes a role in another account."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi
import pulumi_aws as aws

made = place.vend()
account = place.ACCOUNT if place.REPAIRED else "999988887777"
# NOT OK: other: its resources are where no rule looks
other = aws.Provider("other", region="eu-west-1", assume_roles=[{"role_arn": f"arn:aws:iam::{account}:role/deploy"}])
aws.s3.Bucket("replica", opts=pulumi.ResourceOptions(provider=other))
