"""A fleet in the lab: a failing stack stops no other, a killed run goes on where it stopped, and agents share their stack's VPC.

Two stacks and one kill are part of the suite; 20 agents in every class are a scenario of `pytest -m packets`, killed at three random
moments.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from containment.exit_code import Exit
from containment.loaders.stack_file import read_stack
from containment.names import DENY_GROUPS, WebGroupId
from containment_lab.linux.tools import list_missing
from tests.deployment.fleet import FleetProject
from tests.deployment.inventory import aws_inventory, controller_inventory
from tests.deployment.lab import Lab
from tests.deployment.watch import hosts
from tests.deployment.world import find_decision, world_of
from tests.support.classes import SHIPPED
from tests.support.cloud_inventory import find_differences

STACKS = {"coding-monitor": 2, "research-monitor": 0}
"""Stacks of the suite's fleet, each with its number of agent files; without any, a stack has its single host."""
FAILING = "research-monitor"
NO_IMAGE = "ami-0000000000000dead"


def count_hosts(stacks: dict[str, int]) -> dict[str, int]:
    return {stack: agents or 1 for stack, agents in stacks.items()}


def assert_whole(project: FleetProject, stacks: dict[str, int]) -> None:
    """Assert that every stack is deployed as reviewed, with one VPC whatever its agents, and that nothing else is in the cloud."""
    code, answer, _ = project.run("status")
    failed = [(one["where"], one["id"], one["title"]) for one in answer["cases"] if one["status"] == "failed"]
    assert (failed, code) == ([], Exit.INCONCLUSIVE)  # nothing is attested
    found = {one["stack"]: one for one in answer["stacks"]}
    assert {stack: one["hosts"] for stack, one in found.items()} == count_hosts(stacks)
    assert {one["networks"] for one in found.values()} == {1}
    assert {(one["deployed"], one["drift"]) for one in found.values()} == {("passed", "passed")}
    assert project.find_orphans() == []


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_a_fleet_lives_through_a_failing_stack_and_a_kill(lab: Lab, tmp_path: Path) -> None:
    lab.start()
    before = aws_inventory(lab)
    project = FleetProject.write(tmp_path / "project", lab, STACKS)
    project.set_value(FAILING, "agentImageId", NO_IMAGE)
    project.kill_at(70, "up")
    code, answer, talk = project.run("up")
    results = {one["stack"]: one["result"] for one in answer["stacks"]}
    assert results.pop(FAILING) == "failed", talk
    assert set(results.values()) == {"succeeded"}, (answer, talk)
    assert code == Exit.ERROR
    assert NO_IMAGE in next(one["reason"] for one in answer["stacks"] if one["stack"] == FAILING)

    project.set_value(FAILING, "agentImageId", None)
    code, answer, talk = project.run("up")
    assert code == 0, (answer, talk)
    assert_whole(project, STACKS)

    code, answer, _ = project.run("destroy", "--yes", "--platform")
    assert code == 0, answer
    assert find_differences(before, aws_inventory(lab)) == []
    assert not any(controller_inventory(lab)[key] for key in ("rulesets", "gateways"))


def find_permitted_name(project: FleetProject, stack: str) -> str:
    """Return an exact name on the internet that a stack's files permit; names of AWS are permitted at its endpoints alone."""
    groups = read_stack(stack, folder=project.folder).destinations.items()
    found = [one for group, listed in groups if group not in (*DENY_GROUPS, WebGroupId.AWS_INFRA) for one in listed.patterns]
    return min(str(one) for one in found if "*" not in str(one))


def assert_contained(project: FleetProject, stacks: dict[str, int]) -> int:
    """Assert by packets that each agent of each stack is contained by its class's rules; return the number of agents."""
    count = 0
    for stack in stacks:
        world, name = world_of(project.lab, stack), find_permitted_name(project, stack)
        try:
            first = world.send_command("status")["instance"]
            for host in hosts(project.lab.aws("ec2"), stack):
                machine = "agent" if host["InstanceId"] == first else host["InstanceId"]
                found = [find_decision(world, machine, one) for one in ("api.openai.com", "attacker.example", name)]
                assert [(one and one["rule"], one and one["verdict"]) for one in found[:2]] == [
                    ("vca-openclaw-shadow-model-deny", "DENY"),
                    ("vca-openclaw-default-deny", "DENY"),
                ], (stack, machine)
                assert found[2] is not None, (stack, machine, name)
                assert (found[2]["verdict"], "allow" in found[2]["rule"]) == ("PERMIT", True), (stack, machine, name, found[2])
                count += 1
        finally:
            world.take_down()
        print(f"{stack}: {stacks[stack]} agents contained by packets; {name} permitted")
    return count


@pytest.mark.packets
@pytest.mark.namespaces
@pytest.mark.skipif(bool(list_missing()), reason="; ".join(list_missing()))
@pytest.mark.timeout(7200)
def test_twenty_agents_in_every_class_come_up_through_three_kills(lab: Lab, tmp_path: Path) -> None:
    classes = sorted(SHIPPED)
    stacks = {f"{name}-monitor": 2 + (number < 20 - 2 * len(classes)) for number, name in enumerate(classes)}
    assert (sum(stacks.values()), len(stacks)) == (20, 7)
    project = FleetProject.write(tmp_path / "project", lab, stacks)
    moments = random.Random(20)
    for low, high in ((20, 150), (170, 300), (320, 450)):
        project.kill_at(moments.randint(low, high), "up", "--parallel", "2")
    code, answer, talk = project.run("up", "--parallel", "2")
    assert code == 0, (answer, talk)
    assert_whole(project, stacks)
    _, answer, _ = project.run("up", "--parallel", "2")
    assert {frozenset(one["changes"]) for one in answer["stacks"]} == {frozenset({"same"})}
    assert assert_contained(project, stacks) == 20
