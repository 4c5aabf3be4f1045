"""The samples of the archive's rule really run: the broken one is refused, and its repaired twin comes up and is destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment.lab import Lab
from tests.policypack.test_samples import SAMPLES, label

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

RULE = "decision-archive-is-locked"
FOLDERS = sorted(path.parent for path in (SAMPLES / RULE).glob("*/__main__.py"))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return a lab with nothing in it."""
    own = Lab(tmp_path_factory.mktemp("archive-samples"))
    try:
        yield own
    finally:
        own.down()


@pytest.mark.parametrize("folder", FOLDERS, ids=label)
def test_a_sample_of_the_archive_runs(folder: Path, lab: Lab) -> None:
    bad = lab.run("preview", "dev", folder=folder)
    assert (bad.code, {one["policy"] for one in bad.report["violations"]}) == (3, {RULE}), bad.talk
    lab.must("up", "dev", "--skip-preview", "--config", "repaired=true", folder=folder)
    s3 = lab.aws("s3")
    lock = s3.get_object_lock_configuration(Bucket="heads")["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"]["Mode"] == "COMPLIANCE"
    lab.must("destroy", "dev", folder=folder)
    assert "heads" not in {one["Name"] for one in s3.list_buckets()["Buckets"]}
