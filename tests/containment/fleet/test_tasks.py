"""The tasks of a run: each platform before the stacks on it, one platform for every site in the lab, and the site's values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from containment.fleet.backend import Verb
from containment.fleet.checks import FleetFacts
from containment.fleet.runner import build_destroy_tasks, build_up_tasks
from tests.containment.fleet.conftest import Write

POINTS = {"platform": ["coding-monitor-us"], "platform-eu": ["coding-enforce-eu"]}


@pytest.fixture
def facts(project: Path, write_stack: Write, write_fleet: Write) -> FleetFacts:
    write_fleet(points=POINTS)
    write_stack("coding-monitor-us", vpcCidr="10.64.0.0/16")
    write_stack("coding-enforce-eu", vpcCidr="10.80.0.0/16")
    found = FleetFacts(project, one_controller=False)
    found.require_usable()
    return found


def test_each_controller_has_its_platform_and_each_stack_needs_its_own(facts: FleetFacts) -> None:
    tasks = build_up_tasks(Verb.UP, facts.members, facts.members, facts.folder, one_controller=False)
    assert [(task.label, task.needs) for task in tasks] == [
        ("platform/platform-eu", ""),
        ("platform/platform", ""),
        ("coding-enforce-eu", "platform-eu"),
        ("coding-monitor-us", "platform"),
    ]
    assert {task.label: task.config.get("aviatrix:controllerIp") for task in tasks} == {
        "platform/platform-eu": "eu.example.com",
        "platform/platform": "us.example.com",
        "coding-enforce-eu": "eu.example.com",
        "coding-monitor-us": "us.example.com",
    }


def test_the_lab_has_one_platform_with_the_attachment_points_of_all_sites(facts: FleetFacts) -> None:
    chosen = [member for member in facts.members if member.stack == "coding-enforce-eu"]
    platform, stack = build_up_tasks(Verb.UP, chosen, facts.members, facts.folder, one_controller=True)
    assert (platform.label, stack.needs) == ("platform/platform", "platform")
    assert json.loads(platform.config["agent-containment-platform:extraStacks"]) == ["coding-enforce-eu", "coding-monitor-us"]


def test_a_preview_waits_for_nothing_and_a_platform_is_destroyed_last(facts: FleetFacts) -> None:
    assert all(not task.needs for task in build_up_tasks(Verb.PREVIEW, facts.members, facts.members, facts.folder, one_controller=False))
    tasks = build_destroy_tasks(["coding-monitor-us"], ["platform"], facts.folder)
    assert [(task.label, task.is_last) for task in tasks] == [("coding-monitor-us", False), ("platform/platform", True)]
