"""Holes in the archive of decision heads: a bucket whose objects can be deleted, replaced or unlocked."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.policypack.mutants.mutant import Add, Mutant
from tests.policypack.mutants.program import Ref

_RULE = "decision-archive-is-locked"
_BUCKET = "aws:s3/bucket:Bucket"
_VERSIONS = "aws:s3/bucketVersioning:BucketVersioning"
_LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
_ACTIONS: Final = [
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucketPolicy",
    "s3:DeleteObjectVersion",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketVersioning",
    "s3:PutObjectRetention",
]


def _hole(what: str, *, lock: bool = True, versions: str = "Enabled", mode: str = "COMPLIANCE", days: int = 400, denied: int = 6) -> Mutant:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": _ACTIONS[:denied],
        "Resource": ["arn:aws:s3:::heads", "arn:aws:s3:::heads/*"],
    }
    bucket: dict[str, Any] = {"bucket": "heads", "objectLockEnabled": lock, "tags": {"ContainmentArchive": "decisions"}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    changes = (
        Add(_BUCKET, bucket, "heads"),
        Add(_VERSIONS, {"bucket": Ref("heads"), "versioningConfiguration": {"status": versions}}, "heads-versions"),
        Add(_LOCK, {"bucket": Ref("heads"), "rule": {"defaultRetention": {"mode": mode, "days": days}}}, "heads-lock"),
        Add(_POLICY, {"bucket": Ref("heads"), "policy": policy}, "heads-policy"),
    )
    return Mutant(f"archive-{what}", _RULE, changes, where="heads")


TABLE: Final = (
    _hole("without-lock", lock=False),
    _hole("without-versions", versions="Suspended"),
    _hole("in-governance-mode", mode="GOVERNANCE"),
    _hole("for-no-time", days=0),
    _hole("with-a-policy-that-lets-retention-change", denied=5),
)
