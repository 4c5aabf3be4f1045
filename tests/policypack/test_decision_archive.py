"""The archive's rule: the component passes, and each weakened setting of it is refused."""

from __future__ import annotations

from typing import Any

import pytest

from components.aws.decision_archive import TAGS, build_bucket_policy
from policypack.graph.resources import Graph, Resource
from policypack.rules.decision_archive_is_locked import RULE

LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
GOOD: dict[str, dict[str, Any]] = {
    "aws:s3/bucket:Bucket": {"bucket": "heads", "objectLockEnabled": True, "forceDestroy": False, "tags": TAGS},
    "aws:s3/bucketVersioning:BucketVersioning": {"bucket": "heads", "versioningConfiguration": {"status": "Enabled"}},
    LOCK: {"bucket": "heads", "rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 400}}},
    "aws:s3/bucketPolicy:BucketPolicy": {"bucket": "heads", "policy": build_bucket_policy("arn:aws:s3:::heads")},
}


def _check(resources: dict[str, dict[str, Any]]) -> list[str]:
    graph = Graph(Resource(f"urn:pulumi:s::p::{kind}::x", kind, "x", props=props) for kind, props in resources.items())
    assert RULE.check_stack is not None
    return [fault.what for fault in RULE.check_stack(graph)]


def test_the_component_passes() -> None:
    """The settings of the component have no fault, and a bucket without the tag is not judged."""
    assert _check(GOOD) == []
    assert _check({"aws:s3/bucket:Bucket": {"bucket": "other"}}) == []


@pytest.mark.parametrize(
    ("kind", "change", "word"),
    [
        ("aws:s3/bucket:Bucket", {"objectLockEnabled": False}, "objectLockEnabled"),
        ("aws:s3/bucket:Bucket", {"forceDestroy": True}, "forceDestroy"),
        ("aws:s3/bucketVersioning:BucketVersioning", {"versioningConfiguration": {"status": "Suspended"}}, "keeps no versions"),
        ("aws:s3/bucketVersioning:BucketVersioning", {"bucket": "other"}, "keeps no versions"),
        (LOCK, {"rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 400}}}, "GOVERNANCE"),
        (LOCK, {"rule": {"defaultRetention": {"mode": "COMPLIANCE"}}}, "no known time"),
        (LOCK, {"rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 0}}}, "no known time"),
        (LOCK, {"bucket": "other"}, "no default retention"),
        ("aws:s3/bucketPolicy:BucketPolicy", {"policy": '{"Statement": []}'}, "no policy that denies"),
        ("aws:s3/bucketPolicy:BucketPolicy", {"policy": GOOD["aws:s3/bucketPolicy:BucketPolicy"]["policy"].replace("*", "me")}, "denies"),
        (
            "aws:s3/bucketPolicy:BucketPolicy",
            {"policy": GOOD["aws:s3/bucketPolicy:BucketPolicy"]["policy"].replace('"s3:PutObjectRetention"', '"s3:Get"')},
            "s3:PutObjectRetention",
        ),
    ],
)
def test_a_weakened_archive_is_refused(kind: str, change: dict[str, Any], word: str) -> None:
    """One changed setting is one fault at the bucket."""
    (fault,) = _check(GOOD | {kind: GOOD[kind] | change})
    assert word in fault
