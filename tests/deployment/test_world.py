"""The six validation tests, from the deployed host, through the deployed policy, in both modes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from containment_lab.linux.tools import list_missing
from tests.deployment.lab import REPOSITORY, Lab

pytestmark = [
    pytest.mark.packets,
    pytest.mark.slow,
    pytest.mark.namespaces,
    pytest.mark.skipif(bool(list_missing()), reason="; ".join(list_missing())),
]


def containment(lab: Lab, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "containment", "lab", *words],
        capture_output=True,
        text=True,
        env=lab.environment,
        cwd=REPOSITORY,
        timeout=240,
    )


def verify(lab: Lab, stack: str) -> tuple[int, dict[str, Any]]:
    done = containment(lab, "verify", "--stack", stack, "--json")
    assert done.stdout.startswith("{"), done.stderr
    return done.returncode, json.loads(done.stdout)


def by_id(report: dict[str, Any], test: int) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in report["tests"][test - 1]["probes"]}


@pytest.mark.parametrize("mode", ["monitor", "enforce"])
def test_the_six_tests_pass_each_by_the_right_rule(deployed: Lab, mode: str) -> None:
    code, report = verify(deployed, f"coding-{mode}")
    assert code == 0, json.dumps(report, indent=1)
    assert report["mode"] == mode
    assert report["openedTls"] == []
    assert ["no rule in force opens TLS" in each for each in report["skipped"]] == [True]
    assert [each["result"] for each in report["tests"]] == ["PASS", "NOT TESTED", "PASS", "PASS", "PASS", "PASS"]
    assert {key for key, each in by_id(report, 2).items() if each["result"] == "NOT TESTED"} == {"ssm-session"}
    said = "WOULD-DENY by {}, delivered" if mode == "monitor" else "DENIED by {}"
    for id_ in ("shadow-by-name", "shadow-forced-address"):
        assert by_id(report, 4)[id_]["says"] == said.format("vca-openclaw-shadow-model-deny")
    assert by_id(report, 3)["attacker-forced-address"]["says"] == said.format("vca-openclaw-default-deny")
    before, after = (by_id(report, 6)[f"update-{when}"] for when in ("before", "after"))
    assert before["decision"]["verdict"] == "DENY"
    assert before["decision"]["enforced"] is (mode == "enforce")
    assert after["says"] == "PERMITTED by vca-openclaw-allow-saas-apis"
    for test in report["tests"]:
        for probe in test["probes"]:
            assert probe["decision"] or probe["result"] == "NOT TESTED"
            if mode == "enforce" and probe["result"] == "PASS" and probe["says"].startswith("DENIED"):
                assert "attacker" not in probe["arrivedAt"]


def test_a_command_runs_where_the_agent_runs_and_its_wishes_are_listed_by_rule(deployed: Lab) -> None:
    done = containment(deployed, "run", "--stack", "coding-enforce", "--", "curl", "-sS", "-m", "5", "https://api.openai.com/")
    assert done.returncode != 0
    assert "DENY       vca-openclaw-shadow-model-deny" in done.stderr
    assert "api.openai.com:443" in done.stderr
    seen = containment(deployed, "run", "--stack", "coding-enforce", "--", "sh", "-c", "exit 7")
    assert seen.returncode == 7


def test_decisions_are_plain_lines_in_a_pipe(deployed: Lab) -> None:
    assert containment(deployed, "run", "--stack", "coding-enforce", "--", "curl", "-s", "-m", "5", "https://github.com/").returncode == 0
    told = containment(deployed, "watch", "--stack", "coding-enforce", "--all", "--seconds", "1")
    line = [each for each in told.stdout.splitlines() if "-> github.com:443 " in each][-1]  # the world is shared with other tests
    assert "PERMIT by vca-openclaw-allow-packages" in line
    assert "\x1b" not in told.stdout
