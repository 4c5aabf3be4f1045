"""A broken configuration or preset is told whole, without a traceback, and changes nothing anywhere.

The hundreds in tests/broken are tried without a lab; here some of each meet a deployed stack, and its state, the cloud and
the Controller are compared before and after.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.broken.tables import read
from tests.deployment.inventory import aws_inventory, controller_inventory
from tests.deployment.lab import REPOSITORY, Lab, Run
from tests.support.cloud_inventory import find_differences

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

TABLES = read("configs.yaml")
CONFIGS: list[dict[str, Any]] = [
    row
    for row in (TABLES["values"] + TABLES["between"])[::29]
    if not any(value is None or isinstance(value, float) for value in row["config"].values())  # -c hands over text: "9.0" is no mistake
]
PRESETS: list[dict[str, Any]] = read("presets.yaml")[::49]
STACK = "locked-down-monitor"
MANY = {
    "vpcCidr": "8.8.8.0/24",
    "policyMode": "enforced",
    "agentInstanceType": "huge",
    "approvedSaasApiDomains": '["api.OpenAI.com."]',
    "moed": "monitor",
}


@pytest.fixture
def standing(lab: Lab) -> Lab:
    lab.platform()
    lab.must("up", STACK, "--skip-preview")
    return lab


def words(config: dict[str, Any]) -> list[str]:
    pairs = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    return [word for key, value in pairs.items() for word in ("--config", f"{key}={value}")]


def watched(lab: Lab) -> Callable[[str], None]:
    """Return a function that asserts that nothing anywhere differs from now."""
    state = lab.home / "stacks" / "agent-containment" / f"{STACK}.json"
    before, aws, controller = state.read_bytes(), aws_inventory(lab), controller_inventory(lab)

    def unchanged(what: str) -> None:
        assert state.read_bytes() == before, f"{what}: the state changed"
        assert controller_inventory(lab) == controller, f"{what}: the Controller changed"
        assert find_differences(aws, aws_inventory(lab)) == [], f"{what}: the cloud changed"

    return unchanged


def told(run: Run) -> str:
    """Return what a refused run said, after what holds for every one of them."""
    assert run.code == 1
    assert run.report["result"] == "failed"
    said = " ".join(entry["message"] for entry in run.report["diagnostics"])
    assert "Traceback" not in said + run.talk
    assert "fix:" in said or "must be of type" in said, "the engine itself refuses a value of another type, as the official one does"
    assert [step for step in run.report["steps"] if "pulumi:pulumi:Stack" not in step["urn"]] == []
    return said


@pytest.mark.long
def test_mistakes_are_reported_and_nothing_is_touched(standing: Lab) -> None:
    unchanged = watched(standing)
    for verb in ("preview", "up"):
        said = told(standing.run(verb, STACK, *words(MANY)))
        assert [key for key in MANY if f"-c {key}=" not in said] == []
        assert min(said.count("why:"), said.count("fix:")) >= len(MANY)
        unchanged(verb)
    for row in CONFIGS:
        said = told(standing.run("up", STACK, *words(row["config"]), pack=None))
        key = row["key"].split(".")[0]
        assert f"-c {key}" in said or f":{row['key']}:" in said or f":{key} must be of type" in said, row
    unchanged(f"{len(CONFIGS)} configurations")
    for row in PRESETS:
        run = broken_presets(standing, row)
        assert row["where"] in told(run), row
    unchanged(f"{len(PRESETS)} presets")
    assert len(CONFIGS) >= 6 <= len(PRESETS) * 3


def broken_presets(lab: Lab, row: dict[str, Any]) -> Run:
    """Run the program from a copy of the checkout in which one preset is broken."""
    copy = lab.home.parent / "checkout"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for name in ("presets", "components", "containment", "policypack"):
        shutil.copytree(REPOSITORY / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (REPOSITORY / "Pulumi.yaml", REPOSITORY / "__main__.py", *REPOSITORY.glob("Pulumi.*.yaml")):
        shutil.copy(path, copy / path.name)
    (copy / ".venv").symlink_to(Path(sys.prefix))
    path = copy / "presets" / row["file"]
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(row["before"], row["after"], 1) if "before" in row else row["after"], encoding="utf-8")
    done = subprocess.run(
        lab.command("up", STACK, folder=copy, pack=None),
        capture_output=True,
        text=True,
        env={**lab.environment, "PYTHONPATH": str(copy)},
        cwd=copy,
        timeout=240,
        check=False,
    )
    return Run(done.returncode, json.loads(done.stdout) if done.stdout.strip() else {}, done.stderr)
