"""A bucket is read like a folder: same limits, same refusals, and nothing in it is trusted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from containment.bundle.files import MOST_FILE_BYTES, BundleFiles
from containment.bundle.index import LAUNCHER_FILE
from containment.bundle.manifest import Member
from containment.bundle.refusal import BundleCode, BundleRefusal
from containment.bundle.verify import verify_bundle
from containment.bundle_update.sources import FolderSource, S3Source, parse_source
from containment.errors import InputError
from tests.containment.bundle.desk import NOW, STACK, Desk

BUCKET = "policy-bundles"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    boto3, moto = pytest.importorskip("boto3"), pytest.importorskip("moto")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with moto.mock_aws():
        found = boto3.client("s3", region_name="eu-central-1")
        found.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield found


def find_code(source: S3Source) -> BundleCode:
    with pytest.raises(BundleRefusal) as caught:
        source.read()
    return caught.value.code


def upload(client: Any, files: BundleFiles, prefix: str = "dev") -> None:
    for path, data in files.contents.items():
        client.put_object(Bucket=BUCKET, Key=f"{prefix}/{path}", Body=data)


def test_a_prefix_is_read_as_the_folder_that_was_uploaded(client: Any) -> None:
    files = Desk().make()
    upload(client, files)
    upload(client, Desk().make(), prefix="dev-other")
    client.put_object(Bucket=BUCKET, Key="dev/more", Body=b"not listed")
    source = parse_source(f"s3://{BUCKET}/dev", "eu-central-1")
    assert source == S3Source(BUCKET, "dev/", "eu-central-1")
    assert source.read() == files


def test_reading_needs_no_right_to_list_the_bucket(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(client, Desk().make())
    calls: list[str] = []

    def record(*, operation_name: str, **_: Any) -> None:
        calls.append(operation_name)

    made = S3Source._make_client

    def make(self: S3Source) -> Any:
        found = made(self)
        found.meta.events.register("before-parameter-build.s3.*", lambda model, **_: record(operation_name=model.name))
        return found

    monkeypatch.setattr(S3Source, "_make_client", make)
    S3Source(BUCKET, "dev/", "eu-central-1").read()
    assert set(calls) == {"GetObject"}


def test_a_member_that_is_not_there_is_left_out_and_refused_as_missing(client: Any) -> None:
    desk = Desk()
    files = desk.make()
    upload(client, files)
    client.delete_object(Bucket=BUCKET, Key=f"dev/{LAUNCHER_FILE}")
    found = S3Source(BUCKET, "dev/", "eu-central-1").read()
    with pytest.raises(BundleRefusal) as caught:
        verify_bundle(found, desk.trust, stack=STACK, now=NOW, mark=None)
    assert caught.value.code is BundleCode.MISSING_MEMBER


def test_an_object_that_the_manifest_names_outside_of_the_prefix_is_not_read(client: Any) -> None:
    desk = Desk()
    members = desk.make_members()
    manifest = desk.make_manifest(members)
    outside = Member("../secret", manifest.members[0].sha256)
    upload(client, desk.make(members, members=(*manifest.members, outside)))
    client.put_object(Bucket=BUCKET, Key="dev/../secret", Body=members["index.json"])
    found = S3Source(BUCKET, "dev/", "eu-central-1").read()
    assert "../secret" not in found.contents
    with pytest.raises(BundleRefusal) as caught:
        verify_bundle(found, desk.trust, stack=STACK, now=NOW, mark=None)
    assert caught.value.code is BundleCode.PATH_ESCAPES


def test_what_is_too_large_not_there_or_no_manifest_is_refused(client: Any) -> None:
    source = S3Source(BUCKET, "dev/", "eu-central-1")
    assert find_code(source) is BundleCode.SOURCE_UNREADABLE
    assert find_code(S3Source("no-such-bucket", "dev/", "eu-central-1")) is BundleCode.SOURCE_UNREADABLE
    client.put_object(Bucket=BUCKET, Key="dev/bundle.yaml", Body=b"x" * (MOST_FILE_BYTES + 1))
    assert find_code(source) is BundleCode.TOO_LARGE
    client.put_object(Bucket=BUCKET, Key="dev/bundle.yaml", Body=b"x: 1\n---\n{}")
    assert find_code(source) is BundleCode.NON_CANONICAL


@pytest.mark.parametrize("text", ["s3://", "s3://bucket", "s3://bucket/", "s3:///prefix", "https://example.com/x", "relative/folder", ""])
def test_a_text_that_names_no_source_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="cannot be used"):
        parse_source(text)


def test_a_folder_is_a_source() -> None:
    assert parse_source("/srv/bundle") == FolderSource(Path("/srv/bundle"))
