"""The archive's retention can be bypassed."""

import json

import pulumi
import pulumi_aws as aws

REPAIRED = pulumi.Config().get_bool("repaired") or False
ACTIONS = [
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucketPolicy",
    "s3:DeleteObjectVersion",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketVersioning",
    "s3:PutObjectRetention",
]
DENY = {"Effect": "Deny", "Principal": "*", "Action": ACTIONS, "Resource": ["arn:aws:s3:::heads", "arn:aws:s3:::heads/*"]}
# NOT OK: archive: a head can be deleted by a person with the right to bypass
archive = aws.s3.Bucket("archive", bucket="heads", object_lock_enabled=True, tags={"ContainmentArchive": "decisions"})
aws.s3.BucketVersioning("versions", bucket=archive.id, versioning_configuration={"status": "Enabled"})
aws.s3.BucketObjectLockConfiguration(
    "lock", bucket=archive.id, rule={"default_retention": {"mode": "COMPLIANCE" if REPAIRED else "GOVERNANCE", "days": 400}}
)
aws.s3.BucketPolicy("policy", bucket=archive.id, policy=json.dumps({"Version": "2012-10-17", "Statement": [DENY]}))
