"""The archive of the log's heads: a bucket in which objects cannot be changed or deleted before their retention ends.

Rules kept here: Object Lock in COMPLIANCE mode with a default retention, versioning, a separate KMS key, no public access, and a bucket
policy that denies every principal to delete versions, to change retention, legal holds, versioning or the lock, to bypass governance,
and to connect without TLS. The program judges the configuration, not whether AWS applies it.
"""

from __future__ import annotations

from typing import Final

import pulumi
import pulumi_aws as aws

from components.aws.policy_document import format_document

TAGS: Final = {"ContainmentArchive": "decisions"}
"""The tag by which the policy pack finds the bucket."""
REFUSED_ACTIONS: Final = (
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:DeleteObjectVersion",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
)
"""Actions by which a head could be deleted, or its retention shortened; Object Lock itself is set once, before the policy."""


class DecisionArchive(pulumi.ComponentResource):
    """A bucket for heads; `bucket` is its name, for `containment audit anchor s3://NAME/STACK`."""

    def __init__(
        self, name: str, bucket_name: str, days: int, *, partition: str = "aws", opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Create the archive.

        Args:
            name: the resource name.
            bucket_name: the bucket's name, which is unique in AWS.
            days: days for which an object is kept; at least 1.
            partition: the AWS partition, as ARNs name it.
            opts: options of the component.
        """
        super().__init__("containment:record:DecisionArchive", name, {}, opts)
        assert days >= 1, "a retention of no day keeps nothing"
        # Locked heads outlive the program that made the bucket, and S3 refuses to delete a bucket with objects.
        child = pulumi.ResourceOptions(parent=self, retain_on_delete=True)
        key = aws.kms.Key(
            f"{name}-key",
            description=f"Heads of decision logs in {bucket_name}",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            opts=child,
        )
        bucket = aws.s3.Bucket(f"{name}-bucket", bucket=bucket_name, object_lock_enabled=True, force_destroy=False, tags=TAGS, opts=child)
        on = bucket.id
        versioned = aws.s3.BucketVersioning(
            f"{name}-versioning",
            bucket=on,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=child,
        )
        encryption = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="aws:kms", kms_master_key_id=key.arn
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=on,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=encryption, bucket_key_enabled=True
                )
            ],
            opts=child,
        )
        private = aws.s3.BucketPublicAccessBlock(
            f"{name}-private",
            bucket=on,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        lock = aws.s3.BucketObjectLockConfiguration(
            f"{name}-lock",
            bucket=on,
            object_lock_enabled="Enabled",
            rule=aws.s3.BucketObjectLockConfigurationRuleArgs(
                default_retention=aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(mode="COMPLIANCE", days=days)
            ),
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[versioned])),
        )
        aws.s3.BucketPolicy(
            f"{name}-policy",
            bucket=on,
            policy=build_bucket_policy(f"arn:{partition}:s3:::{bucket_name}"),
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[lock, private, versioned])),
        )
        self.bucket = bucket.bucket
        self.register_outputs({"bucket": self.bucket})


def build_bucket_policy(arn: str) -> str:
    """Return the policy of a bucket by its ARN: denials for every principal, and no permit."""
    on = [arn, f"{arn}/*"]
    keep = {"Sid": "NobodyDeletesOrShortens", "Effect": "Deny", "Principal": "*", "Action": list(REFUSED_ACTIONS), "Resource": on}
    tls = {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": on,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return format_document(keep, tls)
