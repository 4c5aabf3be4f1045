"""A planted Controller password and model key are in no state, log, report or bundle of a run: not plain, encoded or compressed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from containment.evidence.secret_scan import Secret, find_secrets
from containment_lab.linux.tools import list_missing
from tests.containment.evidence.desk import make_private_pem, make_public_pem
from tests.deployment.lab import REPOSITORY, Lab
from tests.deployment.world import containment

pytestmark = [
    pytest.mark.long,
    pytest.mark.slow,
    pytest.mark.namespaces,
    pytest.mark.skipif(bool(list_missing()), reason="; ".join(list_missing())),
]
STACK = "coding-enforce"
PASSWORD = "planted-Controller/password+1"
KEY = "planted-model/key+0123456789abcdef"
SECRETS = (Secret("Controller password", PASSWORD.encode()), Secret("model key", KEY.encode()))
HOME = "controller.json"
"""The lab's own settings of its Controller, which compares logins with the password: the one file that has to have it."""


@dataclass(frozen=True)
class Ran:
    """A lab after a run, and the folder with the files that a person keeps."""

    lab: Lab
    files: Path


def list_files(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def find_planted(*folders: Path) -> dict[str, list[str]]:
    """Return the files with a planted secret, each with which."""
    return {path.name: found for path in list_files(*folders) if (found := find_secrets(path.read_bytes(), SECRETS))}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """Return a lab in which a stack was deployed, used, reported on, and bundled, with both secrets in use."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    home, files, key = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("files"), Ed25519PrivateKey.generate()
    (home / HOME).write_text(json.dumps({"password": PASSWORD}))
    (files / "key.pem").write_bytes(make_private_pem(key))
    for name in ("Pulumi.yaml", f"Pulumi.{STACK}.yaml"):
        (files / name).write_text((REPOSITORY / name).read_text())
    (files / "attesters.pem").write_text(make_public_pem(key))
    lab = Lab(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODEL_API_KEY", KEY)
        patch.setenv("AVIATRIX_PASSWORD", PASSWORD)
        try:
            lab.bring_up(STACK)
            call = ("--stack", STACK, "--", "curl", "--insecure", "--silent", "--max-time", "8", "-H", f"Authorization: Bearer {KEY}")
            called = containment(lab, "run", *call, f"https://inference-api.nvidia.com/v1/models?key={KEY}")
            assert called.returncode == 0, called.stderr
            exported = containment(lab, "export", "--stack", STACK)
            (files / "state.json").write_text(exported.stdout)
            reported = containment(lab, "report", "--stack", STACK, "--no-evasion", "--out", str(files / "containment-report.html"))
            assert reported.returncode == 0, reported.stdout + reported.stderr
            made = run_evidence(lab, STACK, "--key", str(files / "key.pem"), "--out", str(files / "evidence"), "--cwd", str(files))
            (files / "output.txt").write_text("".join(one.stdout + one.stderr for one in (called, exported, reported, made)))
            assert made.returncode == 12, made.stdout + made.stderr
            yield Ran(lab, files)
        finally:
            lab.down()


def run_evidence(lab: Lab, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "containment", "evidence", *words]
    return subprocess.run(command, capture_output=True, text=True, env=lab.environment, cwd=REPOSITORY, timeout=240)


def test_no_state_log_report_or_bundle_has_a_planted_secret(ran: Ran) -> None:
    names = {path.name for path in list_files(ran.lab.home, ran.files)}
    assert {f"{STACK}.json", "state.json", "containment-report.json", "evidence.json", "evidence.html", "controller.log"} <= names
    assert find_planted(ran.lab.home, ran.files) == {HOME: ["Controller password"]}, (
        "the search works, and finds the one file that needs it"
    )


def test_the_files_of_the_run_were_really_searched(ran: Ran) -> None:
    plain = ran.files / "containment-report.json"
    planted = ran.files / "planted.json"
    planted.write_text(plain.read_text().replace('"schema"', json.dumps(f"Bearer {KEY}") + ': 1, "schema"', 1))
    try:
        assert find_planted(ran.files) == {"planted.json": ["model key"]}
    finally:
        planted.unlink()


def test_a_bundle_of_a_report_with_the_key_is_not_written(ran: Ran) -> None:
    document = json.loads((ran.files / "containment-report.json").read_text())
    document["tests"][0]["probes"][0]["observed"] = f"sent {KEY}"
    changed = ran.files / "changed.json"
    changed.write_text(json.dumps(document))
    try:
        key, out = str(ran.files / "key.pem"), ran.files / "refused"
        done = run_evidence(ran.lab, STACK, "--key", key, "--results", str(changed), "--out", str(out), "--cwd", str(ran.files))
        assert done.returncode == 1
        assert "$MODEL_API_KEY" in done.stderr
        assert KEY not in done.stdout + done.stderr
        assert not out.exists()
    finally:
        changed.unlink()


def test_the_bundle_of_the_run_is_genuine_and_simulated(ran: Ran) -> None:
    done = run_evidence(ran.lab, "verify", str(ran.files / "evidence/evidence.json"), "--cwd", str(ran.files))
    assert done.returncode == 0, done.stdout
    assert "SIMULATED: " in done.stdout.splitlines()[0]
    assert "FAIL" not in done.stdout
