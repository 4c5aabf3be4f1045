"""`request`, `approve` and `audit` on a folder of stacks: what is shown is what is signed, and every refusal has a code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from containment.cli.app import build
from containment.exit_code import Exit
from tests.containment.record.conftest import Office, make_private_pem
from tests.support.deploy import REPOSITORY


@pytest.fixture
def home(tmp_path: Path) -> Office:
    """Return a folder with two stack files, approvers, their key files and evidence."""
    office = Office(tmp_path)
    office.write_approvers()
    for name in ("Pulumi.yaml", "Pulumi.coding-enforce.yaml", "Pulumi.regulated-data-enforce.yaml"):
        shutil.copy(REPOSITORY / name, tmp_path)
    for name, key in office.keys.items():
        (tmp_path / f"{name.split()[-1].lower()}.pem").write_bytes(make_private_pem(key))
    (tmp_path / "locked.pem").write_bytes(make_private_pem(office.keys["Approver One"], b"open sesame"))
    (tmp_path / "evidence.json").write_text('{"schema": "containment-observe/v1"}')
    return office


def _run(home: Office, *arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(build(arguments), [*arguments, "--cwd", str(home.folder)], input=typed)


def _request(home: Office, stack: str = "coding-enforce", by: str = "Requester") -> Path:
    path = home.folder / f"{by[:3]}.json"
    more = ("--evidence", str(home.folder / "evidence.json"), "--out", str(path), "--json")
    done = _run(home, "request", "enforce", "--stack", stack, "--reason", "a month", "--by", by, *more)
    assert done.exit_code == Exit.OK, done.output
    return path


def _approve(home: Office, path: Path, key: str, name: str, *more: str, typed: str | None = None) -> Result:
    return _run(home, "approve", str(path), "--key", str(home.folder / key), "--as", name, *(more or ("--yes",)), typed=typed)


def _list(home: Office) -> list[str]:
    return [entry["what"] for entry in json.loads(_run(home, "audit", "list", "--json").output)["entries"]]


def test_one_person_decides_for_a_class_that_needs_one(home: Office) -> None:
    """A request is signed once, is in the log, and cannot be signed into the log again."""
    path = _request(home)
    copy = shutil.copy(path, home.folder / "copy.json")
    done = _approve(home, path, "one.pem", "Approver One")
    assert done.exit_code == Exit.OK, done.output
    assert "subject.mode" in done.output
    assert "decided: entry 1" in done.output
    assert not path.exists()
    again = _approve(home, Path(copy), "two.pem", "Approver Two")
    assert again.exit_code == Exit.NO
    assert "replayed" in again.output
    assert _list(home) == ["enforce", "refused: replayed"]
    assert _run(home, "audit", "verify").exit_code == Exit.OK


def test_two_persons_decide_for_a_regulated_class(home: Office) -> None:
    """The first signature waits in the request; the same person twice changes nothing."""
    path = _request(home, "regulated-data-enforce")
    for _ in range(2):
        assert "needs 2 persons, and 1 signed" in _approve(home, path, "one.pem", "Approver One").output
    assert _list(home) == []
    assert "decided: entry 1" in _approve(home, path, "two.pem", "approver  two").output


@pytest.mark.parametrize(
    ("by", "key", "name", "code", "word"),
    [
        ("Approver One", "one.pem", "Approver One", Exit.NO, "self-approval"),
        ("Requester", "approver.pem", "Network Approver", Exit.NO, "wrong-role"),
        ("Requester", "two.pem", "Approver One", Exit.ERROR, "none of this person's keys"),
        ("Requester", "missing.pem", "Approver One", Exit.ERROR, "does not exist"),
        ("Requester", "one.pem", "Approver Onne", Exit.ERROR, "write --as 'Approver One'"),
    ],
)
def test_who_may_not_sign(home: Office, by: str, key: str, name: str, code: Exit, word: str) -> None:
    """A refusal has its exit code and words; one about the decision is in the log."""
    done = _approve(home, _request(home, by=by), key, name)
    assert (done.exit_code, word in done.output) == (code, True), done.output
    assert _list(home) == ([f"refused: {word}"] if code is Exit.NO else [])


def test_nothing_is_signed_unseen(home: Office) -> None:
    """Without a terminal --yes is needed, after the decision was printed."""
    path = _request(home)
    before = path.read_bytes()
    done = _approve(home, path, "one.pem", "Approver One", "--json")
    assert done.exit_code == Exit.USAGE
    assert path.read_bytes() == before
    assert _list(home) == []


def test_an_encrypted_key_opens_with_its_passphrase_only(home: Office) -> None:
    """The passphrase is a question; a wrong one signs nothing."""
    path = _request(home)
    wrong = _approve(home, path, "locked.pem", "Approver One", typed="wrong\n")
    assert wrong.exit_code == Exit.ERROR
    assert "opens with this passphrase" in wrong.output
    assert _approve(home, path, "locked.pem", "Approver One", typed="open sesame\n").exit_code == Exit.OK


def test_a_rejection_is_recorded_and_counted(home: Office) -> None:
    """A signed no is in the log and the counts, and opens nothing."""
    assert _approve(home, _request(home), "one.pem", "Approver One", "--reject", "--yes").exit_code == Exit.OK
    assert _approve(home, _request(home), "one.pem", "Approver One").exit_code == Exit.OK
    assert _list(home) == ["enforce rejected", "enforce"]
    (counts,) = json.loads(_run(home, "audit", "stats", "--json").output)["reviewers"]
    assert (counts["approved"], counts["rejected"], counts["mostPerHour"], counts["approvalRate"]) == (1, 1, 2, 0.5)
    tired = _run(home, "audit", "stats", "--per-hour", "1")
    assert json.loads(_run(home, "audit", "stats", "--per-hour", "1", "--json").output)["reviewers"][0]["fatigue"]
    assert "2 decisions in one hour (more than 1)" in tired.output


def test_a_changed_log_is_refused_by_name(home: Office) -> None:
    """`audit verify` exits with NO and the line; `audit list` is an error."""
    _approve(home, _request(home), "one.pem", "Approver One")
    path = home.folder / "decisions" / "log.jsonl"
    path.write_bytes(path.read_bytes().replace(b"sequence", b"sequenc_"))
    done = _run(home, "audit", "verify", "--json")
    assert done.exit_code == Exit.NO
    assert [one["kind"] for one in json.loads(done.output)["problems"]] == ["altered"]
    assert _run(home, "audit", "list").exit_code == Exit.ERROR


def test_show_and_anchor(home: Office) -> None:
    """An entry is shown in full; a head in a file is compared."""
    _approve(home, _request(home), "one.pem", "Approver One")
    shown = _run(home, "audit", "show", "1")
    assert "signed by" in shown.output
    assert "Approver One" in shown.output
    assert _run(home, "audit", "show", "2").exit_code == Exit.ERROR
    head = str(home.folder / "kept.json")
    assert _run(home, "audit", "anchor", head).exit_code == Exit.OK
    assert _run(home, "audit", "verify", "--anchor", head).exit_code == Exit.OK
    shutil.rmtree(home.folder / "decisions")
    assert _run(home, "audit", "verify").exit_code == Exit.OK
    assert _run(home, "audit", "verify", "--anchor", head).exit_code == Exit.NO
