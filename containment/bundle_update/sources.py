"""Where the updater reads bundles: a folder of this host, or a prefix of a bucket; both are only the transport, and trusted for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from containment.bundle.document import parse_signed
from containment.bundle.files import MOST_FILE_BYTES, BundleFiles, SizeLimit, read_folder
from containment.bundle.manifest import FILE, find_path_problem
from containment.bundle.refusal import BundleCode, BundleRefusal
from containment.errors import InputError, Problem

_SCHEME: Final = "s3://"
_SECONDS: Final = 20
_ABSENT: Final = frozenset({"NoSuchKey", "404", "AccessDenied", "403"})
"""Codes for an object that is not there: without the right to list a bucket, S3 answers AccessDenied."""


class Source(Protocol):
    """A place with one bundle."""

    def read(self) -> BundleFiles:
        """Return the files of the bundle; raise BundleRefusal SOURCE_UNREADABLE or TOO_LARGE."""


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A folder, also a mounted one."""

    folder: Path

    def read(self) -> BundleFiles:
        """Return the files of the folder."""
        return read_folder(self.folder)


@dataclass(frozen=True, slots=True)
class S3Source:
    """The objects below a prefix of a bucket; `region` None is the one of the environment.

    Only bundle.yaml and the members that it lists are read, so that the right to read objects is enough: the bucket is not listed.
    """

    bucket: str
    prefix: str
    region: str | None = None

    def read(self) -> BundleFiles:
        """Return the objects of the bundle; raise also NON_CANONICAL, because the manifest names the members."""
        from botocore.exceptions import BotoCoreError, ClientError

        limit, client = SizeLimit(), self._make_client()
        contents: dict[str, bytes] = {}
        try:
            contents[FILE] = self._read_object(client, FILE, limit)
            members = parse_signed(contents[FILE]).manifest.members
            for path in [one.path for one in members if not find_path_problem(one.path)]:
                try:
                    contents[path] = self._read_object(client, path, limit)
                except ClientError as error:
                    if error.response["Error"]["Code"] not in _ABSENT:
                        raise
        except (BotoCoreError, ClientError) as error:
            where = f"{_SCHEME}{self.bucket}/{self.prefix}"
            raise BundleRefusal(BundleCode.SOURCE_UNREADABLE, where, f"cannot be read: {error}") from None
        return BundleFiles(contents)

    def _read_object(self, client: Any, path: str, limit: SizeLimit) -> bytes:
        found = client.get_object(Bucket=self.bucket, Key=f"{self.prefix}{path}")
        limit.add_bytes(path, int(found["ContentLength"]))
        body: bytes = found["Body"].read(MOST_FILE_BYTES + 1)
        return body

    def _make_client(self) -> Any:
        import boto3
        from botocore.config import Config

        retries = {"max_attempts": 3, "mode": "standard"}
        return boto3.client("s3", region_name=self.region, config=Config(connect_timeout=_SECONDS, read_timeout=_SECONDS, retries=retries))


def parse_source(text: str, region: str | None = None) -> Source:
    """Return the source of `--source`; raise InputError for a text that names none."""
    if text.startswith(_SCHEME):
        bucket, _, prefix = text.removeprefix(_SCHEME).partition("/")
        if not bucket or not prefix.strip("/"):
            raise _make_error(text, "has no bucket, or no prefix", "write s3://BUCKET/STACK")
        return S3Source(bucket, f"{prefix.strip('/')}/", region)
    if "://" in text:
        raise _make_error(text, "has a scheme that is not supported", "give a folder or s3://BUCKET/PREFIX")
    if not Path(text).is_absolute():
        raise _make_error(text, "is no absolute path", f"write {Path(text).resolve()}")
    return FolderSource(Path(text))


def _make_error(text: str, what: str, fix: str) -> InputError:
    return InputError("the source cannot be used", [Problem(f"--source {text}", what, "no bundle can be read there", fix)])
