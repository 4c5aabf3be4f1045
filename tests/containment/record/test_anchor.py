"""Heads are anchored in a bucket with Object Lock in COMPLIANCE mode, against a simulated S3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from containment.errors import InputError
from containment.record.anchor import read_anchors, write_anchor
from containment.record.chain import Head, LogProblemKind
from containment.record.log import FOLDER, HEAD, LOG, append_decision, read_head, verify_log
from tests.containment.record.conftest import NOW, Office

TARGET = "s3://heads/coding"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a client of a simulated S3 with a locked bucket and an open one."""
    for key, value in {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(key, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="heads", ObjectLockEnabledForBucket=True)
        client.put_object_lock_configuration(
            Bucket="heads",
            ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}}},
        )
        client.create_bucket(Bucket="governed", ObjectLockEnabledForBucket=True)
        client.put_object_lock_configuration(
            Bucket="governed",
            ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 365}}},
        )
        client.create_bucket(Bucket="open")
        yield client


def test_an_anchored_head_shows_a_log_that_was_taken_back(office: Office, s3: Any) -> None:
    """Every anchored head is compared, and a log with its head taken back to an older state is found."""
    place = office.folder / FOLDER
    append_decision(office.sign(office.make(), "Approver One"), folder=office.folder, now=NOW)
    old = {name: (place / name).read_bytes() for name in (LOG, HEAD)}
    assert write_anchor(TARGET, read_head(office.folder)) == "s3://heads/coding/0000000001.json"
    append_decision(office.sign(office.make(), "Approver One"), folder=office.folder, now=NOW)
    write_anchor(TARGET, read_head(office.folder))
    write_anchor(TARGET, read_head(office.folder))
    heads = read_anchors(TARGET)
    assert sorted(head.entries for head in heads.values()) == [1, 2]
    assert verify_log(office.folder, heads) == []
    for name, data in old.items():
        (place / name).write_bytes(data)
    assert verify_log(office.folder) == []
    assert [problem.kind for problem in verify_log(office.folder, heads)] == [LogProblemKind.TRUNCATED]
    assert s3.list_objects_v2(Bucket="heads")["KeyCount"] == 2


def test_a_second_version_does_not_hide_a_head(office: Office, s3: Any) -> None:
    """Another object under the same name, and a delete marker, leave the anchored head to be compared."""
    for _ in range(2):
        append_decision(office.sign(office.make(), "Approver One"), folder=office.folder, now=NOW)
    write_anchor(TARGET, Head(2, "sha256:" + "4" * 64))
    s3.put_object(Bucket="heads", Key="coding/0000000002.json", Body=read_head(office.folder).encode())
    s3.delete_object(Bucket="heads", Key="coding/0000000002.json")
    assert [problem.kind for problem in verify_log(office.folder, read_anchors(TARGET))] == [LogProblemKind.FORKED]


def test_another_head_with_the_same_number_is_refused(s3: Any) -> None:
    """Two logs with one number of entries are a fork, which the second anchor shows."""
    write_anchor(TARGET, Head(1, "sha256:" + "4" * 64))
    with pytest.raises(InputError, match="fork"):
        write_anchor(TARGET, Head(1, "sha256:" + "5" * 64))


@pytest.mark.parametrize("target", ["s3://open/x", "s3://governed/x", "s3://missing/x", "s3://"])
def test_a_bucket_without_compliance_mode_is_refused(s3: Any, target: str) -> None:
    """A head that someone could delete is no anchor."""
    with pytest.raises(InputError):
        write_anchor(target, Head(1, "sha256:" + "4" * 64))
    assert s3


def test_no_head_is_no_proof(s3: Any) -> None:
    """An empty prefix is an error and not a pass."""
    with pytest.raises(InputError, match="has no head"):
        read_anchors(TARGET)
    assert s3
