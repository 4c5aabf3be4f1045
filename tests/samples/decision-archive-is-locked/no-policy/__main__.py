"""The archive has no policy that refuses deletions."""

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
# NOT OK: archive: the deploying role can end versioning
archive = aws.s3.Bucket("archive", bucket="heads", object_lock_enabled=True, tags={"ContainmentArchive": "decisions"})
aws.s3.BucketVersioning("versions", bucket=archive.id, versioning_configuration={"status": "Enabled"})
RETENTION = {"default_retention": {"mode": "COMPLIANCE", "days": 400}}
aws.s3.BucketObjectLockConfiguration("lock", bucket=archive.id, rule=RETENTION)
if REPAIRED:
    aws.s3.BucketPolicy("policy", bucket=archive.id, policy=json.dumps({"Version": "2012-10-17", "Statement": [DENY]}))
