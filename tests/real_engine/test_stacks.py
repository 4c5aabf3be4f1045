"""Two stacks live their whole life by the official engine on the lab's providers, and the lab engine does the same with one of them.

Life: up, unchanged, refresh, unchanged, a domain added, monitor to enforce under the same host, destroy. Compared are the steps of a
preview and the resources of the state; each engine has its own lab.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deployment.inventory import aws_inventory, controller_inventory
from tests.deployment.lab import PACK, Lab
from tests.real_engine.conftest import LIVES
from tests.real_engine.driver import Official, copy_programs
from tests.support.cloud_inventory import find_differences
from tests.support.entries import FIELDS

pytestmark = pytest.mark.real_engine

COMPARED = "coding-monitor"
"""The stack that both engines bring up."""
DOMAIN = "api.example-crm.com"
DIFFERENT = {"attachTo"}
"""Inputs that differ between two Controllers: each gives an attachment point a uuid of its own."""
PROVIDER = "pulumi:providers:"
"""Default and explicit providers are counted differently, and contain each lab's address."""


@pytest.fixture(scope="module")
def lab_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Path]]:
    """Return a lab with the platform up, and a copy of the program for the lab engine."""
    folder = tmp_path_factory.mktemp("lab-engine")
    copy_programs(folder, LIVES)
    with Lab(tmp_path_factory.mktemp("lab-engine-lab")) as lab:
        lab.must("up", "platform", "--skip-preview", "--config", f"extraStacks={json.dumps(list(LIVES))}", folder=folder / "platform")
        yield lab, folder


@pytest.mark.parametrize("stack", LIVES)
def test_a_stack_lives_its_whole_life(stack: str, platform: Official) -> None:
    project = platform.folder
    platform.prepare(project, stack)
    before, controller_before = aws_inventory(platform.lab), controller_inventory(platform.lab)
    planned = platform.preview(project, stack)
    assert set(planned.changes) == {"create"}
    assert platform.up(project, stack).changes == planned.changes
    host = _host(platform, stack)

    again = platform.preview(project, stack)
    assert set(again.changes) == {"same"}, again.differences
    refreshed = platform.must(project, "refresh", "--yes", "--skip-preview", "--stack", stack)
    assert set(refreshed.changes) == {"same"}, refreshed.differences
    unchanged = platform.preview(project, stack)
    assert set(unchanged.changes) == {"same"}, unchanged.differences

    for field, text in {"name": DOMAIN, **FIELDS}.items():
        platform.configure(project, stack, f"approvedSaasApiDomains[0].{field}", text)
    added = platform.up(project, stack)
    assert {operation for operation, _ in added.changed_types} == {"create", "update"}, added.changed_types
    assert added.changed_types["create", "aviatrix:index/webGroup:WebGroup"] == 1
    assert DOMAIN in json.dumps(platform.resources(project, stack))

    platform.configure(project, stack, "policyMode", "enforce")
    flipped = platform.up(project, stack)
    assert {operation for operation, _ in flipped.changed_types} == {"update"}, flipped.changed_types
    assert flipped.changed_types["update", "aviatrix:index/dcfRuleset:DcfRuleset"] == 1
    assert _host(platform, stack) == host, "the host was replaced"

    platform.must(project, "destroy", "--yes", "--skip-preview", "--stack", stack)
    assert platform.resources(project, stack) == []
    assert find_differences(before, aws_inventory(platform.lab)) == []
    assert controller_inventory(platform.lab) == controller_before


def test_preview_and_state_are_the_same_with_the_lab_engine(platform: Official, lab_engine: tuple[Lab, Path]) -> None:
    lab, folder = lab_engine
    project, stack = platform.folder, COMPARED
    platform.prepare(project, stack)
    theirs = _json_preview(platform, stack)
    own = lab.must("preview", stack, folder=folder).report
    assert theirs["changeSummary"] == own["changes"]
    official_steps, lab_steps = (Counter(_shape(step) for step in plan["steps"] if PROVIDER not in step["urn"]) for plan in (theirs, own))
    assert not (official_steps - lab_steps), f"only the official engine: {list(official_steps - lab_steps)[:3]}"
    assert not (lab_steps - official_steps), f"only the lab engine: {list(lab_steps - official_steps)[:3]}"

    platform.up(project, stack)
    lab.must("up", stack, "--skip-preview", folder=folder)
    state_file = lab.home / "stacks" / "agent-containment" / f"{stack}.json"
    deployment = json.loads(platform.must(project, "stack", "export", "--stack", stack).stdout)["deployment"]
    exported = [each for each in deployment["resources"] if PROVIDER not in each["urn"]]
    stored = [each for each in json.loads(state_file.read_text())["deployment"]["resources"] if PROVIDER not in each["urn"]]
    assert sorted(each["urn"] for each in exported) == sorted(each["urn"] for each in stored)
    official_inputs, lab_inputs = (
        {each["urn"]: sorted(each.get("inputs") or {}) for each in resources} for resources in (exported, stored)
    )
    assert official_inputs == lab_inputs
    assert _json_preview(platform, stack)["changeSummary"] == lab.must("preview", stack, folder=folder).report["changes"]
    platform.must(project, "destroy", "--yes", "--skip-preview", "--stack", stack)


def _host(official: Official, stack: str) -> str:
    """Return the id of the agent host."""
    return next(each["id"] for each in official.resources(official.folder, stack) if each["type"] == "aws:ec2/instance:Instance")


def _json_preview(official: Official, stack: str) -> dict[str, Any]:
    plan = official.must(official.folder, "preview", "--json", "--stack", stack, "--policy-pack", str(PACK))
    found: dict[str, Any] = json.loads(plan.stdout)
    return found


def _shape(step: dict[str, Any]) -> tuple[str, ...]:
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
