"""A new stack's file: class and mode from its name, and a network that no other stack has, or the reason why there is none."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from containment.errors import InputError
from containment.fleet.loader import FleetFile
from containment.fleet.new_stack import NewStack, find_network, find_stack, propose_stack
from containment.loaders.stack_file import read_stack, resolve_new_stack
from containment.names import RFC1918, PolicyMode
from tests.containment.fleet.conftest import SITES, Write

FLEET = FleetFile.model_validate({"sites": SITES})


def propose(stack: str, folder: Path) -> NewStack:
    found = propose_stack(stack, folder)
    assert found is not None
    return found


def test_the_file_that_is_written_is_the_stack_that_was_checked(project: Path) -> None:
    new = propose("research-monitor", project)
    assert (new.agent_class, new.mode) == ("research", PolicyMode.MONITOR)
    checked = resolve_new_stack(new.stack, new.values, project)
    (project / new.file).write_text(new.text)
    assert read_stack(new.stack, folder=project) == checked
    (project / new.file).write_text(new.line)
    assert read_stack(new.stack, folder=project) == checked


def test_each_stack_that_is_added_gets_another_network(project: Path) -> None:
    for stack in ("coding-monitor", "coding-enforce", "research-monitor", "research-enforce", "open-demo-monitor"):
        new = propose(stack, project)
        (project / new.file).write_text(new.text)
    networks = [read_stack(path.name[7:-5], folder=project).config.vpc_cidr for path in project.glob("Pulumi.*.yaml")]
    assert len(networks) == 5
    assert not any(one.overlaps(other) for one in networks for other in networks if one is not other)


def test_a_network_that_another_stack_may_reach_is_not_free(project: Path, write_stack: Write) -> None:
    first = propose("research-monitor", project).network
    api = {
        "cidrs": [str(next(first.subnets(new_prefix=28)))],
        "ports": [443],
        "owner": "build",
        "reason": "Packages.",
        "until": "2099-01-01",
    }
    write_stack("coding-monitor", vpcCidr="10.200.0.0/16", approvedInternalApis={"artifacts": api})
    assert not propose("research-monitor", project).network.overlaps(first)


@pytest.mark.parametrize(("stack", "wide"), [("coding-monitor-us", "10.64.0.0/12"), ("research-eu", "10.80.0.0/12")])
def test_a_stack_of_a_site_gets_a_network_of_the_site(project: Path, write_fleet: Write, stack: str, wide: str) -> None:
    write_fleet()
    new = propose(stack, project)
    assert new.network.subnet_of(IPv4Network(wide))
    assert new.mode is PolicyMode.MONITOR


def test_the_default_site_is_that_of_a_stack_without_one(project: Path, write_fleet: Write) -> None:
    write_fleet(default="eu")
    assert propose("coding-monitor", project).network == IPv4Network("10.80.0.0/16")


def test_without_a_site_no_network_of_a_site_is_taken() -> None:
    sites = {"all": {**SITES["us"], "cidrs": ["10.0.0.0/8", "172.16.0.0/12"]}}
    assert find_network("", FleetFile.model_validate({"sites": sites}), []).subnet_of(IPv4Network("192.168.0.0/16"))


def test_a_site_narrower_than_a_stack_is_one_network() -> None:
    sites = FleetFile.model_validate({"sites": {"us": {**SITES["us"], "cidrs": ["10.64.0.0/20", "10.65.0.0/20"]}}})
    assert find_network("us", sites, [IPv4Network("10.64.8.0/24")]) == IPv4Network("10.65.0.0/20")


def test_a_site_without_a_free_network_is_told_with_one_to_add() -> None:
    with pytest.raises(InputError) as raised:
        find_network("us", FLEET, [IPv4Network("10.64.0.0/12")])
    (problem,) = raised.value.problems
    assert (problem.where, problem.what) == ("fleet.yaml:sites.us.cidrs", "has no free /16 left (10.64.0.0/12)")
    added = IPv4Network(problem.fix.rpartition(" ")[2])
    assert not any(added.overlaps(one) for site in FLEET.sites.values() for one in site.cidrs)


@pytest.mark.parametrize("left", [None, "10.7.0.0/16", "192.168.0.0/16"])
def test_exhausted_private_ranges_are_told_and_the_last_free_network_is_found(left: str | None) -> None:
    blocks = [block for wide in RFC1918 for block in wide.subnets(new_prefix=16) if str(block) != left]
    if left is not None:
        assert find_network("", FleetFile(), blocks) == IPv4Network(left)
        return
    with pytest.raises(InputError, match="Pulumi") as raised:
        find_network("", FleetFile(), blocks)
    assert "10.0.0.0/8" in raised.value.problems[0].what


@pytest.mark.parametrize("stack", ["codign-monitor", "coding", "coding-monitr", "nowhere", "coding-monitor-uk", "coding-uk", "x/y"])
def test_nothing_is_proposed_for_a_name_that_may_be_mistyped(project: Path, write_fleet: Write, stack: str) -> None:
    write_fleet()
    assert propose_stack(stack, project) is None
    new, (problem,) = find_stack(stack, project, is_new=True)
    assert (new, problem.where) == (None, "--stack")
    assert "--new-stack" not in problem.fix


def test_a_stack_file_that_cannot_be_read_may_have_any_network(project: Path) -> None:
    (project / "Pulumi.coding-monitor.yaml").write_text("config: [\n")
    new, problems = find_stack("research-monitor", project, is_new=True)
    assert new is None
    assert {one.where for one in problems} == {"--stack", "Pulumi.coding-monitor.yaml"}


def test_a_stack_that_exists_is_not_new(project: Path, write_stack: Write) -> None:
    write_stack("coding-monitor", vpcCidr="10.40.0.0/16")
    assert find_stack("coding-monitor", project, is_new=False) == (None, [])
    new, (problem,) = find_stack("coding-monitor", project, is_new=True)
    assert (new, problem.what) == (None, "Pulumi.coding-monitor.yaml exists already")
