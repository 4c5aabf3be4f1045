"""A trail is written to a bucket that is not of the program."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

place.vend()
bucket = aws.s3.Bucket("trail-bucket")
# NOT OK: trail: whose bucket it is cannot be seen
aws.cloudtrail.Trail("trail", name="trail", s3_bucket_name=bucket.id if place.REPAIRED else "somebody-trail")
