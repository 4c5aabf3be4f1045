"""Logs are encrypted under a key of another account."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

place.vend()
owner = place.ACCOUNT if place.REPAIRED else "999988887777"
# NOT OK: audit: whoever disables that key makes the log unreadable
aws.cloudwatch.LogGroup(
    "audit", retention_in_days=365, kms_key_id=f"arn:aws:kms:us-east-1:{owner}:key/0f0e0d0c-1111-2222-3333-444455556666"
)
