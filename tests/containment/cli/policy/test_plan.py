"""`containment plan` shows the rules a gateway will ask, as a table or as data, and says mistakes without a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from containment.config.spec import ContainmentSpec
from containment.loaders.stack_file import read_stack
from containment.policy.builder import build_ruleset
from containment.policy.rules import RuleSet
from tests.containment.cli.conftest import Run

RULE_KEYS = ["priority", "name", "action", "watch", "protocol", "ports", "destinations", "domains", "origin", "why", "source"]
KEYS = [
    "schema",
    "stack",
    "class",
    "mode",
    "defaultAction",
    "intrusionDetection",
    "rules",
    "openQuestions",
    "credentialGateway",
    "warnings",
]
KEYS += ["brokenInvariants"]


def document(run: Run, *arguments: str) -> dict[str, Any]:
    result = run("plan", "--json", *arguments)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("mode", ["monitor", "enforce"])
@pytest.mark.parametrize("agent_class", ["coding", "locked-down"])
def test_json_is_one_object_of_the_published_shape(stacks: Path, run: Run, agent_class: str, mode: str) -> None:
    found = document(run, "--stack", f"{agent_class}-{mode}")
    assert [*found] == KEYS
    assert (found["schema"], found["stack"], found["class"], found["mode"]) == (
        "containment-plan/v1",
        f"{agent_class}-{mode}",
        agent_class,
        mode,
    )
    assert found["defaultAction"] == "DENY"
    assert found["brokenInvariants"] == []
    assert all([*rule] == RULE_KEYS for rule in found["rules"])
    priorities = [rule["priority"] for rule in found["rules"]]
    assert priorities == sorted(set(priorities))
    first = found["rules"][0]
    assert (first["name"], first["action"], first["watch"]) == ("vca-openclaw-shadow-model-deny", "DENY", mode == "monitor")
    assert "api.openai.com" in first["domains"]
    assert first["origin"] == "presets/catalog/unapproved-models.yaml"
    assert first["ports"] == ["443"]
    assert first["destinations"] == ["Public Internet"]
    (resolver,) = [rule["destinations"] for rule in found["rules"] if rule["priority"] == 18]
    assert resolver == [f"sg-vpc-dns-resolver ({read_stack(found['stack']).dns_resolver}/32)"]


def test_the_default_stack_is_coding_monitor(stacks: Path, run: Run) -> None:
    assert document(run)["stack"] == "coding-monitor"


def test_config_on_the_command_line_wins_and_is_the_named_origin(stacks: Path, run: Run) -> None:
    found = document(
        run,
        "-c",
        'approvedSaasApiDomains=["acme.atlassian.net"]',
        "-c",
        "agent-containment:namePrefix=acme",
        "--config",
        "vpcCidr=10.77.0.0/16",
    )
    (rule,) = [rule for rule in found["rules"] if rule["priority"] == 70]
    assert (rule["name"], rule["domains"], rule["origin"]) == ("acme-allow-saas-apis", ["acme.atlassian.net"], "approvedSaasApiDomains")


def test_the_table_has_a_line_for_every_rule_in_order_and_the_default_action(stacks: Path, run: Run) -> None:
    result = run("plan", "-s", "coding-enforce")
    assert result.exit_code == 0
    assert result.stderr == ""
    places = [result.stdout.index(rule["name"]) for rule in document(run, "-s", "coding-enforce")["rules"]]
    assert places == sorted(places)
    rows = result.stdout.partition("\nOpen questions: ")[0]
    assert rows.rstrip().splitlines()[-1].split()[:3] == ["POST", "default", "action"]
    assert "ENFORCE: denies are applied" in result.stdout
    assert "AgentStack=coding-enforce" in result.stdout
    assert "\x1b" not in result.stdout


def test_monitor_is_reported_as_not_applied(stacks: Path, run: Run) -> None:
    shown = run("plan").stdout
    assert "MONITOR: denies are watched and logged, not applied" in shown
    assert "DENY (watched)" in shown


def test_destinations_lists_every_name(stacks: Path, run: Run) -> None:
    short, long = run("plan").stdout, run("plan", "--destinations").stdout
    assert "api.openai.com" not in short
    names = [name for rule in document(run)["rules"] for name in rule["domains"]]
    assert len(names) > 50
    assert all(name in long for name in names)


@pytest.mark.parametrize("arguments", [["plan"], ["plan", "--json"]])
def test_a_broken_stack_file_is_reported_on_stderr_with_exit_1(stacks: Path, run: Run, arguments: list[str]) -> None:
    (stacks / "Pulumi.coding-monitor.yaml").write_text(
        "config:\n  agent-containment:vpcCidr: 8.8.0.0/16\n  agent-containment:colour: red\n"
    )
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("error: Pulumi.coding-monitor.yaml cannot be deployed: 2 problems")
    for key in ("colour", "vpcCidr"):
        assert f"Pulumi.coding-monitor.yaml:{key}: " in result.stderr
    assert result.stderr.count("why: ") == result.stderr.count("fix: ") == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize("text", [b"\xff\xfe", b"config: [", b"- a", b"config: {1: 2}"], ids=repr)
def test_a_file_that_is_no_stack_file_is_reported_with_exit_1(stacks: Path, run: Run, text: bytes) -> None:
    (stacks / "Pulumi.coding-monitor.yaml").write_bytes(text)
    result = run("plan")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: Pulumi.coding-monitor.yaml cannot be read: 1 problem")
    assert "Traceback" not in result.output


def test_an_unknown_stack_names_those_that_are_there(stacks: Path, run: Run) -> None:
    result = run("plan", "-s", "research-monitor")
    assert result.exit_code == 2
    assert "no stack 'research-monitor' here" in result.stderr
    assert "coding-enforce, coding-monitor, locked-down-enforce, locked-down-monitor" in result.stderr


@pytest.mark.parametrize("arguments", [["--config", "vpcCidr"], ["--no-such-option"], ["--stack"], ["extra"]])
def test_wrong_usage_is_exit_2(stacks: Path, run: Run, arguments: list[str]) -> None:
    result = run("plan", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr
    assert "Traceback" not in result.output


def test_config_that_is_no_pair_is_named(stacks: Path, run: Run) -> None:
    assert "--config 'vpcCidr': is not KEY=VALUE" in run("plan", "-c", "vpcCidr", "-c", "a=b").stderr


def test_a_policy_with_a_hole_is_shown_as_broken_with_exit_10(stacks: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_shadow_deny(spec: ContainmentSpec) -> RuleSet:
        ruleset = build_ruleset(spec)
        return replace(ruleset, rules=ruleset.rules[1:])

    monkeypatch.setattr("containment.cli.policy.plan.build_ruleset", without_shadow_deny)
    shown, data = run("plan"), run("plan", "--json")
    assert shown.exit_code == data.exit_code == 10
    assert "BROKEN: policy of coding-monitor: " in shown.stderr
    assert json.loads(data.stdout)["brokenInvariants"]


def test_plan_writes_nothing(stacks: Path, run: Run) -> None:
    before = sorted(path.name for path in stacks.iterdir())
    run("plan")
    assert sorted(path.name for path in stacks.iterdir()) == before


@pytest.mark.parametrize("verb", ["plan", "doctor"])
def test_a_quick_verb_does_not_wait_for_pulumi(verb: str) -> None:
    code = f"import sys; sys.argv = ['containment', '{verb}']; import containment.cli.app; print('pulumi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
