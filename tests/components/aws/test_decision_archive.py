"""The archive of heads: COMPLIANCE mode, versions, its own key, no public access, and a policy that refuses deletions to everybody."""

from __future__ import annotations

import json

from components.aws.decision_archive import REFUSED_ACTIONS
from tests.support.deploy import deploy, stack_config

PROGRAM = """
from components.aws.decision_archive import DecisionArchive
DecisionArchive("archive", "heads-of-acme", 400)
"""


def test_nobody_shortens_or_deletes() -> None:
    """Each resource of the archive is set, and the policy has no permit."""
    done = deploy("coding-monitor", stack_config("coding-monitor"), PROGRAM)
    assert done.error is None
    (bucket,) = done.of_type("aws:s3/bucket:Bucket")
    assert (bucket["objectLockEnabled"], bucket["forceDestroy"]) == (True, False)
    (lock,) = done.of_type("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    assert lock["rule"]["defaultRetention"] == {"mode": "COMPLIANCE", "days": 400}
    (versioning,) = done.of_type("aws:s3/bucketVersioning:BucketVersioning")
    assert versioning["versioningConfiguration"] == {"status": "Enabled"}
    (private,) = done.of_type("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    assert all(private[key] for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"))
    (policy,) = done.of_type("aws:s3/bucketPolicy:BucketPolicy")
    statements = json.loads(policy["policy"])["Statement"]
    assert {one["Effect"] for one in statements} == {"Deny"}
    assert {*REFUSED_ACTIONS} <= {*statements[0]["Action"]}
    assert {"s3:BypassGovernanceRetention", "s3:DeleteObjectVersion", "s3:PutObjectRetention"} <= {*REFUSED_ACTIONS}
    assert statements[0]["Principal"] == "*"
