"""Keys of the platform program for the archive of decision heads: off while `decisionArchiveBucket` is not set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from containment.config.validation.cross_checks import OTHER_PARTITIONS
from containment.errors import InputError, Problem

ARCHIVE_KEYS: Final = ("decisionArchiveBucket", "decisionArchiveDays", "decisionArchiveRegion")
DEFAULT_DAYS: Final = 400
"""Days for which a head is kept where the stack sets none: longer than the longest decision, a year."""
MOST_DAYS: Final = 36500
"""The longest retention that S3 accepts."""
DEFAULT_REGION: Final = "us-east-1"
_BUCKET: Final = re.compile(r"(?!\d+(\.\d+){3}$)(?!xn--)[a-z0-9](?:[a-z0-9-]|\.(?![.-])){1,61}[a-z0-9]")
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_WHY: Final = "heads are kept there, and a locked object cannot be shortened or moved"


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """The archive's bucket, the days for which a head is kept, and its region."""

    bucket: str
    days: int
    region: str


def parse_archive(raw: Mapping[str, str], file: str) -> ArchiveSettings | None:
    """Return the archive that a stack's texts describe, None where no bucket is named.

    Args:
        raw: the texts of ARCHIVE_KEYS that are set.
        file: the stack's file, for the problems.

    Raises:
        InputError: a value cannot be used, or days or a region are set without a bucket.
    """
    bucket, days, region = (raw.get(key, "").strip() for key in ARCHIVE_KEYS)
    if not bucket and days in ("", str(DEFAULT_DAYS)) and region in ("", DEFAULT_REGION):
        return None
    problems = []
    if not _BUCKET.fullmatch(bucket):
        near = re.sub(r"[^a-z0-9-]+", "-", bucket.lower()).strip("-")[:63]
        what = f"is {bucket!r}, which is no name of a bucket" if bucket else "is not set, though the archive's days or region are"
        fix = f"write {near}" if _BUCKET.fullmatch(near) else "write a name that is unique in AWS, such as heads-of-example-com"
        problems.append(Problem(f"{file}:decisionArchiveBucket", what, _WHY, fix))
    if days and not (days.isascii() and days.isdecimal() and 1 <= int(days) <= MOST_DAYS):
        fix = f"write a whole number from 1 to {MOST_DAYS}, such as {DEFAULT_DAYS}"
        problems.append(Problem(f"{file}:decisionArchiveDays", f"is {days!r}, which is no number of days", _WHY, fix))
    if region and (not _REGION.fullmatch(region) or region.startswith(OTHER_PARTITIONS)):
        what = f"is {region!r}, which is no region of the commercial partition"
        problems.append(Problem(f"{file}:decisionArchiveRegion", what, _WHY, "write an AWS region, such as us-east-1"))
    if problems:
        raise InputError("the archive of decision heads cannot be deployed", problems)
    return ArchiveSettings(bucket, int(days or DEFAULT_DAYS), region or DEFAULT_REGION)
