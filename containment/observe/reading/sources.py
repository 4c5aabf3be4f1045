"""Sources of logs: files, folders, `s3://bucket/prefix`, `logs:GROUP` of CloudWatch, and `lab:STACK` for the lab's own files.

Compression and Parquet are recognized by the first bytes. Every path that cannot be read is reported at once. Of a CloudWatch log group
every event in the window is stored as a line; endpoint and credentials are those of the AWS SDK's environment. Text is UTF-8: a byte order
mark is removed, and UTF-16, as spreadsheets export it, is converted line by line.
"""

from __future__ import annotations

import codecs
import gzip
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast

from containment.errors import InputError, Problem
from containment_lab.home import LabHome

_UTF8, _UTF16 = codecs.BOM_UTF8, (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32: Final = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


class ByteLines(Protocol):
    """Lines of bytes."""

    def readline(self, size: int = -1, /) -> bytes:
        """Return the next line, at most about `size` bytes of it; empty at the end."""


class _ConvertedLines:
    """Lines of UTF-16 in UTF-8."""

    def __init__(self, file: BinaryIO) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-16", newline="\n")

    def readline(self, size: int = -1, /) -> bytes:
        """Return the next line, at most `size` characters of it; raise UnicodeError for text that is no UTF-16."""
        try:
            return self._text.readline(size).encode()
        except UnicodeError as error:
            raise UnicodeError(f"it is no UTF-16 to its end ({error}); export it in UTF-8") from None


class _ForeignLines:
    """A file in an encoding that is not read."""

    def __init__(self, what: str) -> None:
        self._what = what

    def readline(self, _: int = -1, /) -> bytes:
        """Raise UnicodeError."""
        raise UnicodeError(f"it is {self._what}; export it in UTF-8")


def convert_to_utf8(file: object) -> ByteLines:
    """Return the lines of an open binary file, by its first bytes."""
    raw = cast(BinaryIO, file)
    head = raw.read(4)
    raw.seek(0)
    if head in _UTF32:
        return _ForeignLines("UTF-32")
    if head.startswith(_UTF16):
        return _ConvertedLines(raw)
    if b"\0" in head:
        return _ForeignLines("UTF-16 without a byte order mark, or no text")
    if head.startswith(_UTF8):
        raw.seek(len(_UTF8))
    return raw


PREFIX: Final = "logs:"
_WHY: Final = "observations that leave logs out would be mistaken for all traffic"
_FIX_GROUP: Final = "check the group's name and the stack's region (AWS_REGION without --stack), and the right logs:FilterLogEvents"


def download_log_group(source: str, target: Path, region: str | None, since: datetime | None, until: datetime | None) -> None:
    """Store the events of a log group as lines.

    Args:
        source: `logs:GROUP`.
        target: The file to write.
        region: The group's region; None for the AWS SDK's own.
        since: First time; None for the whole group.
        until: Time after the last.

    Raises:
        InputError: The group cannot be read.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    group = source.removeprefix(PREFIX)
    if not group:
        raise InputError("logs cannot be read", [Problem(source, "names no log group", _WHY, "write logs:GROUP")])
    span = {key: int(moment.timestamp() * 1000) for key, moment in (("startTime", since), ("endTime", until)) if moment is not None}
    try:
        pages = boto3.client("logs", region_name=region).get_paginator("filter_log_events").paginate(logGroupName=group, **span)
        with target.open("w", encoding="utf-8", errors="backslashreplace") as out:
            for page in pages:
                out.writelines(f"{' '.join(event['message'].splitlines())}\n" for event in page.get("events", ()))
    except (BotoCoreError, ClientError, ValueError) as error:
        raise InputError("logs cannot be read", [Problem(source, str(error), _WHY, _FIX_GROUP)]) from None


def list_stack_groups(stack: str, *, flows: bool, queries: bool) -> list[str]:
    """Return the log groups that a stack deploys, as sources.

    Args:
        stack: The stack's name.
        flows: Whether it has a flow log.
        queries: Whether it has a query log.
    """
    kinds = [kind for kind, is_on in (("flow-logs", flows), ("dns-queries", queries)) if is_on]
    return [f"{PREFIX}/containment/{stack}/{kind}" for kind in kinds]


LAB_FILES: Final = ("gateway.log", "vpc-flow.log", "resolver-query.log")
"""The lab's logs in the formats of the gateway and AWS."""
_LAB, _S3 = "lab:", "s3://"
_PARQUET, _GZIP = b"PAR1", b"\x1f\x8b"


@dataclass(frozen=True)
class LogFile:
    """A file on this machine; `name` is the path or URL for messages."""

    name: str
    path: Path

    def is_parquet(self) -> bool:
        """Return whether the file is Parquet."""
        with self.path.open("rb") as file:
            return file.read(len(_PARQUET)) == _PARQUET

    @contextmanager
    def open_lines(self) -> Iterator[ByteLines]:
        """Open the file's text, decompressed and in UTF-8; reading raises UnicodeError for UTF-16 that is broken or unmarked."""
        with self.path.open("rb") as file:
            head = file.read(len(_GZIP))
            file.seek(0)
            if head != _GZIP:
                yield convert_to_utf8(file)
                return
            with gzip.open(file) as plain:
                yield convert_to_utf8(plain)


@dataclass(frozen=True)
class Reading:
    """How log groups are read: their region, None for the AWS SDK's own, and the window, whose ends are None where it is open."""

    region: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def find_log_files(paths: Sequence[str], folder: Path, reading: Reading | None = None) -> list[LogFile]:
    """Return the files of all paths, sorted within a folder.

    Args:
        paths: Files, folders, `s3://` URLs, `logs:GROUP` and `lab:STACK`.
        folder: Where objects of S3 and events of CloudWatch are stored for reading.
        reading: How log groups are read.

    Raises:
        InputError: Some path cannot be read or has no file.
    """
    problems: list[Problem] = []
    found: dict[str, LogFile] = {}
    for number, path in enumerate(paths):
        try:
            files = list(_expand(path, folder / f"objects-{number}", reading or Reading()))
        except OSError as error:
            problems.append(Problem(path, error.strerror or str(error), _WHY, "give a path that this user can read"))
            continue
        except InputError as error:
            problems += error.problems
            continue
        found |= {file.name: file for file in files}
        if not files:
            problems.append(Problem(path, "has no log file", _WHY, f"give a folder with logs{_suggest_lab(path)}"))
    if problems:
        raise InputError("logs cannot be read", problems)
    return list(found.values())


def _expand(path: str, folder: Path, reading: Reading) -> Iterable[LogFile]:
    if path.startswith(PREFIX):
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / "events"
        download_log_group(path, target, reading.region, reading.since, reading.until)
        return [LogFile(path, target)]
    if path.startswith(_S3):
        return _download(path, folder)
    if path.startswith(_LAB):
        return _find_lab_files(path)
    root = Path(path)
    if root.is_dir():
        return [_make_file(one) for one in sorted(_walk(root))]
    return [_make_file(root)]


def _walk(root: Path) -> Iterator[Path]:
    """Yield the files below a folder, through links too; raise OSError for a folder or a file that cannot be read.

    Names that begin with a dot are left out, and a folder that was seen under another name.
    """

    def stop(error: OSError) -> None:
        raise error

    seen = {root.resolve()}
    for folder, folders, files in os.walk(root, onerror=stop, followlinks=True):
        paths = {name: (Path(folder) / name).resolve() for name in folders if not name.startswith(".")}
        folders[:] = [name for name, path in sorted(paths.items()) if path not in seen]
        seen.update(paths[name] for name in folders)
        for name in files:
            path = Path(folder) / name
            if not name.startswith(".") and (path.is_file() or not path.exists()):  # a link to nothing is a log that is missing
                yield path


def _make_file(path: Path) -> LogFile:
    with path.open("rb"):  # a file that cannot be opened is a problem of its path
        return LogFile(str(path), path)


def _find_lab_files(path: str) -> list[LogFile]:
    folder = LabHome.find().get_network_folder(path.removeprefix(_LAB))
    return [LogFile(f"{path}/{name}", folder / name) for name in LAB_FILES if (folder / name).is_file()]


def _suggest_lab(path: str) -> str:
    if not path.startswith(_LAB):
        return ""
    home = LabHome.find().root / "world"
    known = sorted(one.name for one in home.iterdir() if one.is_dir()) if home.is_dir() else []
    return f", or lab:{known[0]}" if known else ", or start the lab: containment lab up"


def _download(url: str, folder: Path) -> Iterator[LogFile]:
    """Store the objects below a prefix; the endpoint and the credentials are those of the AWS SDK's environment."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, _, prefix = url.removeprefix(_S3).partition("/")
    if not bucket:
        raise InputError("logs cannot be read", [Problem(url, "names no bucket", _WHY, "write s3://BUCKET/PREFIX")])
    folder.mkdir(parents=True, exist_ok=True)
    try:
        at = 0
        client = boto3.client("s3", endpoint_url=find_endpoint())
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for one in page.get("Contents", ()):
                if one["Size"]:
                    at += 1
                    target = folder / f"{bucket}-{at:06}"
                    client.download_file(bucket, one["Key"], str(target))
                    yield LogFile(f"{_S3}{bucket}/{one['Key']}", target)
    except (BotoCoreError, ClientError, ValueError) as error:
        fix = "check the bucket's name and the rights s3:ListBucket and s3:GetObject"
        raise InputError("logs cannot be read", [Problem(url, str(error), _WHY, fix)]) from None


def find_endpoint() -> str | None:
    """Return the endpoint of S3: of AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL; None for AWS, which the lab replaces by setting one."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or None
