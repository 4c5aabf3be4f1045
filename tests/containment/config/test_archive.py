"""The archive's keys: off by default, and every value that S3 could not use is refused with its fix."""

from __future__ import annotations

import pytest

from containment.config.archive import ARCHIVE_KEYS, ArchiveSettings, parse_archive
from containment.errors import InputError

BUCKET, DAYS, REGION = ARCHIVE_KEYS
FILE = "platform/Pulumi.platform.yaml"


@pytest.mark.parametrize("raw", [{}, {BUCKET: ""}, {BUCKET: "", DAYS: "400", REGION: "us-east-1"}])
def test_without_a_bucket_there_is_no_archive(raw: dict[str, str]) -> None:
    """The defaults of Pulumi.yaml, which the engine passes like other values, are no archive."""
    assert parse_archive(raw, FILE) is None


def test_a_bucket_is_an_archive_for_more_than_a_year() -> None:
    assert parse_archive({BUCKET: "heads-of-example-com"}, FILE) == ArchiveSettings("heads-of-example-com", 400, "us-east-1")
    assert parse_archive({BUCKET: "h3.e", DAYS: "1", REGION: "eu-west-1"}, FILE) == ArchiveSettings("h3.e", 1, "eu-west-1")


@pytest.mark.parametrize(
    ("raw", "texts"),
    [
        ({BUCKET: "Heads of Example"}, ("decisionArchiveBucket: is 'Heads of Example'", "write heads-of-example")),
        ({BUCKET: "10.0.0.1"}, ("is '10.0.0.1', which is no name of a bucket",)),
        ({BUCKET: "a..b"}, ("is 'a..b'",)),
        ({BUCKET: "ab"}, ("is 'ab'",)),
        ({BUCKET: "a" * 64}, ("which is no name",)),
        ({DAYS: "10"}, ("is not set, though the archive's days or region are",)),
        ({BUCKET: "heads", DAYS: "0"}, ("decisionArchiveDays: is '0'",)),
        ({BUCKET: "heads", DAYS: "-1"}, ("decisionArchiveDays",)),
        ({BUCKET: "heads", DAYS: "1.5"}, ("decisionArchiveDays",)),
        ({BUCKET: "heads", DAYS: "36501"}, ("from 1 to 36500",)),
        ({BUCKET: "heads", REGION: "Frankfurt"}, ("decisionArchiveRegion: is 'Frankfurt'",)),
        ({BUCKET: "heads", REGION: "cn-north-1"}, ("no region of the commercial partition",)),
        ({BUCKET: "H", DAYS: "x", REGION: "y"}, ("Bucket: is", "Days: is", "Region: is")),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(raw: dict[str, str], texts: tuple[str, ...]) -> None:
    """All problems are listed at once, each at its key."""
    with pytest.raises(InputError) as caught:
        parse_archive(raw, FILE)
    assert all(text in str(caught.value) for text in texts), str(caught.value)
