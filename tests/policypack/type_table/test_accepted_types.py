"""The house's own lines accept a type by name until its review; one mistake makes all of them void."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from policypack.finding import Violation
from policypack.graph.resources import Graph
from policypack.rules import compute_and_routing_are_known as rule
from policypack.type_table import accepted_types
from policypack.type_table.accepted_types import FILE, AcceptedTypes, load_types, parse_types
from tests.policypack.type_table.programs import found_in, made

TODAY = date(2026, 11, 28)
LINE = {"type": "aws:lambda/function:Function", "owner": "platform team", "reason": "rotates certificates", "review": "2027-06-30"}


def text(*lines: dict[str, str]) -> str:
    return "".join("- " + "\n  ".join(f"{key}: {value}" for key, value in line.items()) + "\n" for line in lines)


def test_the_shipped_file_has_no_line_and_its_example_is_valid() -> None:
    assert load_types(TODAY) == AcceptedTypes()
    example = "\n".join(line[2:] for line in FILE.read_text().splitlines() if line.startswith("#   "))
    assert [one.type for one in parse_types(example, TODAY).entries] == ["aws:lambda/function:Function"]
    assert parse_types(example, TODAY).problems == ()


def test_a_line_accepts_its_type_and_its_packages_provider() -> None:
    own = parse_types(text(LINE, {**LINE, "type": "docker:index/container:Container"}), TODAY)
    assert own.problems == ()
    assert own.has_type("aws:lambda/function:Function")
    assert own.has_type("pulumi:providers:docker")
    assert not own.has_type("pulumi:providers:kubernetes")
    assert not own.has_type("aws:lambda/alias:Alias")


WRONG = {
    "unknown key": {**LINE, "until": "2027-01-01"},
    "no owner": {key: value for key, value in LINE.items() if key != "owner"},
    "empty reason": {**LINE, "reason": '""'},
    "reason without a word": {**LINE, "reason": '"..."'},
    "owner a number": {**LINE, "owner": "7"},
    "wildcard": {**LINE, "type": '"aws:lambda/*"'},
    "no token": {**LINE, "type": "lambda"},
    "a type of the table": {**LINE, "type": "aws:s3/bucket:Bucket"},
    "a provider": {**LINE, "type": "pulumi:providers:docker"},
    "review due": {**LINE, "review": str(TODAY - timedelta(days=1))},
    "review far": {**LINE, "review": str(TODAY + timedelta(days=367))},
    "review no day": {**LINE, "review": "soon"},
    "review a moment": {**LINE, "review": "2027-06-30 10:00:00"},
}


@pytest.mark.parametrize("name", WRONG)
def test_one_wrong_line_makes_all_void(name: str) -> None:
    own = parse_types(text({**LINE, "type": "aws:lambda/alias:Alias"}, WRONG[name]), TODAY)
    assert own.entries == ()
    assert [problem.where for problem in own.problems] == ["types.yaml, entry 2"]


@pytest.mark.parametrize(
    "document",
    ["- type: a\n  type: b\n", "type: aws:lambda/function:Function\n", "- just text\n", "[", "- {type: [1]}\n", text(LINE, LINE)],
)
def test_a_file_that_is_no_list_of_lines_is_a_problem(document: str) -> None:
    own = parse_types(document, TODAY)
    assert own.entries == ()
    assert own.problems


def test_the_last_day_is_still_within_the_review() -> None:
    assert parse_types(text({**LINE, "review": str(TODAY)}), TODAY).entries
    assert parse_types(text({**LINE, "review": str(TODAY + timedelta(days=365))}), TODAY).entries


def test_a_missing_file_has_no_lines_and_an_unreadable_one_is_a_problem(tmp_path: Path) -> None:
    assert load_types(TODAY, tmp_path / "none.yaml") == AcceptedTypes()
    (tmp_path / "bad.yaml").write_bytes(b"\xff")
    assert load_types(TODAY, tmp_path / "bad.yaml").problems


def test_a_reviewed_type_passes_and_a_problem_is_a_fault_of_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    function = made(LINE["type"])
    monkeypatch.setattr(accepted_types, "load_current", lambda: parse_types(text(LINE), TODAY))
    assert found_in(function) == {}
    monkeypatch.setattr(accepted_types, "load_current", lambda: parse_types(text({**LINE, "review": "2020-01-01"}), TODAY))
    found = found_in(function)
    assert set(found) == {"one", ""}
    assert "due for review since 2020-01-01" in found[""]


def test_a_program_without_agents_has_no_finding_from_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepted_types, "load_current", lambda: parse_types("[", TODAY))
    none: list[Violation] = rule.check_stack(Graph([made("aws:s3/bucket:Bucket")]))
    assert none == []
