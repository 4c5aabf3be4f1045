"""A bucket of logs can be read by every account."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
bucket = aws.s3.Bucket("audit")
condition = {"StringEquals": {"aws:PrincipalAccount": place.ACCOUNT}} if place.REPAIRED else {"StringLike": {"aws:PrincipalAccount": "*"}}
statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::audit/*", "Condition": condition}
# NOT OK: audit-policy: its condition binds no principal to this account
aws.s3.BucketPolicy("audit-policy", bucket=bucket.id, policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
