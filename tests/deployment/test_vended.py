"""Agents of one stack by their files, on the lab: the first adopts the single host, and no agent's file changes another's host."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from containment.vending.agent import build_marker, make_marker_name
from containment_lab.linux.tools import list_missing
from containment_lab.network.control import LabNetwork
from tests.containment.vending.files import write_agent
from tests.deployment.lab import Lab
from tests.deployment.watch import hosts
from tests.deployment.world import containment, find_decision, world_of
from tests.real_engine.driver import copy_programs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

STACK = "coding-enforce"
REPLACING = {"replace", "create-replacement", "delete-replaced"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Path]]:
    """Return a lab and a folder in which a stack without agent files is up."""
    folder = tmp_path_factory.mktemp("vended")
    copy_programs(folder, {})
    with Lab(tmp_path_factory.mktemp("vended-lab")) as lab:
        lab.must("up", "platform", "--skip-preview", folder=folder / "platform")
        lab.must("up", STACK, "--skip-preview", folder=folder)
        yield lab, folder


@pytest.fixture(autouse=True)
def files(place: tuple[Lab, Path]) -> Iterator[None]:
    """Begin each test without agent files; the state stays."""
    yield
    shutil.rmtree(place[1] / "agents", ignore_errors=True)


def describe(lab: Lab) -> dict[str, tuple[str, Any]]:
    """Return id and launch time of the stack's running hosts by agent, "" for the single host."""
    out = {}
    for host in hosts(lab.aws("ec2"), STACK):
        tags = {tag["Key"]: tag["Value"] for tag in host["Tags"]}
        out[tags.get("AgentName", "")] = (host["InstanceId"], host["LaunchTime"])
    return out


def find_rule(world: LabNetwork, machine: str, name: str) -> str | None:
    """Return the firewall rule that decides on a machine's TLS flow to a name."""
    found = find_decision(world, machine, name)
    return None if found is None else found["rule"]


def changed(report: dict[str, Any]) -> dict[str, set[str]]:
    """Return the names of the resources by operation, without what stays the same."""
    out: dict[str, set[str]] = {}
    for step in report["steps"]:
        if step["op"] != "same":
            out.setdefault(step["op"], set()).add(step["urn"].rpartition("::")[2])
    return out


@pytest.mark.long
def test_the_life_of_two_agents(place: tuple[Lab, Path]) -> None:
    lab, folder = place
    before = describe(lab)[""]

    write_agent(folder, "reviewer", stack=STACK)
    adopted = changed(lab.must("up", STACK, "--skip-preview", folder=folder).report)
    assert adopted.keys() == {"update"}, adopted
    assert adopted["update"] == {"agent-reviewer-instance", "agent-reviewer-sg"}
    assert describe(lab) == {"reviewer": before}

    builder = write_agent(folder, "builder", stack=STACK)  # before reviewer in the order of names
    added = changed(lab.must("up", STACK, "--skip-preview", folder=folder).report)
    assert added.keys() == {"create"}, added
    assert all(name.startswith("agent-builder") for name in added["create"])
    assert describe(lab)["reviewer"] == before
    assert lab.must("up", STACK, "--skip-preview", folder=folder).report["changes"].keys() == {"same"}
    second = describe(lab)["builder"]

    (folder / "agents" / "reviewer.yaml").unlink()
    removed = changed(lab.must("up", STACK, "--skip-preview", folder=folder).report)
    assert removed.keys() == {"delete"}, removed
    assert all(name.startswith("agent-reviewer") for name in removed["delete"])
    assert describe(lab) == {"builder": second}

    write_agent(folder, "builder", stack=STACK, until="2020-01-01")
    ended = lab.must("up", STACK, "--skip-preview", folder=folder)
    assert changed(ended.report).keys() == {"delete", "update"}
    assert changed(ended.report)["update"] == {"network-vpc"}, "the VPC declares that it has no host"
    assert describe(lab) == {}
    assert "builder ended on 2020-01-01" in str(ended.report["diagnostics"])

    marker = folder / make_marker_name(STACK)
    marker.write_text(build_marker(STACK))
    builder.unlink()
    assert lab.must("up", STACK, "--skip-preview", folder=folder).report["changes"].keys() == {"same"}, "no host comes back"
    assert describe(lab) == {}

    marker.unlink()
    assert changed(lab.must("up", STACK, "--skip-preview", folder=folder).report).keys() == {"create", "update"}
    assert describe(lab).keys() == {""}


@pytest.mark.packets
@pytest.mark.namespaces
@pytest.mark.skipif(bool(list_missing()), reason="; ".join(list_missing()))
def test_every_agent_is_contained_by_packets_and_a_command_runs_as_one_of_them(place: tuple[Lab, Path]) -> None:
    lab, folder = place
    for name in ("builder", "reviewer"):
        write_agent(folder, name, stack=STACK)
    lab.must("up", STACK, "--skip-preview", folder=folder)
    world, made = world_of(lab, STACK), describe(lab)
    try:
        first = world.send_command("status")["instance"]
        for name, (instance, _) in made.items():
            machine = "agent" if instance == first else instance
            assert find_rule(world, machine, "api.openai.com") == "vca-openclaw-shadow-model-deny", name
            assert find_rule(world, machine, "attacker.example") == "vca-openclaw-default-deny", name
            assert find_rule(world, machine, "github.com") == "vca-openclaw-allow-packages", name
        for name, (instance, _) in made.items():
            ran = containment(lab, "run", "--stack", STACK, "--agent", name, "--", "hostname", "-I")
            assert ran.returncode == 0, ran.stderr
            assert LabNetwork(world.home, STACK).send_command("status")["instance"] == instance
        wrong = containment(lab, "run", "--stack", STACK, "--agent", "nobody-here", "--", "true")
        assert wrong.returncode == 1
        assert "builder, reviewer" in wrong.stderr
    finally:
        world.take_down()
