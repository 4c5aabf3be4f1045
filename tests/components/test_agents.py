"""The program makes one host per agent file, and the single host of before without any."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.containment.vending.files import write_agent, write_stacks
from tests.support.deploy import Deployed, deploy, stack_config

STACK = "coding-monitor"
INSTANCE = "aws:ec2/instance:Instance"


def up(folder: Path, **config: str) -> Deployed:
    return deploy(STACK, stack_config(STACK, **config), folder=folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_stacks(tmp_path, STACK)


def test_without_agent_files_nothing_differs(folder: Path) -> None:
    (folder / "agents").mkdir()
    assert up(folder).resources == deploy(STACK, stack_config(STACK)).resources


def test_every_host_is_made_alike_and_found_by_the_same_rules(folder: Path) -> None:
    for name in ("reviewer", "builder", "tester"):
        write_agent(folder, name)
    done = up(folder)
    assert done.error is None
    hosts = done.of_type(INSTANCE)
    assert {host["tags"]["AgentName"] for host in hosts} == {"reviewer", "builder", "tester"}
    for host in hosts:
        assert host["metadataOptions"]["httpTokens"] == "required"
        assert host["associatePublicIpAddress"] is False
        assert (host["tags"]["Role"], host["tags"]["AgentStack"]) == ("openclaw-agent-harness", STACK)
    for kind in ("iam/role:Role", "iam/policy:Policy", "iam/instanceProfile:InstanceProfile", "ec2/securityGroup:SecurityGroup"):
        names = [one["name"] for one in done.of_type(f"aws:{kind}")]
        assert len(set(names)) == len(names) >= 3
    assert len(done.of_type("aws:ec2/vpc:Vpc")) == 1


def test_removing_an_agent_leaves_the_resources_of_the_other(folder: Path) -> None:
    write_agent(folder, "reviewer")
    removed = write_agent(folder, "builder")
    both = up(folder).resources
    removed.unlink()
    one = up(folder).resources
    assert {urn: state for urn, state in both.items() if "agent-builder" not in urn and "pulumi:pulumi:Stack" not in urn} == {
        urn: state for urn, state in one.items() if "pulumi:pulumi:Stack" not in urn
    }


def test_an_ended_agent_has_no_host(folder: Path) -> None:
    write_agent(folder, "reviewer", until="2020-01-01")
    done = up(folder)
    assert done.error is None
    assert done.of_type(INSTANCE) == []
    assert done.of_type("aws:ec2/vpc:Vpc")


def test_a_mistake_in_an_agent_file_registers_nothing(folder: Path) -> None:
    write_agent(folder, "reviewer", size="xxl", purpose="")
    done = up(folder)
    assert done.error is not None
    assert "agents/reviewer.yaml:size" in done.error
    assert "agents/reviewer.yaml:purpose" in done.error
    assert all("pulumi:pulumi:Stack" in urn for urn in done.resources)


def test_agents_of_other_stacks_have_no_host_here(folder: Path) -> None:
    write_agent(folder, "reader", stack="research-monitor")
    assert up(folder).resources == deploy(STACK, stack_config(STACK)).resources


def test_size_and_harness_of_a_file_are_its_hosts(folder: Path) -> None:
    write_agent(folder, "small-one", size="small", harness="none")
    write_agent(folder, "usual-one")
    hosts = {host["tags"]["AgentName"]: host for host in up(folder).of_type(INSTANCE)}
    assert (hosts["small-one"]["instanceType"], hosts["usual-one"]["instanceType"]) == ("t3.medium", "t3.large")
    assert "install-nemoclaw.sh" in hosts["usual-one"]["userData"]
    assert "install-nemoclaw.sh" not in hosts["small-one"]["userData"]
