"""A fleet by the official engine: one stack fails, the others are deployed; a stale lock is explained; all is destroyed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from containment.exit_code import Exit
from tests.deployment.lab import REPOSITORY
from tests.real_engine.driver import Official, copy_programs

GOOD, BAD = "coding-monitor", "locked-down-monitor"
pytestmark = pytest.mark.real_engine


@pytest.fixture(scope="module")
def fleet(pulumi: Path, tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the CLI on a project of two stacks, of which one names an image that does not exist."""
    from tests.deployment.lab import Lab

    folder = tmp_path_factory.mktemp("fleet")
    copy_programs(folder, {})
    (folder / "policypack").symlink_to(REPOSITORY / "policypack")
    for path in folder.glob("Pulumi.*.yaml"):
        if path.name not in (f"Pulumi.{GOOD}.yaml", f"Pulumi.{BAD}.yaml"):
            path.unlink()
    lab = Lab(tmp_path_factory.mktemp("fleet-lab"))
    made = Official(pulumi, tools, folder, lab)
    try:
        made.prepare(folder / "platform", "platform")
        for stack in (GOOD, BAD):
            made.prepare(folder, stack)
        yield made
    finally:
        lab.down()


def set_value(official: Official, stack: str, key: str, value: str) -> None:
    path = official.folder / f"Pulumi.{stack}.yaml"
    document = yaml.safe_load(path.read_text())
    document["config"][f"agent-containment:{key}"] = value
    path.write_text(yaml.safe_dump(document))


def run(official: Official, *words: str) -> tuple[int, dict[str, Any], str]:
    environment = official.environment()
    environment["PATH"] = f"{official.cli.parent}{os.pathsep}{environment['PATH']}"
    command = [sys.executable, "-m", "containment", "fleet", *words, "-C", str(official.folder), "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=900)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


def test_a_fleet_lives_by_the_official_engine(fleet: Official) -> None:
    files = {path: path.read_bytes() for path in fleet.folder.glob("Pulumi.*.yaml")}
    good = yaml.safe_load((fleet.folder / f"Pulumi.{BAD}.yaml").read_text())["config"]["agent-containment:agentImageId"]
    set_value(fleet, BAD, "agentImageId", "ami-0000000000000dead")
    code, answer, talk = run(fleet, "up")
    results = {one["stack"]: one["result"] for one in answer["stacks"]}
    assert answer["backend"] == "pulumi"
    assert results == {"platform/platform": "succeeded", GOOD: "succeeded", BAD: "failed"}, (answer, talk)
    assert code == Exit.ERROR

    set_value(fleet, BAD, "agentImageId", good)
    locks = fleet.folder / ".pulumi" / "locks" / "organization" / "agent-containment" / BAD
    locks.mkdir(parents=True, exist_ok=True)
    owner = {"pid": 2**22 + 1, "username": "platform-team", "hostname": "runner.example.com", "timestamp": "2026-11-29T10:00:00Z"}
    (locks / "0b6f6d4e-1111-4222-8333-444444444444.json").write_text(json.dumps(owner))
    code, answer, _ = run(fleet, "up", BAD)
    assert code == Exit.LOCKED, answer
    assert "stale" in answer["stacks"][-1]["reason"]
    assert f"pulumi cancel --yes --stack {BAD}" in answer["stacks"][-1]["next"]

    fleet.must(fleet.folder, "cancel", "--yes", "--stack", BAD)
    code, answer, talk = run(fleet, "up")
    assert code == 0, (answer, talk)
    code, answer, _ = run(fleet, "status")
    assert {one["stack"]: (one["deployed"], one["drift"], one["hosts"]) for one in answer["stacks"]} == dict.fromkeys(
        (GOOD, BAD), ("passed", "passed", 1)
    )
    code, answer, talk = run(fleet, "destroy", "--yes", "--platform")
    assert code == 0, (answer, talk)
    assert [one["stack"] for one in answer["stacks"]] == [GOOD, BAD, "platform/platform"]
    assert {path: path.read_bytes() for path in files} == files
