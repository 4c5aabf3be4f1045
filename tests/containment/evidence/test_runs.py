"""Results of tests count for the stack, the policy and the host that they were made with, and only while they are recent."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest

from containment.errors import InputError
from containment.evidence.model import Origin, Part, PartName
from containment.preflight.finding import Status
from tests.containment.evidence.desk import NOW, Desk, build_result, get_status, judge

RUN_PARTS = (PartName.TESTS, PartName.PREDICTED, PartName.EVASION)


@pytest.fixture
def result() -> dict[str, Any]:
    return build_result()


def judge_result(desk: Desk, name: PartName, result: dict[str, Any], state: dict[str, Any] | None = None) -> Part:
    changes: dict[str, Any] = {"results": (desk.write("result.json", result),)}
    if state is not None:
        changes["state"] = desk.write("state.json", state)
    return judge(desk, name, PartName.STATE, **changes)


@pytest.mark.parametrize("name", RUN_PARTS)
def test_a_run_without_a_failure_passes_as_simulated(desk: Desk, result: dict[str, Any], state: dict[str, Any], name: PartName) -> None:
    part = judge_result(desk, name, result, state)
    assert (part.status, part.origin) == (Status.PASS, Origin.SIMULATED), part.reason


@pytest.mark.parametrize("name", RUN_PARTS)
def test_a_run_without_a_state_is_bound_to_no_host(desk: Desk, result: dict[str, Any], name: PartName) -> None:
    part = judge_result(desk, name, result)
    assert (part.status, get_status(part, "run-deployment")) == (Status.NOT_TESTED, "NOT TESTED")


def change_rule(result: dict[str, Any]) -> None:
    result["rules"][0]["permits"] = True


def watch_rule(result: dict[str, Any]) -> None:
    result["rules"][0]["watched"] = True


def swap_rules(result: dict[str, Any]) -> None:
    result["rules"][:2] = reversed(result["rules"][:2])


def add_rule(result: dict[str, Any]) -> None:
    result["rules"].append({"name": "legacy", "permits": True, "watched": False})


def drop_rule(result: dict[str, Any]) -> None:
    result["rules"].pop()


@pytest.mark.parametrize("plant", [change_rule, watch_rule, swap_rules, add_rule, drop_rule])
@pytest.mark.parametrize("name", RUN_PARTS)
def test_a_run_with_other_rules_fails(desk: Desk, result: dict[str, Any], name: PartName, plant: Any) -> None:
    plant(result)
    assert get_status(judge_result(desk, name, result), "run-rules") == "FAIL"


def test_a_run_from_another_host_fails(desk: Desk, result: dict[str, Any], state: dict[str, Any]) -> None:
    result["machines"] = {"vca-x-agent": {"instance": "i-another", "address": "10.43.10.4"}}
    assert get_status(judge_result(desk, PartName.TESTS, result, state), "run-deployment") == "FAIL"
    result["machines"] = {}
    assert get_status(judge_result(desk, PartName.TESTS, result, state), "run-deployment") == "FAIL"


def test_a_run_in_another_mode_fails(desk: Desk, result: dict[str, Any]) -> None:
    assert get_status(judge_result(desk, PartName.TESTS, {**result, "mode": "monitor"}), "run-stack") == "FAIL"


@pytest.mark.parametrize(
    ("age", "status"), [(timedelta(days=29), "PASS"), (timedelta(days=31), "NOT TESTED"), (-timedelta(hours=1), "FAIL")]
)
def test_an_old_run_shows_nothing_and_one_of_the_future_fails(desk: Desk, result: dict[str, Any], age: timedelta, status: str) -> None:
    part = judge_result(desk, PartName.TESTS, {**result, "made": (NOW - age).isoformat()})
    assert get_status(part, "run-recent") == status


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"stack": "coding-monitor"}, "is about the stack 'coding-monitor'"),
        ({"simulated": False}, "only the lab writes this schema"),
        ({"simulated": None}, "only the lab writes this schema"),
        ({"schema": "containment-report/v9"}, "has the schema"),
    ],
)
def test_a_result_of_another_stack_or_labeled_live_is_refused(
    desk: Desk, result: dict[str, Any], change: dict[str, Any], match: str
) -> None:
    with pytest.raises(InputError) as raised:
        judge_result(desk, PartName.TESTS, {**result, **change})
    assert match in str(raised.value)


@pytest.mark.parametrize("text", [b"", b"\xff", b"{", b'{"a": 1, "a": 2}', b"3"])
def test_a_file_that_is_no_result_is_refused(desk: Desk, text: bytes) -> None:
    path = desk.folder / "result.json"
    path.write_bytes(text)
    with pytest.raises(InputError, match="1 problem"):
        judge(desk, PartName.TESTS, results=(path,))


@pytest.mark.parametrize(
    ("outcome", "stated", "status"),
    [
        ("PASS", "PASS", "PASS"),
        ("FAIL", "PASS", "FAIL"),
        ("NOT TESTED", "PASS", "NOT TESTED"),
        ("PASS", "FAIL", "FAIL"),
        ("NOT TESTED", "PASS IN PART", "NOT TESTED"),
        ("PASS", "PASS IN PART", "NOT TESTED"),
        ("SKIPPED", "PASS", "NOT TESTED"),
        ("", "", "NOT TESTED"),
    ],
)
def test_a_test_passes_only_if_it_and_each_probe_passed(desk: Desk, result: dict[str, Any], outcome: str, stated: str, status: str) -> None:
    result["tests"][2]["result"] = stated
    result["tests"][2]["probes"][0]["result"] = outcome
    assert get_status(judge_result(desk, PartName.TESTS, result), "test-3") == status


def test_a_missing_test_is_not_tested_and_a_seventh_fails(desk: Desk, result: dict[str, Any]) -> None:
    del result["tests"][0]
    result["tests"][0]["probes"] = []
    result["tests"].append({"number": 7, "name": "more", "result": "PASS", "probes": []})
    part = judge_result(desk, PartName.TESTS, result)
    assert [get_status(part, f"test-{number}") for number in (1, 2, 7)] == ["NOT TESTED", "NOT TESTED", "FAIL"]


@pytest.mark.parametrize(
    ("outcome", "status"), [("EXPLAINED", "PASS"), ("DISAGREES", "FAIL"), ("NOT TESTED", "NOT TESTED"), ("other", "NOT TESTED")]
)
def test_a_flow_has_the_status_of_its_comparison(desk: Desk, result: dict[str, Any], outcome: str, status: str) -> None:
    row = result["predicted"][0]
    row["result"] = outcome
    assert get_status(judge_result(desk, PartName.PREDICTED, result), f"flow-{row['id']}") == status


def test_an_open_technique_is_reviewed_or_fails(desk: Desk, result: dict[str, Any]) -> None:
    through = next(row["id"] for row in result["evasion"] if row["result"] == "OPEN")
    both = copy.deepcopy(result)
    result["open"] = [one for one in result["open"] if one["id"] != through]
    assert get_status(judge_result(desk, PartName.EVASION, result), f"technique-{through}") == "FAIL"
    assert judge_result(desk, PartName.EVASION, both).status != Status.FAIL
    for changed, status in ((result, "FAIL"), (both, "PASS")):
        path = desk.write("result.json", changed)
        assert get_status(judge(desk, PartName.RESIDUAL, PartName.EVASION, results=(path,)), "techniques-named") == status


@pytest.mark.parametrize("name", RUN_PARTS)
def test_without_results_nothing_is_tested(desk: Desk, name: PartName) -> None:
    part = judge(desk, name)
    assert (part.status, part.content, part.origin) == (Status.NOT_TESTED, None, None)
    assert "--results" in part.reason


def test_a_part_that_was_left_out_is_not_tested_with_its_reason(desk: Desk, result: dict[str, Any]) -> None:
    result["evasion"], result["leftOut"] = [], [{"part": "Evasion techniques", "why": "--no-evasion"}]
    part = judge_result(desk, PartName.EVASION, result)
    assert part.status == Status.NOT_TESTED
    assert "--no-evasion" in part.reason


def test_a_verification_without_the_rules_in_force_is_no_pass(desk: Desk, result: dict[str, Any], state: dict[str, Any]) -> None:
    tests = [{**one, "line": ""} for one in result["tests"]]
    verified = {
        "schema": "containment-verify/v1",
        "stack": result["stack"],
        "mode": "enforce",
        "tests": tests,
        "openedTls": [],
        "skipped": [],
    }
    part = judge_result(desk, PartName.TESTS, verified, state)
    assert part.status == Status.NOT_TESTED
    assert [get_status(part, one) for one in ("test-1", "run-rules", "run-recent")] == ["PASS", "NOT TESTED", "NOT TESTED"]


def test_threats_need_their_proofs_and_an_attempt(desk: Desk, result: dict[str, Any]) -> None:
    parts = (PartName.PROOFS, PartName.PREDICTED, PartName.EVASION)
    assert {claim.status for claim in judge(desk, PartName.THREATS, *parts).claims} == {Status.NOT_TESTED}
    rows = {row["id"]: row for row in result["predicted"] + result["evasion"]}
    tried = judge(desk, PartName.THREATS, *parts, results=(desk.write("result.json", result),))
    attempts = {one["id"]: one["attempts"] for one in (tried.content or {})["threats"]}
    passed = [claim.id for claim in tried.claims if claim.status == Status.PASS]
    assert passed
    for attempt in attempts[passed[0]]:
        if (row := rows.get(attempt.partition("-")[2])) is not None:
            row["result"] = "DISAGREES"
    broken = judge(desk, PartName.THREATS, *parts, results=(desk.write("result.json", result),))
    assert get_status(broken, passed[0]) == "FAIL"
