"""`containment baseline` on the command line: files, formats, exit codes, and one line where the extra is missing."""

from __future__ import annotations

import json
from pathlib import Path
from unittest import mock

import pytest

from containment.baseline.profile import read_profile
from tests.containment.baseline.traffic import LATER, START, Call, gateway, usual
from tests.containment.cli.conftest import Run


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "old.log").write_text("\n".join(gateway(usual())))
    (tmp_path / "same.log").write_text("\n".join(gateway(usual(LATER, days=3, number=2))))
    (tmp_path / "new.log").write_text("\n".join(gateway([*usual(LATER, days=3, number=2), Call(LATER, 90_000_000, 100)])))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def learned(logs: Path, run: Run) -> Path:
    assert run("baseline", "learn", "old.log").exit_code == 0
    return logs


def test_learn_writes_a_baseline_and_never_over_a_reviewed_one(run: Run, learned: Path) -> None:
    before = (learned / "baseline.json").read_bytes()
    assert read_profile(learned / "baseline.json").pairs
    again = run("baseline", "learn", "old.log", "--until", "2026-11-09")
    assert again.exit_code == 1
    assert "--replace" in again.stderr
    assert (learned / "baseline.json").read_bytes() == before
    assert run("baseline", "learn", "old.log", "--until", "2026-11-09", "--replace").exit_code == 0
    assert (learned / "baseline.json").read_bytes() != before


def test_too_few_samples_write_no_file(run: Run, logs: Path) -> None:
    result = run("baseline", "learn", "old.log", "--until", "2026-11-03")
    assert result.exit_code == 1
    assert "too few" in result.stderr
    assert not (logs / "baseline.json").exists()


@pytest.mark.parametrize(("log", "code"), [("same.log", 0), ("new.log", 10)])
def test_check_ends_with_the_code_of_its_answer(run: Run, learned: Path, log: str, code: int) -> None:
    assert run("baseline", "check", log).exit_code == code


def test_an_empty_log_is_not_measured(run: Run, learned: Path) -> None:
    (learned / "empty.log").touch()
    result = run("baseline", "check", "empty.log")
    assert result.exit_code == 12
    assert "NOT MEASURED" in result.stdout


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_every_format_has_the_rule_and_the_reason(run: Run, learned: Path, form: str) -> None:
    result = run("baseline", "check", "new.log", "--format", form)
    assert result.exit_code == 10
    assert "request-size" in result.stdout


def test_json_has_value_bound_and_basis_of_each_deviation(run: Run, learned: Path) -> None:
    found = json.loads(run("baseline", "check", "new.log", "--json").stdout)
    assert found["schema"] == "containment-baseline-check/v1"
    for one in found["deviations"]:
        assert one["value"] > one["most"]
        assert one["basis"]
        assert one["reason"]


def test_estate_lists_sources_outside_by_bytes(run: Run, logs: Path) -> None:
    (logs / "outside.log").write_text("\n".join(gateway([Call(START, 500, 600, "10.9.0.7"), Call(START, 900, 600, "10.9.0.8")])))
    result = run("baseline", "estate", "old.log", "outside.log", "--vended", "10.42.0.0/16", "--json")
    assert result.exit_code == 10
    assert [one["source"] for one in json.loads(result.stdout)["outside"]] == ["10.9.0.8", "10.9.0.7"]
    assert run("baseline", "estate", "old.log", "--vended", "10.42.0.0/16").exit_code == 0
    assert run("baseline", "estate", "old.log").exit_code == 1


def test_an_endpoint_by_option_is_learned_and_checked(run: Run, logs: Path) -> None:
    lines = gateway(usual(name="models.example.com"))
    (logs / "own.log").write_text("\n".join(lines))
    assert run("baseline", "learn", "own.log").exit_code == 1
    assert run("baseline", "learn", "own.log", "--endpoint", "models.example.com").exit_code == 0
    assert run("baseline", "check", "own.log").exit_code == 0
    result = run("baseline", "check", "own.log", "--endpoint", "https://models.example.com/v1")
    assert result.exit_code == 1
    assert "write --endpoint models.example.com" in result.stderr


def test_a_missing_baseline_is_an_error_with_the_command_that_writes_it(run: Run, logs: Path) -> None:
    result = run("baseline", "check", "same.log")
    assert result.exit_code == 1
    assert "containment baseline learn" in result.stderr


def test_without_the_extra_one_line_names_it(run: Run, logs: Path) -> None:
    with mock.patch("containment.extras.find_spec", return_value=None):
        result = run("baseline", "learn", "old.log")
    assert result.exit_code == 1
    assert "agent-containment[observe]" in result.stderr
    assert not (logs / "baseline.json").exists()
