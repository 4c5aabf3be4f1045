"""The shared records, scenario row and decision-log line, take what is complete and refuse the rest by field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from containment.errors import InputError, Problem
from containment.logs.record import DecisionRecord
from containment.names import ControllerVersion, PolicyMode, make_attachment_point
from containment.policy.scenario import Scenario

DENIED = {"verdict": "DENY", "rule": "shadow-model-deny", "effect": "blocked"}
ROW: dict[str, Any] = {
    "id": "shadow-model-call",
    "agentClass": "coding",
    "flow": {"protocol": "TCP", "port": 443, "application": "tls", "serverName": "api.openai.com"},
    "expect": {"monitor": {**DENIED, "effect": "delivered"}, "enforce": DENIED},
    "threats": ["OWASP-LLM08"],
    "quote": "LLM08 shadow model call is closed by the named `vca-openclaw-shadow-model-deny` rule",
}
RECORD: dict[str, Any] = {
    "time": "2026-11-21T09:00:00Z",
    "stack": "coding-monitor",
    "source": "10.42.10.9",
    "serverName": "api.openai.com",
    "address": None,
    "port": 443,
    "ruleUuid": "0d7a1b52-8c7c-4f2a-9a38-2f5f0f3f9d11",
    "rule": "vca-openclaw-shadow-model-deny",
    "verdict": "DENY",
    "enforced": False,
    "bytesOut": 517,
    "bytesIn": 0,
}


def without(row: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in keys}


def test_a_complete_scenario_is_read_and_written_back_the_same() -> None:
    scenario = Scenario.model_validate(ROW)
    assert scenario.expect[PolicyMode.MONITOR].rule == scenario.expect[PolicyMode.ENFORCE].rule == "shadow-model-deny"
    assert Scenario.model_validate_json(scenario.model_dump_json(by_alias=True)) == scenario


def test_a_scenario_may_be_a_command_or_name_an_address() -> None:
    assert Scenario.model_validate({**without(ROW, "flow"), "command": ["dig", "@8.8.8.8", "example.com"]}).flow is None
    dns = {"protocol": "UDP", "port": 53, "address": "8.8.8.8"}
    assert Scenario.model_validate({**without(ROW, "threats", "quote"), "flow": dns}).flow is not None


@pytest.mark.parametrize(
    ("row", "where"),
    [
        (without(ROW, "id"), "id"),
        ({**ROW, "id": "Shadow Model"}, "id"),
        ({**ROW, "id": "shadow model"}, "id"),
        ({**ROW, "id": ""}, "id"),
        (without(ROW, "agentClass"), "agentClass"),
        (without(ROW, "flow"), ""),
        ({**ROW, "command": ["curl"]}, ""),
        (without(ROW, "expect"), "expect"),
        ({**ROW, "expect": {"monitor": DENIED}}, ""),
        ({**ROW, "expect": {"monitor": DENIED, "enforced": DENIED}}, "expect"),
        ({**ROW, "expect": {"monitor": DENIED, "enforce": {**DENIED, "verdict": "BLOCK"}}}, "expect"),
        ({**ROW, "expect": {"monitor": DENIED, "enforce": without(DENIED, "effect")}}, "expect"),
        ({**ROW, "expect": {"monitor": DENIED, "enforce": without(DENIED, "rule")}}, "expect"),
        ({**ROW, "flow": {"protocol": "SCTP"}}, "flow"),
        ({**ROW, "flow": {"protocol": "TCP", "port": 65536}}, "flow"),
        ({**ROW, "flow": {"protocol": "TCP", "port": -1}}, "flow"),
        ({**ROW, "flow": {"protocol": "TCP", "address": "8.8.8"}}, "flow"),
        ({**ROW, "flow": {"protocol": "TCP", "sni": "a.example"}}, "flow"),
        ({**ROW, "severity": "high"}, "severity"),
    ],
    ids=lambda case: json.dumps(case)[-40:],
)
def test_an_incomplete_scenario_is_refused_at_its_field(row: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Scenario.model_validate(row)
    assert {str(found["loc"][0]) if found["loc"] else "" for found in caught.value.errors()} == {where}


def test_a_complete_record_is_read_and_written_back_the_same() -> None:
    record = DecisionRecord.model_validate(RECORD)
    assert record.time.utcoffset() is not None
    assert DecisionRecord.model_validate_json(record.model_dump_json(by_alias=True)) == record


@pytest.mark.parametrize(
    "changes",
    [
        {"serverName": None, "address": "8.8.8.8"},
        {"address": "2606:4700::1", "source": "fd00::9"},
        {"rule": None},
        {"ruleUuid": None, "rule": None},
        {"port": None},
        {"bytesOut": None, "bytesIn": None},
        {"time": "2026-11-21T10:00:00+01:00"},
    ],
    ids=json.dumps,
)
def test_a_record_may_leave_out_what_a_log_does_not_have(changes: dict[str, Any]) -> None:
    assert DecisionRecord.model_validate({**RECORD, **changes})


@pytest.mark.parametrize(
    ("row", "where"),
    [
        ({**RECORD, "time": "2026-11-21T09:00:00"}, ""),
        ({**RECORD, "time": "yesterday"}, "time"),
        ({**RECORD, "serverName": None}, ""),
        ({**RECORD, "source": None}, "source"),
        ({**RECORD, "source": "agent"}, "source"),
        ({**RECORD, "port": 70000}, "port"),
        ({**RECORD, "ruleUuid": "10"}, "ruleUuid"),
        ({**RECORD, "verdict": "ALLOW"}, "verdict"),
        ({**RECORD, "enforced": None}, "enforced"),
        ({**RECORD, "bytesOut": -1}, "bytesOut"),
        ({**RECORD, "user": "root"}, "user"),
        (without(RECORD, "stack"), "stack"),
        (without(RECORD, "rule"), "rule"),
        (without(RECORD, "serverName"), "serverName"),
    ],
    ids=lambda case: json.dumps(case)[-40:],
)
def test_a_record_without_source_time_or_target_is_refused(row: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError) as caught:
        DecisionRecord.model_validate(row)
    assert {str(found["loc"][0]) if found["loc"] else "" for found in caught.value.errors()} == {where}


def test_a_record_cannot_be_changed_afterwards() -> None:
    record = DecisionRecord.model_validate(RECORD)
    with pytest.raises(ValidationError):
        record.enforced = True  # type: ignore[misc]


def test_an_error_shows_every_problem_once_and_sorted() -> None:
    one, two = Problem("a:x", "is wrong", "it matters", "mend it"), Problem("b:y", "is wrong", "it matters", "mend it")
    error = InputError("cannot go on", [two, one, two])
    assert error.problems == (one, two)
    assert str(error).splitlines() == [
        "cannot go on: 2 problems",
        "  a:x: is wrong",
        "      why: it matters",
        "      fix: mend it",
        "  b:y: is wrong",
        "      why: it matters",
        "      fix: mend it",
    ]
    assert str(InputError("cannot go on", [one])).startswith("cannot go on: 1 problem\n")


def test_an_error_without_a_problem_cannot_be_made() -> None:
    with pytest.raises(AssertionError):
        InputError("nothing is wrong", [])


@pytest.mark.parametrize(("version", "release"), [("8.1", "8.1.30"), ("8.2", "8.2.20"), ("9.0", "9.0.10"), ("10.0", "10.0.1")])
def test_a_controller_has_the_provider_of_its_own_major_and_minor(version: str, release: str) -> None:
    found = ControllerVersion(version)
    assert found.provider_release == release
    assert release.startswith(version + ".")
    assert found.has_rulesets is (version != "8.1")


def test_attachment_points_of_two_stacks_differ() -> None:
    assert make_attachment_point("coding-monitor") == "agents-coding-monitor" != make_attachment_point("coding-enforce")
