"""The official Pulumi CLI and the lab's engine do the same with our own stacks, on the lab's providers.

Skipped, with the reason, where `pulumi` is not on PATH. Each engine has a lab home of its own; previews are compared step
by step, and what stands afterwards resource by resource.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from containment.lab import simulators
from containment.lab.home import LabHome
from tests.deployment.lab import PACK, REPOSITORY, Lab

pytestmark = [
    pytest.mark.slow,
    pytest.mark.real_engine,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="the official `pulumi` is not on PATH"),
]

DIFFERENT = {"attachTo"}
"""Inputs that differ between two Controllers: each gives an attachment point a uuid of its own."""


@dataclass(frozen=True)
class Official:
    """The official CLI on a copy of the program, attached to one lab's providers."""

    lab: Lab
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        home = LabHome(self.lab.home)
        aws, aviatrix = simulators.attach(home, "aws"), simulators.attach(home, "aviatrix")
        return {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_HOME": str(self.folder / ".pulumi-home"),
            "PULUMI_BACKEND_URL": f"file://{self.folder}",
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # The CLI looks a parameterized package up by its base plugin's name.
            "PULUMI_DEBUG_PROVIDERS": f"aws:{aws},terraform-provider:{aviatrix}",
        }

    def run(self, project: str, *arguments: str) -> str:
        done = subprocess.run(
            ["pulumi", "--non-interactive", "--color", "never", "-C", str(self.folder / project), *arguments],
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=280,
        )
        assert done.returncode == 0, f"pulumi {' '.join(arguments)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def prepare(self, project: str, stack: str) -> None:
        """Make a stack and give it what a laptop lacks."""
        self.run(project, "stack", "init", stack)
        name = "agent-containment-platform" if project == "platform" else "agent-containment"
        for key, value in simulators.overlay(LabHome(self.lab.home), frozenset({"awsAccessAccount", "agentImageId"}), name).items():
            if project != "platform" or not key.startswith("agent-containment"):
                self.run(project, "config", "set", "--stack", stack, "--secret" if key.endswith("password") else "--plaintext", key, value)


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Official]:
    folder = tmp_path_factory.mktemp("official")
    for name in ("Pulumi.yaml", "__main__.py", "platform", *(path.name for path in REPOSITORY.glob("Pulumi.*.yaml"))):
        source = REPOSITORY / name
        shutil.copytree(source, folder / name) if source.is_dir() else shutil.copy(source, folder / name)
    (folder / ".venv").symlink_to(Path(sys.prefix))
    lab = Lab(tmp_path_factory.mktemp("official-lab"))
    try:
        yield Official(lab, folder)
    finally:
        lab.down()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("our-lab"))
    try:
        lab.platform()
        yield lab
    finally:
        lab.down()


def shape(step: dict[str, Any]) -> tuple[str, ...]:
    """Return what must be equal of a step: operation, URN, type, parent, inputs, and what depends on what."""
    state = step.get("newState") or step.get("oldState") or step
    inputs = {key: value for key, value in (state.get("inputs") or {}).items() if key not in DIFFERENT}
    urns = {key: sorted(value or []) for key, value in (state.get("propertyDependencies") or {}).items() if value}
    secret = "4dabf18193072939515e22adb298388d"
    plain = json.dumps(inputs, sort_keys=True)
    return (
        step["op"],
        step["urn"],
        state["type"],
        state.get("parent", ""),
        "" if secret in plain or "[secret]" in plain else plain,
        json.dumps(sorted(state.get("dependencies") or [])),
        json.dumps(urns, sort_keys=True),
    )


def test_preview_and_up_are_the_same_with_the_official_engine(official: Official, ours: Lab) -> None:
    stack = "coding-monitor"
    official.prepare("platform", "platform")
    official.run("platform", "up", "--yes", "--skip-preview", "--stack", "platform", "--policy-pack", str(PACK))
    official.prepare("", stack)

    theirs = json.loads(official.run("", "preview", "--json", "--stack", stack, "--policy-pack", str(PACK)))
    mine = ours.must("preview", stack).report
    assert theirs["changeSummary"] == mine["changes"]
    skip = "pulumi:providers:"  # default and explicit providers are counted apart, and carry each home's address
    wanted = Counter(shape(step) for step in theirs["steps"] if skip not in step["urn"])
    seen = Counter(shape(step) for step in mine["steps"] if skip not in step["urn"])
    assert not (wanted - seen), f"only the official engine: {list(wanted - seen)[:3]}"
    assert not (seen - wanted), f"only ours: {list(seen - wanted)[:3]}"

    official.run("", "up", "--yes", "--skip-preview", "--stack", stack, "--policy-pack", str(PACK))
    ours.must("up", stack)
    exported = json.loads(official.run("", "stack", "export", "--stack", stack))["deployment"]["resources"]
    own = json.loads((ours.home / "stacks" / "agent-containment" / f"{stack}.json").read_text())["deployment"]["resources"]
    assert sorted(r["urn"] for r in exported) == sorted(r["urn"] for r in own)
    theirs_inputs = {r["urn"]: sorted(r.get("inputs") or {}) for r in exported if skip not in r["urn"]}
    assert theirs_inputs == {r["urn"]: sorted(r.get("inputs") or {}) for r in own if skip not in r["urn"]}

    again = json.loads(official.run("", "preview", "--json", "--stack", stack, "--policy-pack", str(PACK)))
    assert again["changeSummary"] == ours.must("preview", stack).report["changes"]
    assert set(again["changeSummary"]) == {"same"}

    official.run("", "destroy", "--yes", "--skip-preview", "--stack", stack)
    ours.must("destroy", stack)
