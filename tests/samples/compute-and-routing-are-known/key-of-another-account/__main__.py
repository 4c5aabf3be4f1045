"""A key may be used by a second account."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
accounts = [place.ACCOUNT] if place.REPAIRED else [place.ACCOUNT, "999988887777"]
root = [f"arn:aws:iam::{account}:root" for account in accounts]
statement = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
# NOT OK: key: a principal of another account can read what it encrypts
aws.kms.Key("key", policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
