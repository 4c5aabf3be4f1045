"""The archive of decision heads in the lab: deployed by the platform when its key is set, and a head lands there with its retention."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from containment.cli.app import build
from containment.record.log import append_decision
from tests.containment.record.conftest import Office
from tests.deployment.lab import PACK, REPOSITORY, Lab

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FOLDER = REPOSITORY / "platform"
BUCKET = "heads-of-example-com"
SET = ("--config", f"decisionArchiveBucket={BUCKET}", "--config", "decisionArchiveDays=400")


def _run(folder: Path, *words: str) -> tuple[int, str]:
    arguments = [*words, "--cwd", str(folder)]
    done = CliRunner().invoke(build(arguments), arguments)
    return done.exit_code, done.output


@pytest.mark.long
def test_a_head_lands_in_the_archive_with_its_retention(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Off by default; when set, the pack accepts it, a second preview changes nothing, and nobody deletes a head or shortens its time."""
    lab.must("up", "platform", "--skip-preview", folder=FOLDER)
    assert lab.must("preview", "platform", folder=FOLDER, pack=PACK).report["changes"] == {"same": 6}
    refused = lab.run("preview", "platform", "--config", "decisionArchiveBucket=Heads", folder=FOLDER)
    assert refused.code == 1
    assert any("decisionArchiveBucket: is 'Heads'" in one["message"] for one in refused.report["diagnostics"])
    lab.must("up", "platform", "--skip-preview", *SET, folder=FOLDER, pack=PACK)
    assert lab.must("preview", "platform", *SET, folder=FOLDER, pack=PACK).report["changes"] == {"same": 15}
    assert lab.must("refresh", "platform", *SET, folder=FOLDER).report["changes"] == {"same": 15}

    environment = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{lab.ports['aws']}", "AWS_DEFAULT_REGION": "us-east-1"}
    for key, value in {**environment, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}.items():
        monkeypatch.setenv(key, value)
    office, now = Office(tmp_path), datetime.now(UTC).replace(microsecond=0)
    office.write_approvers()
    decision = office.make(not_before=now - timedelta(minutes=1), expires=now + timedelta(days=9))
    append_decision(office.sign(decision, "Approver One"), folder=tmp_path, now=now)
    target = f"s3://{BUCKET}/coding"
    code, output = _run(tmp_path, "audit", "anchor", target)
    assert code == 0, output
    s3, key = lab.aws("s3"), "coding/0000000001.json"
    found = s3.head_object(Bucket=BUCKET, Key=key)
    assert found["ObjectLockMode"] == "COMPLIANCE"
    assert found["ObjectLockRetainUntilDate"] >= now + timedelta(days=399)
    assert found["ServerSideEncryption"] == "aws:kms"
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=BUCKET, Key=key, VersionId=found["VersionId"])
    statements = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert "s3:PutObjectRetention" in statements[0]["Action"]
    assert s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]["RestrictPublicBuckets"]

    assert _run(tmp_path, "audit", "verify", "--anchor", target)[0] == 0
    (tmp_path / "decisions" / "log.jsonl").write_bytes(b"")
    (tmp_path / "decisions" / "head.json").unlink()
    code, output = _run(tmp_path, "audit", "verify", "--anchor", target)
    assert code == 10, output
    assert "truncated" in output or "it was cut" in output

    lab.must("destroy", "platform", folder=FOLDER)
    assert s3.get_object_lock_configuration(Bucket=BUCKET)["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Days"] == 400
