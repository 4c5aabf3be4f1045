"""Heads of the log kept elsewhere: objects in a bucket with Object Lock (`s3://BUCKET/PREFIX`), or a file.

Each head is one object, named after its number of entries, so that no object is ever written again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from containment.errors import InputError, Problem
from containment.record.chain import Head, parse_head
from containment.record.files import read_bytes, write_whole

_SCHEME: Final = "s3://"


def write_anchor(target: str, head: Head) -> str:
    """Write a head and return its place; an equal head that is there already is left as it is.

    Raises:
        InputError: it cannot be written, the bucket has no Object Lock, or another head has the same number.
    """
    if not target.startswith(_SCHEME):
        write_whole(Path(target), head.encode())
        return target
    bucket, prefix, client = _open(target)
    name = f"{prefix}{head.entries:010}.json"
    with _Converted(target):
        mode = client.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    if mode.get("Rule", {}).get("DefaultRetention", {}).get("Mode") != "COMPLIANCE":
        raise _make_error(target, "has no default retention in COMPLIANCE mode, so a head could be deleted", "deploy the decision archive")
    if (before := _read_object(client, bucket, name, target)) is not None:
        if before == head.encode():
            return f"{_SCHEME}{bucket}/{name}"
        raise _make_error(target, f"has another head with {head.entries} entries: one of the two logs is a fork", "compare both logs")
    with _Converted(target):
        client.put_object(Bucket=bucket, Key=name, Body=head.encode(), ContentType="application/json", ChecksumAlgorithm="SHA256")
    return f"{_SCHEME}{bucket}/{name}"


def read_anchors(target: str) -> Mapping[str, Head]:
    """Return every anchored head by its place; raise InputError if none can be read.

    All versions of an object are read, so that a head that was hidden by another version or a delete marker counts as well.
    """
    if not target.startswith(_SCHEME):
        data = read_bytes(Path(target))
        if data is None:
            raise _make_error(target, "does not exist", "name the file of `containment audit anchor`")
        return {target: _parse(target, data)}
    bucket, prefix, client = _open(target)
    found: dict[str, Head] = {}
    with _Converted(target):
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
            for one in page.get("Versions", ()):
                body = client.get_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
                place = f"{_SCHEME}{bucket}/{one['Key']}"
                found[place if one.get("IsLatest") else f"{place} (version {one['VersionId']})"] = _parse(place, body)
    if not found:
        raise _make_error(target, "has no head", "run `containment audit anchor` first")
    return found


def _parse(place: str, data: bytes) -> Head:
    try:
        return parse_head(data)
    except ValueError as error:
        raise _make_error(place, str(error), "compare it with the log by hand: it was not written by this program") from None


def _open(target: str) -> tuple[str, str, Any]:
    import boto3

    bucket, _, prefix = target.removeprefix(_SCHEME).partition("/")
    if not bucket:
        raise _make_error(target, "names no bucket", "write s3://BUCKET/PREFIX")
    with _Converted(target):
        client = boto3.client("s3")
    return bucket, f"{prefix.rstrip('/')}/" if prefix.strip("/") else "", client


def _read_object(client: Any, bucket: str, name: str, target: str) -> bytes | None:
    with _Converted(target):
        if not client.list_objects_v2(Bucket=bucket, Prefix=name, MaxKeys=1).get("KeyCount"):
            return None
        body: bytes = client.get_object(Bucket=bucket, Key=name)["Body"].read()
        return body


class _Converted:
    """Raise InputError for an error of AWS."""

    def __init__(self, target: str) -> None:
        self._target = target

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, BotoCoreError | ClientError):
            raise _make_error(self._target, f"cannot be used: {error}", "check the bucket, the region and the credentials") from None


def _make_error(where: str, what: str, fix: str) -> InputError:
    why = "a head that is kept elsewhere shows that the log was taken back"
    return InputError("the head is not anchored", [Problem(where, what, why, fix)])
