"""Where approvers are named for the class, dismissals and enforcing need signed decisions; a file of names is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from containment.cli.app import app
from containment.loaders.stack_file import read_stack
from containment.names import PolicyMode
from containment.record.gate import load_record
from containment.record.log import verify_log
from tests.containment.record.conftest import Office, make_private_pem

from .documents import NAME, write_evidence, write_stack

STACK = "coding"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.chdir(tmp_path)
    found = Office(tmp_path)
    found.write_approvers()
    (tmp_path / "one.pem").write_bytes(make_private_pem(found.keys["Approver One"]))
    (tmp_path / "one.pem").chmod(0o600)
    return found


def run(*words: str) -> tuple[int, dict[str, Any], str]:
    result = CliRunner().invoke(app, [*words, "--json"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, json.loads(result.stdout) if result.stdout.startswith("{") else {}, result.output


def decide(office: Office, kind: str, *more: str) -> None:
    """Request a decision as Requester, and approve it as Approver One."""
    request = office.folder / f"{kind}.request.json"
    code, _, output = run("request", kind, "--stack", STACK, "--reason", "Reviewed.", "--by", "Requester", "--out", str(request), *more)
    assert code == 0, output
    code, _, output = run("approve", str(request), "--key", str(office.folder / "one.pem"), "--as", "Approver One", "--yes")
    assert code == 0, output


def test_a_file_of_names_is_no_decision_and_a_signed_dismissal_is(office: Office) -> None:
    write_stack(office.folder, STACK)
    evidence = write_evidence(office.folder, STACK, NAME)
    listed = office.folder / "dismissed.txt"
    listed.write_text(NAME)
    code, document, _ = run("enforce", STACK, "--evidence", str(evidence), "--dismissed", str(listed))
    whats = " ".join(reason["what"] for reason in document["reasons"])
    assert (code, document["open"]) == (10, [NAME])
    assert "is no decision" in whats
    assert "has no valid enforce decision" in whats
    decide(office, "dismissal", "--name", NAME)
    code, document, _ = run("enforce", STACK, "--evidence", str(evidence))
    assert (code, document["open"], document["dismissed"]) == (10, [], [NAME])
    assert [reason["where"] for reason in document["reasons"]] == [f"stack {STACK}"]
    decide(office, "enforce", "--evidence", str(evidence))
    code, document, output = run("enforce", STACK, "--evidence", str(evidence))
    assert (code, document["verdict"]) == (0, "granted"), output
    assert read_stack(STACK, folder=office.folder).mode is PolicyMode.ENFORCE


def test_a_decision_about_other_evidence_does_not_count(office: Office) -> None:
    path = write_stack(office.folder, STACK)
    decide(office, "enforce", "--evidence", str(write_evidence(office.folder, STACK)))
    evidence = write_evidence(office.folder, STACK, lines={"gateway": 101})
    code, document, _ = run("enforce", STACK, "--evidence", str(evidence))
    assert (code, [reason["where"] for reason in document["reasons"]]) == (10, [f"stack {STACK}"])
    assert "policyMode: monitor" in path.read_text()


def test_a_changed_log_grants_nothing(office: Office) -> None:
    write_stack(office.folder, STACK)
    evidence = write_evidence(office.folder, STACK)
    decide(office, "enforce", "--evidence", str(evidence))
    log = office.folder / "decisions" / "log.jsonl"
    log.write_bytes(log.read_bytes().replace(b"a", b"b", 1))
    assert run("enforce", STACK, "--evidence", str(evidence))[0] in (1, 10)
    assert read_stack(STACK, folder=office.folder).mode is PolicyMode.MONITOR


def test_without_approvers_a_change_of_mode_is_recorded_and_needs_no_signature(office: Office) -> None:
    (office.folder / "approvers.yaml").unlink()
    write_stack(office.folder, STACK)
    assert run("enforce", STACK, "--evidence", str(write_evidence(office.folder, STACK)))[0] == 0
    assert run("rollback", STACK, "--reason", "A host is missing.", "--by", "ada")[0] == 0
    assert [decision.kind.value for _, decision in load_record(office.folder).decisions] == ["enforce", "rollback"]
    assert list(verify_log(office.folder)) == []


def test_a_change_that_cannot_be_recorded_does_not_happen(office: Office) -> None:
    (office.folder / "approvers.yaml").unlink()
    path = write_stack(office.folder, STACK)
    evidence = write_evidence(office.folder, STACK)
    (office.folder / "decisions").write_text("a file in place of the folder")
    assert run("enforce", STACK, "--evidence", str(evidence))[0] != 0
    assert "policyMode: monitor" in path.read_text()


def test_rollback_needs_a_decision_where_approvers_are_named(office: Office) -> None:
    path = write_stack(office.folder, STACK, mode="enforce")
    code, document, _ = run("rollback", STACK, "--reason", "A host is missing.")
    assert (code, "has no valid rollback decision" in document["reasons"][0]["what"], "enforce" in path.read_text()) == (10, True, True)
    decide(office, "rollback")
    assert run("rollback", STACK, "--reason", "A host is missing.")[0] == 0
    assert "policyMode: monitor" in path.read_text()
