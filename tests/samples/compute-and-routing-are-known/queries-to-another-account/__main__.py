"""What agents ask the resolver for is delivered to another account."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

place.vend()
owner = place.ACCOUNT if place.REPAIRED else "999988887777"
# NOT OK: queries: the names that agents ask for are data of theirs
aws.route53.ResolverQueryLogConfig("queries", name="queries", destination_arn=f"arn:aws:logs:us-east-1:{owner}:log-group:queries")
