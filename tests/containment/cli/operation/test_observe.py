"""`containment observe` on the command line: formats, files, exit codes, and one line where the extra is missing."""

from __future__ import annotations

import json
from pathlib import Path
from unittest import mock

import pytest

from containment.observe.evidence import Evidence
from tests.containment.cli.conftest import Run
from tests.containment.observe.lines import AGENT, RULES, packet, permitted, watched


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "gateway.log"
    path.write_text("\n".join([*watched("files.example.org"), *permitted("pypi.org", 2), "no line"]))
    return path


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(RULES))
    return path


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown", "html"])
def test_every_format_names_the_destination_and_its_rule(run: Run, log: Path, rules: Path, form: str) -> None:
    result = run("observe", str(log), "--rules", str(rules), "--format", form)
    assert result.exit_code == 10
    assert "files.example.org" in result.stdout
    assert "vca-openclaw-default-deny" in result.stdout


def test_a_state_names_the_agent_behind_an_address_with_its_owner(run: Run, log: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    table = [{"uuid": uuid, "name": name, "action": "DENY"} for uuid, name in RULES.items()]
    tags = {
        "AgentName": "reviewer",
        "AgentOwner": "payments-team",
        "AgentDataSteward": "data-office",
        "AgentDataClassification": "internal",
    }
    hosts = [{"privateIp": str(AGENT), "tags": tags}, {"privateIp": "10.42.10.99", "tags": {"Name": "no agent"}}, {"tags": tags}]
    state.write_text(json.dumps({"resources": [{"outputs": {"rules": table}}, *({"outputs": host} for host in hosts)]}))
    shown = run("observe", str(log), "--rules", str(state)).stdout
    assert f"reviewer ({AGENT})" in shown
    assert "payments-team" in shown
    evidence = Evidence.model_validate_json(run("observe", str(log), "--rules", str(state), "--json").stdout)
    assert [(one.address, one.name, one.data_steward) for one in evidence.agents] == [(str(AGENT), "reviewer", "data-office")]
    assert {one.agent for one in evidence.would_be_denied} == {str(AGENT)}, "documents keep the address"


def test_json_is_the_evidence_document_and_out_writes_it(run: Run, log: Path, rules: Path, tmp_path: Path) -> None:
    out = tmp_path / "evidence.json"
    result = run("observe", str(log), "--rules", str(rules), "--json", "--out", str(out), "--rejects", str(tmp_path / "rejects"))
    assert (result.exit_code, result.stdout) == (10, "")
    assert [one.name for one in Evidence.model_validate_json(out.read_text()).would_be_denied] == ["files.example.org"]
    assert json.loads((tmp_path / "rejects").read_text())["text"] == "no line"


def test_nothing_denied_is_success_and_unknown_rules_are_not(run: Run, tmp_path: Path, rules: Path) -> None:
    path = tmp_path / "log"
    path.write_text("\n".join(permitted("pypi.org")))
    assert run("observe", str(path), "--rules", str(rules)).exit_code == 0
    assert run("observe", str(path)).exit_code == 12


def test_an_input_without_a_log_is_an_error_and_leaves_no_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("nothing")
    result = run("observe", str(path), "--out", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert "cannot be used" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [("--since", "yesterday"), ("--config", "a=b"), ("--json", "--format", "csv")])
def test_wrong_usage_is_refused_before_a_line_is_read(run: Run, log: Path, words: tuple[str, ...]) -> None:
    assert run("observe", str(log), *words).exit_code == 2


def test_a_day_as_the_end_of_the_window_is_included(run: Run, log: Path, rules: Path) -> None:
    assert run("observe", str(log), "--rules", str(rules), "--until", "2026-11-01").exit_code == 10
    assert "files.example.org" not in run("observe", str(log), "--rules", str(rules), "--until", "2026-10-31").stdout


def test_a_stack_names_the_permits_that_nothing_used(run: Run, stacks: Path, rules: Path) -> None:
    path = stacks / "log"
    path.write_text("\n".join([*permitted("pypi.org"), packet("203.0.113.9", number=5)]))
    found = json.loads(run("observe", str(path), "--stack", "coding-monitor", "--rules", str(rules), "--json").stdout)
    assert found["stack"] == "coding-monitor"
    assert "registry.npmjs.org" in {one["name"] for one in found["neverUsed"]}


def test_without_the_extra_one_line_has_the_command_that_installs_it(run: Run, log: Path) -> None:
    with mock.patch("containment.extras.find_spec", return_value=None):
        result = run("observe", str(log))
    assert result.exit_code == 1
    assert "agent-containment[observe]" in result.stderr
    assert len(result.stderr.splitlines()) == 1
