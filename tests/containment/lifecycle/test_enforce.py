"""Enforce is refused with every reason at once until each would-be-denied destination is settled; then one line of one file changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from containment.cli.app import app
from containment.loaders.stack_file import read_stack
from containment.names import PolicyMode
from tests.containment.vending.files import write_agent

from .documents import NAME, digest_of, make_flow, write_evidence, write_stack

STACK = "coding"


def run(*words: str) -> tuple[int, dict[str, Any]]:
    """Run a verb with --json; return the exit code and the document."""
    result = CliRunner().invoke(app, [*words, "--json"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, json.loads(result.stdout) if result.stdout else {"error": result.stderr}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def enforce(evidence: Path, *more: str, stack: str = STACK) -> tuple[int, dict[str, Any]]:
    return run("enforce", stack, "--evidence", str(evidence), *more)


def test_an_open_destination_is_named_and_nothing_changes(folder: Path) -> None:
    path = write_stack(folder, STACK)
    before = path.read_bytes()
    code, document = enforce(write_evidence(folder, STACK, NAME, "other.example.org"))
    assert (code, document["verdict"], document["open"]) == (10, "refused", [NAME, "other.example.org"])
    assert [NAME in document["reasons"][0]["what"], "other.example.org" in document["reasons"][1]["what"]] == [True, True]
    assert path.read_bytes() == before


@pytest.mark.parametrize("pattern", [NAME, "*.partner.example.com"])
def test_a_promoted_destination_is_settled_by_the_rules_and_not_by_its_spelling(folder: Path, pattern: str) -> None:
    write_stack(folder, STACK)
    evidence = write_evidence(folder, STACK, NAME.upper())
    path = write_stack(folder, STACK, f'approvedSaasApiDomains: ["{pattern}"]')
    code, document = enforce(evidence)
    assert (code, document["verdict"], document["promoted"], document["changed"]) == (0, "granted", [NAME.upper()], True)
    assert read_stack(STACK, folder=folder).mode is PolicyMode.ENFORCE
    assert "policyMode: enforce  # reviewed\n" in path.read_text()
    assert [step["command"] for step in document["steps"]] == ["pulumi up --stack coding"]
    text = path.read_text()
    code, document = enforce(evidence)
    assert (code, document["verdict"], document["changed"], path.read_text()) == (0, "unchanged", False, text)


def test_a_dismissed_destination_stays_denied_and_is_settled(folder: Path) -> None:
    write_stack(folder, STACK)
    evidence = write_evidence(folder, STACK, NAME)
    listed = folder / "dismissed.txt"
    listed.write_text("# reviewed\napi.other.example.com\n")
    assert enforce(evidence, "--dismissed", str(listed))[0] == 10
    listed.write_text(f"{NAME.upper()}.  # telemetry\n")
    code, document = enforce(evidence, "--dismissed", str(listed))
    assert (code, document["dismissed"], document["promoted"]) == (0, [NAME], [])


@pytest.mark.parametrize("line", ["*.example.com", "a.example.com b.example.com"])
def test_a_dismissal_is_one_exact_name(folder: Path, line: str) -> None:
    write_stack(folder, STACK)
    listed = folder / "dismissed.txt"
    listed.write_text(line)
    code, document = enforce(write_evidence(folder, STACK), "--dismissed", str(listed))
    assert (code, "dismissed.txt:1" in document["error"]) == (1, True)


WINDOW = {"start": "2026-11-01T00:00:00Z", "end": "2026-11-10T00:00:00Z", "days": 9, "sessions": 40}
GAP = {"source": "gateway", "start": "2026-11-03T00:00:00Z", "end": "2026-11-03T01:00:00Z", "seconds": 3600}


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"window": {**WINDOW, "days": 6}}, "window.days"),
        ({"window": {**WINDOW, "end": "2026-11-06T00:00:00Z"}}, "window.days"),
        ({"window": {"start": None, "end": None, "days": 9, "sessions": 40}}, "window.days"),
        ({"window": {**WINDOW, "sessions": 19}}, "window.sessions"),
        ({"window": {**WINDOW, "end": "2999-01-01T00:00:00Z"}}, "window.end"),
        ({"gaps": [GAP]}, "gaps[0]"),
        ({"notTested": [{"question": "would be denied", "reason": "no decision of the gateway", "count": 3}]}, "notTested[0]"),
        ({"rejected": {"file": 1}}, "rejected.file"),
        ({"rejected": {"gateway-l7": 1}}, "rejected"),
        ({"rejected": {"flowiq": 1, "unknown": 9}}, "rejected"),
        ({"stack": "research"}, "stack"),
        ({"stack": None}, "stack"),
        ({"policyDigest": None}, "policyDigest"),
        ({"policyDigest": "sha256:" + "0" * 64}, "policyDigest"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_unfit_evidence_is_refused_at_its_part(folder: Path, changes: dict[str, Any], where: str) -> None:
    write_stack(folder, STACK)
    code, document = enforce(write_evidence(folder, STACK, **changes))
    assert (code, [reason["where"].partition(".json:")[2] for reason in document["reasons"]]) == (10, [where])
    assert all(reason["why"] and reason["fix"] for reason in document["reasons"])
    assert read_stack(STACK, folder=folder).mode is PolicyMode.MONITOR


def test_every_reason_is_given_at_once(folder: Path) -> None:
    write_stack(folder, STACK)
    evidence = write_evidence(folder, STACK, NAME, stack="x", policyDigest=None, gaps=[GAP], window={**WINDOW, "days": 1, "sessions": 1})
    _, document = enforce(evidence)
    assert len(document["reasons"]) == 6


def test_the_limits_are_options_and_are_printed(folder: Path) -> None:
    write_stack(folder, STACK)
    evidence = write_evidence(folder, STACK, window={**WINDOW, "end": "2026-11-02T00:00:00Z", "days": 2, "sessions": 3})
    assert enforce(evidence)[0] == 10
    code, document = enforce(evidence, "--min-days", "2", "--min-sessions", "3")
    assert (code, document["minDays"], document["minSessions"]) == (0, 2, 3)


def test_unreadable_lines_without_decisions_are_a_note_and_a_number_of_others_is_an_option(folder: Path) -> None:
    write_stack(folder, STACK)
    unanswered = [{"question": "SNI and address", "reason": "no answer of the resolver", "count": 2}]
    evidence = write_evidence(folder, STACK, rejected={"unknown": 9, "gateway-l4": 2}, notTested=unanswered)
    assert enforce(evidence, "--max-rejected", "1")[0] == 10
    code, document = enforce(evidence, "--max-rejected", "2")
    assert (code, len(document["notes"])) == (0, 1)


@pytest.mark.parametrize(
    "line",
    [
        'approvedMcpGatewayDomains: ["never-seen.example.org"]',  # a permit of a name that was not observed
        "logPermitRules: false",
        'eastWestDenyCidrs: ["10.0.0.0/8"]',
        'alwaysEnforce: ["paste-and-webhooks"]',
        'approvedModelGatewayDomains: ["models.partner.example.com"]',  # replaces the names of the class
    ],
)
def test_a_policy_that_changed_by_more_than_promotions_was_not_observed(folder: Path, line: str) -> None:
    write_stack(folder, STACK)
    evidence = write_evidence(folder, STACK, NAME)
    write_stack(folder, STACK, f'approvedSaasApiDomains: ["{NAME}"]', line)
    code, document = enforce(evidence)
    assert (code, [reason["where"].partition(".json:")[2] for reason in document["reasons"]]) == (10, ["policyDigest"])


def test_a_promotion_into_a_group_that_has_names_already_keeps_the_evidence_valid(folder: Path) -> None:
    write_stack(folder, STACK, 'approvedSaasApiDomains: ["crm.acme.example"]')
    evidence = write_evidence(folder, STACK, NAME)
    write_stack(folder, STACK, f'approvedSaasApiDomains: ["crm.acme.example", "{NAME}"]')
    assert enforce(evidence)[0] == 0


def test_an_address_is_settled_only_by_a_permit_of_each_port_that_was_seen(folder: Path) -> None:
    write_stack(folder, STACK)
    address = "10.200.0.9"
    seen = {
        key: value
        for key, value in make_flow(address).items()
        if key in ("agent", "rule", "count", "bytesOut", "bytesIn", "firstSeen", "lastSeen", "days")
    }
    ports = [{**seen, "address": address, "port": port, "protocol": "TCP", "verdict": "DENY"} for port in (443, 8443)]
    evidence = write_evidence(folder, STACK, address, addressWithoutName=ports)
    api = '{"artifacts": {"cidrs": ["10.200.0.9/32"], "ports": [%s], "owner": "platform", "reason": "Artifact store."}}'
    write_stack(folder, STACK, f"approvedInternalApis: {api % '443'}")
    assert enforce(evidence)[1]["open"] == [address]
    write_stack(folder, STACK, f"approvedInternalApis: {api % '443, 8443'}")
    code, document = enforce(evidence)
    assert (code, document["promoted"]) == (0, [address])


def test_a_move_brings_the_new_stack_up_and_verifies_it_before_the_old_one_goes(folder: Path) -> None:
    old = write_stack(folder, "coding-monitor-eu")
    evidence = write_evidence(folder, "coding-monitor-eu", NAME)
    write_stack(folder, "coding-monitor-eu", f'approvedSaasApiDomains: ["{NAME}"]')
    code, document = enforce(evidence, stack="coding-monitor-eu")
    assert (code, "Pulumi.coding-enforce-eu.yaml" in document["reasons"][0]["where"]) == (10, True)
    write_stack(folder, "coding-enforce-eu", cidr="10.61.0.0/16", mode="enforce")
    code, document = enforce(evidence, stack="coding-monitor-eu")
    assert (code, NAME in document["reasons"][0]["what"]) == (10, True)  # the twin would cut what was promoted
    write_stack(folder, "coding-enforce-eu", f'approvedSaasApiDomains: ["{NAME}"]', cidr="10.61.0.0/16", mode="enforce")
    before = old.read_bytes()
    code, document = enforce(evidence, stack="coding-monitor-eu")
    assert (code, old.read_bytes()) == (0, before)
    commands = [step["lab"] for step in document["steps"] if step["lab"]]
    assert commands == [
        "containment lab up --stack coding-enforce-eu",
        "containment lab verify --stack coding-enforce-eu",
        "containment lab destroy --stack coding-monitor-eu",
    ]


def test_the_subject_of_a_decision_is_the_policy_that_was_observed(folder: Path) -> None:
    write_stack(folder, STACK)
    _, document = enforce(write_evidence(folder, STACK), "--reason", "Quarterly review.", "--by", "ada")
    subject = document["subject"]
    assert (subject["stack"], subject["mode"], document["reason"], document["by"]) == (STACK, "enforce", "Quarterly review.", "ada")
    write_stack(folder, STACK)
    assert subject["policyDigest"] == digest_of(STACK, folder)  # of the policy that was observed


def test_a_stack_that_cannot_be_deployed_in_enforce_stays_in_monitor(folder: Path) -> None:
    path = write_stack(folder, STACK, "installDocker: true")
    code, document = enforce(write_evidence(folder, STACK))
    assert (code, "installDocker" in document["error"], "policyMode: monitor" in path.read_text()) == (1, True, True)


@pytest.mark.parametrize("text", ["", "{}", "[]", "not json", '{"schema": "containment-observe/v2"}', "\x00"])
def test_a_file_that_is_no_evidence_is_an_error_and_never_a_permission(folder: Path, text: str) -> None:
    path = write_stack(folder, STACK)
    evidence = folder / "evidence.json"
    evidence.write_text(text)
    code, document = enforce(evidence)
    assert (code, "evidence.json" in document["error"], "policyMode: monitor" in path.read_text()) == (1, True, True)


def test_rollback_needs_a_reason_and_sets_monitor_again(folder: Path) -> None:
    path = write_stack(folder, STACK, mode="enforce")
    assert run("rollback", STACK, "--reason", " ")[0] == 2
    code, document = run("rollback", STACK, "--reason", "A partner's host is missing.", "--by", "ada")
    assert (code, document["verdict"], document["changed"], document["by"]) == (0, "granted", True, "ada")
    assert "policyMode: monitor  # reviewed\n" in path.read_text()
    assert run("rollback", STACK, "--reason", "Again.")[1]["verdict"] == "unchanged"


def test_a_moved_stack_rolls_back_by_the_steps_to_its_twin(folder: Path) -> None:
    write_stack(folder, "coding-monitor")
    path = write_stack(folder, "coding-enforce", cidr="10.61.0.0/16", mode="enforce")
    before = path.read_bytes()
    code, document = run("rollback", "coding-enforce", "--reason", "A partner's host is missing.")
    labs = [step["lab"] for step in document["steps"] if step["lab"]]
    assert (code, labs[0], labs[-1]) == (0, "containment lab up --stack coding-monitor", "containment lab destroy --stack coding-enforce")
    assert path.read_bytes() == before


def test_a_stack_does_not_move_while_agent_files_name_it(folder: Path) -> None:
    write_stack(folder, "coding-monitor")
    write_stack(folder, "coding-enforce", cidr="10.61.0.0/16", mode="enforce")
    agent = write_agent(folder, "reviewer", stack="coding-enforce")
    words = ("rollback", "coding-enforce", "--reason", "a wrong deny")
    code, document = run(*words)
    assert (code, document["reasons"][0]["where"]) == (10, "agents/reviewer.yaml:stack")
    assert "set stack: coding-monitor" in document["reasons"][0]["fix"]
    write_agent(folder, "reviewer", stack="coding-monitor")
    assert run(*words)[0] == 0
    agent.write_text("stack: [")
    assert run(*words)[0] == 1


def test_a_stack_by_request_does_not_move_to_a_twin_that_would_have_an_unrequested_host(folder: Path) -> None:
    write_stack(folder, "coding-monitor")
    write_stack(folder, "coding-enforce", cidr="10.61.0.0/16", mode="enforce")
    (folder / "agents").mkdir()
    (folder / "agents" / "coding-enforce.by-request").touch()
    words = ("rollback", "coding-enforce", "--reason", "a wrong deny")
    code, document = run(*words)
    assert (code, [one["where"] for one in document["reasons"]]) == (10, ["agents/coding-enforce.by-request"])
    assert "copy it to agents/coding-monitor.by-request" in document["reasons"][0]["fix"]
    (folder / "agents" / "coding-monitor.by-request").touch()
    assert run(*words)[0] == 0
