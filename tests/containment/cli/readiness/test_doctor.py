"""`containment doctor` shows every finding with its fix, as lines or as data, and fails when one has failed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from containment.cli import readiness
from containment.preflight.finding import Finding, Status
from tests.containment.cli.conftest import Run

PASSED = Finding("python", Status.PASS, "3.11.2", "use a newer one")
WARNED = Finding("pulumi CLI", Status.WARN, "v3.99.0", "3.250 or newer")
SKIPPED = Finding("AWS credentials", Status.SKIPPED, "none found", "log in")
FAILED = Finding("virtualenv of Pulumi.yaml", Status.FAIL, ".venv does not exist", "run `make setup`")


def finding(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> None:
    monkeypatch.setattr(readiness, "examine", lambda root: list(findings))


@pytest.mark.parametrize("arguments", [["doctor"], ["doctor", "--json"]])
@pytest.mark.parametrize(
    ("findings", "code"), [([PASSED], 0), ([PASSED, WARNED, SKIPPED], 0), ([PASSED, FAILED], 10), ([FAILED, WARNED, SKIPPED, PASSED], 10)]
)
def test_only_a_failed_check_is_exit_10(
    run: Run, monkeypatch: pytest.MonkeyPatch, findings: list[Finding], code: int, arguments: list[str]
) -> None:
    finding(monkeypatch, *findings)
    result = run(*arguments)
    assert result.exit_code == code
    assert result.stderr == ""


def test_lines_show_status_detail_and_the_fix_of_all_but_passes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    finding(monkeypatch, PASSED, WARNED, FAILED)
    lines = run("doctor").stdout.splitlines()
    assert lines == [
        "PASS     python: 3.11.2",
        "WARN     pulumi CLI: v3.99.0",
        "         fix: 3.250 or newer",
        "FAIL     virtualenv of Pulumi.yaml: .venv does not exist",
        "         fix: run `make setup`",
        "1 PASS, 1 WARN, 1 FAIL, 0 SKIPPED",
    ]


def test_json_is_one_object_of_the_published_shape(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    finding(monkeypatch, PASSED, FAILED)
    found = json.loads(run("doctor", "--json").stdout)
    assert [*found] == ["schema", "findings"]
    assert found["schema"] == "containment-doctor/v1"
    assert found["findings"][1] == {
        "check": "virtualenv of Pulumi.yaml",
        "status": "FAIL",
        "detail": ".venv does not exist",
        "fix": "run `make setup`",
    }


def test_text_in_brackets_is_shown_as_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    finding(monkeypatch, Finding("presets", Status.FAIL, "presets/x.yaml:[0] is wrong", "mend [it]"))
    assert "presets/x.yaml:[0] is wrong" in run("doctor").stdout
    assert "fix: mend [it]" in run("doctor").stdout


def test_the_real_checks_run_where_the_command_is_called(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: x\nruntime:\n  name: python\n  options:\n    virtualenv: nowhere\n")
    monkeypatch.chdir(tmp_path)
    result = run("doctor", "--json")
    assert result.exit_code == 10
    failed = {found["check"] for found in json.loads(result.stdout)["findings"] if found["status"] == "FAIL"}
    assert "virtualenv of Pulumi.yaml" in failed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Pulumi.yaml"]
