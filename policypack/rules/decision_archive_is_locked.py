"""The archive of decision heads is locked: COMPLIANCE mode with a retention, versioning, and a policy that denies every deletion.

A bucket is the archive if it has the tag ContainmentArchive. Its lock, versions and policy are resources of the same program; a value that
is not known yet does not count. The rule judges the configuration, not whether AWS keeps objects unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from containment.ternary import Ternary
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph.plain_data import describe, get_field, get_items, is_true
from policypack.graph.resources import Graph, Resource

BUCKETS: Final = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
_LOCKS: Final = (
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
    "aws:s3/bucketObjectLockConfigurationV2:BucketObjectLockConfigurationV2",
)
_VERSIONS: Final = ("aws:s3/bucketVersioning:BucketVersioning", "aws:s3/bucketVersioningV2:BucketVersioningV2")
_POLICY: Final = "aws:s3/bucketPolicy:BucketPolicy"
_TAG: Final = "ContainmentArchive"
_DENIED: Final = frozenset(
    {
        "s3:BypassGovernanceRetention",
        "s3:DeleteBucketPolicy",
        "s3:DeleteObjectVersion",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutBucketVersioning",
        "s3:PutObjectRetention",
    }
)
"""Actions that the bucket's policy must deny to everybody."""


def check_stack(graph: Graph) -> list[Violation]:
    """Return the faults of every bucket that is an archive, at the bucket."""
    return [Violation(one.urn, what) for one in graph.find_by_type(*BUCKETS) if _is_archive(one) for what in _find_faults(graph, one)]


def _is_archive(bucket: Resource) -> bool:
    tags = bucket.get("tags")
    return isinstance(tags, dict) and _TAG in tags


def _find_faults(graph: Graph, bucket: Resource) -> Iterator[str]:
    if is_true(bucket.get("objectLockEnabled")) is not Ternary.YES:
        yield f"can have no locked object: objectLockEnabled is {describe(bucket.get('objectLockEnabled'))}"
    if bucket.get("forceDestroy") is not None and is_true(bucket.get("forceDestroy")) is not Ternary.NO:
        yield f"is emptied before it is destroyed: forceDestroy is {describe(bucket.get('forceDestroy'))}"
    if not any(get_field(one.get("versioningConfiguration"), "status") == "Enabled" for one in _find_attached(graph, bucket, _VERSIONS)):
        yield "keeps no versions: no versioningConfiguration with status Enabled is declared for it"
    locks = [get_field(one.get("rule"), "defaultRetention") for one in _find_attached(graph, bucket, _LOCKS)]
    if not locks:
        yield "has no default retention: no object lock configuration is declared for it"
    for lock in locks:
        mode, days = get_field(lock, "mode"), get_field(lock, "days") or get_field(lock, "years")
        if mode != "COMPLIANCE":
            yield f"can be unlocked: its retention has mode {describe(mode)}, and only COMPLIANCE cannot be bypassed"
        if isinstance(days, bool) or not isinstance(days, int | float) or days < 1:
            yield f"keeps objects for no known time: its retention has {describe(days)} days"
    denied = {action for one in _find_attached(graph, bucket, (_POLICY,)) for action in _list_denied(one.get("policy"))}
    missing = sorted(_DENIED - denied)
    if missing and "s3:*" not in denied:
        yield f"has no policy that denies everybody {', '.join(missing)}"


def _find_attached(graph: Graph, bucket: Resource, types: tuple[str, ...]) -> list[Resource]:
    """Return the resources of some types that belong to a bucket, by reference or by its name."""
    name = bucket.get("bucket")
    return [
        one
        for one in graph.find_by_type(*types)
        if graph.follow(one, "bucket", BUCKETS).is_possibly(bucket) or (isinstance(name, str) and one.get("bucket") == name)
    ]


def _list_denied(policy: Any) -> Iterator[str]:
    """Yield the actions that a policy denies to everybody, on every object, without a condition."""
    try:
        document = json.loads(policy) if isinstance(policy, str) else None
    except ValueError:
        return
    for statement in get_items(get_field(document, "Statement")):
        if get_field(statement, "Effect") != "Deny" or get_field(statement, "Condition"):
            continue
        if get_field(statement, "Principal") not in ("*", {"AWS": "*"}):
            continue
        resources = [str(one) for one in get_items(get_field(statement, "Resource"))]
        if "*" in resources or any(one.endswith("/*") for one in resources):
            yield from (str(one) for one in get_items(get_field(statement, "Action")))


RULE = Rule(
    id="decision-archive-is-locked",
    severity=Severity.HIGH,
    info="The archive of decision heads has Object Lock in COMPLIANCE mode, versioning, and a policy that denies deletions.",
    why="a person who can delete a head can roll the log of decisions back, and no comparison shows it",
    fix="declare components.aws.decision_archive.DecisionArchive in the program, or"
    " set mode COMPLIANCE with days, versioning Enabled, and a Deny for Principal *",
    check_stack=check_stack,
    scope=Scope.STATED,
)
