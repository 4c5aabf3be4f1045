"""A class with its open questions answered shows every row of its table in `plan`; a new class is one file, and is vended like any other.

`tests/deployment/test_predicted.py` sends the same rows as packets through a deployed stack of each class.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from containment.cli.app import build
from containment.loaders import presets
from containment.names import PolicyMode
from containment.patterns.domain import DomainPattern
from containment.policy.scenario import ScenarioTable
from containment.ternary import Ternary
from tests.containment.cli.decisions.test_vend import given
from tests.containment.vending.files import write_stacks
from tests.scenarios.test_cells import SHIPPED, TABLES
from tests.support.entries import with_entries

SRE = """
extends: customer-support
title: Incident agent
stance: Reads what happened and proposes what to do; changes nothing.
permits: [incident tracker, runbooks, observability, model gateway]
denies: [Source-code systems, package registries, production networks]
openQuestions:
  - question: name your incident tracker
    permits: [incident tracker]
    keys: [approvedSaasApiDomains]
  - question: name your runbooks
    permits: [runbooks]
    keys: [approvedInternalApis]
  - question: name your observability collector
    permits: [observability]
    keys: [identityAndTelemetryDomains]
"""


def run_plan(folder: Path, stack: str, config: dict[str, Any]) -> dict[str, Any]:
    pairs = ((key, value if isinstance(value, str) else json.dumps(value)) for key, value in with_entries(config).items())
    words = [word for key, text in pairs for word in ("--config", f"{key}={text}")]
    result = CliRunner().invoke(build(), ["plan", "--stack", stack, "-C", str(folder), *words, "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def find_missing_rows(table: ScenarioTable, plan: dict[str, Any], mode: PolicyMode) -> list[str]:
    """Return the scenarios whose rule, verdict or name `plan` does not show."""
    rules = {rule["name"].removeprefix("vca-openclaw-"): rule for rule in plan["rules"]}
    missing = []
    for scenario in table.scenarios:
        expected = scenario.expect[mode]
        if expected.rule == "default-action":
            continue
        rule = rules.get(expected.rule)
        if rule is None or (rule["action"] == "DENY") != (expected.verdict.value == "DENY"):
            missing.append(scenario.id)
        elif rule["domains"] and scenario.flow and (name := scenario.flow.server_name):
            patterns = [DomainPattern.parse(text.partition("/")[0]) for text in rule["domains"]]
            if all(pattern.matches(name.lower().rstrip(".")) is Ternary.NO for pattern in patterns):
                missing.append(scenario.id)
    return missing


@pytest.mark.parametrize("mode", PolicyMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("agent_class", SHIPPED)
def test_plan_shows_every_permit_and_denial_once_the_questions_are_answered(tmp_path: Path, agent_class: str, mode: PolicyMode) -> None:
    stack = f"{agent_class}-{mode.value}"
    write_stacks(tmp_path, stack)
    table = TABLES[agent_class]
    plan = run_plan(tmp_path, stack, dict(table.config))
    assert plan["openQuestions"] == []
    assert find_missing_rows(table, plan, mode) == []


@pytest.mark.parametrize("agent_class", ["coding", "customer-support", "regulated-data", "healthcare-phi", "research"])
def test_unanswered_questions_are_in_plan_and_their_rows_are_not(tmp_path: Path, agent_class: str) -> None:
    stack = f"{agent_class}-monitor"
    write_stacks(tmp_path, stack)
    plan = run_plan(tmp_path, stack, {})
    assert plan["openQuestions"]
    assert find_missing_rows(TABLES[agent_class], plan, PolicyMode.MONITOR)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a stack of a class that is one more file in a copy of the presets."""
    copy = Path(shutil.copytree(presets.find_presets_folder(), tmp_path / "presets"))
    (copy / "sre.yaml").write_text(SRE)
    monkeypatch.setattr(presets, "find_presets_folder", lambda: copy)
    (tmp_path / "Pulumi.sre-monitor-us.yaml").write_text("config:\n  agent-containment:vpcCidr: 10.93.0.0/16\n")
    return tmp_path


def test_a_class_by_extends_and_one_agent_file_work(folder: Path) -> None:
    vended = CliRunner().invoke(build(), ["vend", "incident-reader", *given(stack="sre-monitor-us"), "-C", str(folder), "--json"])
    assert vended.exit_code == 0, vended.output
    asked = {one["question"] for one in json.loads(vended.stdout)["openQuestions"]}
    assert asked == {"name your incident tracker", "name your runbooks", "name your observability collector"}
    shown = CliRunner().invoke(build(), ["vend", "show", "incident-reader", "-C", str(folder), "--json"])
    found = json.loads(shown.stdout)
    assert (found["class"], found["mode"], found["site"]) == ("sre", "monitor", "us")

    answers = {
        "approvedSaasApiDomains": ["acme.tickets.example"],
        "identityAndTelemetryDomains": ["otel.acme.example"],
        "approvedInternalApis": {
            "runbooks": {"cidrs": ["10.201.4.0/28"], "ports": [443], "owner": "sre-team", "reason": "Reads runbooks", "until": "2099-03-31"}
        },
    }
    plan = run_plan(folder, "sre-monitor-us", answers)
    assert plan["openQuestions"] == []
    assert [host["agent"] for host in plan["hosts"]] == ["incident-reader"]
    rules = {rule["name"].removeprefix("vca-openclaw-"): rule for rule in plan["rules"]}
    assert "acme.tickets.example" in rules["allow-saas-apis"]["domains"]
    assert "otel.acme.example" in rules["allow-identity-telemetry"]["domains"]
    assert any("10.201.4.0/28" in text for rule in plan["rules"] for text in rule["destinations"])
    assert rules["default-deny"]["action"] == "DENY"
