"""Stack files, sites, platforms and agents that disagree are found before anything is started, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from containment.errors import InputError
from containment.fleet.checks import FleetFacts
from tests.containment.fleet.conftest import SITES, Write
from tests.containment.vending.files import write_agent

POINTS = {"platform": ["coding-monitor-us"], "platform-eu": ["coding-enforce-eu", "research-eu"]}


def problems_of(project: Path, *, one_controller: bool = False) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in FleetFacts(project, one_controller=one_controller).problems:
        found[one.where] = f"{found.get(one.where, '')}{one.what}; {one.fix}\n"
    return found


@pytest.fixture
def fleet(project: Path, write_stack: Write, write_fleet: Write) -> Path:
    """Return a project with three stacks at two sites, without a mistake."""
    write_fleet(points=POINTS)
    write_stack("coding-monitor-us", vpcCidr="10.64.0.0/16")
    write_stack("coding-enforce-eu", vpcCidr="10.80.0.0/16", awsRegion="eu-central-1", awsAccessAccount="aws-eu")
    write_stack("research-eu", vpcCidr="10.81.0.0/16", policyMode="monitor", **{"aviatrix:controllerIp": "EU.example.com"})
    return project


def test_a_fleet_without_mistakes_has_no_problem(fleet: Path) -> None:
    assert problems_of(fleet) == {}


def test_a_site_sets_what_a_stack_file_leaves_unset(fleet: Path) -> None:
    found = {one.stack: one for one in FleetFacts(fleet, one_controller=False).members}
    assert found["coding-monitor-us"].site_values == {
        "agent-containment:awsAccessAccount": "aws-us",
        "agent-containment:awsRegion": "us-east-1",
        "aviatrix:controllerIp": "us.example.com",
    }
    research = found["research-eu"]
    assert research.spec is not None
    assert research.spec.config.aws_region == "eu-central-1"
    assert "aviatrix:controllerIp" not in research.site_values


@pytest.mark.parametrize(
    ("stack", "keys", "where", "text"),
    [
        ("coding-monitor-us", {"vpcCidr": "10.80.0.0/16"}, "vpcCidr", "no network of the site us contains"),
        ("coding-monitor-us", {"vpcCidr": "10.20.0.0/16"}, "vpcCidr", "write 10.64.0.0/16"),
        ("coding-monitor-us", {"vpcCidr": "10.64.0.0/16", "awsAccessAccount": "aws-eu"}, "awsAccessAccount", "has 'aws-us'"),
        ("coding-monitor-us", {"vpcCidr": "10.64.0.0/16", "awsRegion": "us-west-2"}, "awsRegion", "has 'us-east-1'"),
        ("coding-monitor-us", {"vpcCidr": "10.64.0.0/16", "awsRegion": "us-esat-1"}, "awsRegion", "us-east-1"),
        ("coding-monitor-us", {"vpcCidr": "10.64.0.0/16", "aviatrix:controllerIp": "192.0.2.1"}, "aviatrix:controllerIp", "us.example.com"),
        ("coding-monitor-us", {"aviatrix:controllerIp": {"secure": "v1:x"}}, "aviatrix:controllerIp", "encrypted"),
        ("coding-monitor-us", {"vpcCidr": "10.64.0.0/16", "agentClass": "codign"}, "agentClass", "coding"),
    ],
)  # fmt: skip
def test_a_stack_that_disagrees_with_its_site_is_reported(
    fleet: Path, write_stack: Write, stack: str, keys: dict[str, object], where: str, text: str
) -> None:
    write_stack(stack, **keys)
    found = problems_of(fleet)
    assert text in found[f"Pulumi.{stack}.yaml:{where}"]


def test_networks_that_two_stacks_share_are_reported_for_both(fleet: Path, write_stack: Write) -> None:
    write_stack("research-eu", vpcCidr="10.80.128.0/17", policyMode="monitor")
    found = problems_of(fleet)
    assert "10.80.0.0/16" in found["Pulumi.research-eu.yaml:vpcCidr"]
    assert "10.80.128.0/17" in found["Pulumi.coding-enforce-eu.yaml:vpcCidr"]


def test_a_site_that_no_file_names_is_reported(fleet: Path, write_stack: Write) -> None:
    write_stack("coding-monitor-uss", vpcCidr="10.65.0.0/16")
    found = problems_of(fleet)["Pulumi.coding-monitor-uss.yaml"]
    assert "the site 'uss'" in found
    assert "us" in found.partition("; ")[2]


def test_a_stack_without_an_attachment_point_is_reported_with_the_whole_list(fleet: Path, write_fleet: Write) -> None:
    write_fleet(points={"platform-eu": ["research-eu"]})
    found = problems_of(fleet)["platform/Pulumi.platform-eu.yaml:extraStacks"]
    assert "[coding-enforce-eu, research-eu]" in found


def test_a_site_without_its_platform_stack_is_reported(fleet: Path) -> None:
    (fleet / "platform" / "Pulumi.platform-eu.yaml").unlink()
    assert "does not exist" in problems_of(fleet)["platform/Pulumi.platform-eu.yaml"]


def test_a_stack_that_owns_the_policy_list_of_a_shared_controller_is_reported(fleet: Path, write_stack: Write) -> None:
    write_stack("locked-down-us", vpcCidr="10.66.0.0/16", policyMode="monitor", manageControllerPolicy=True)
    assert "coding-monitor-us" in problems_of(fleet)["Pulumi.locked-down-us.yaml:manageControllerPolicy"]


def test_a_separate_controller_may_have_a_stack_that_owns_its_list_but_not_in_the_lab(
    fleet: Path, write_stack: Write, write_fleet: Write
) -> None:
    lone = {"account": "aws-x", "region": "us-east-1", "controller": "x.example.com", "cidrs": ["10.96.0.0/12"], "platform": "platform-x"}
    write_fleet(sites={**SITES, "x": lone}, points=POINTS)
    write_stack("locked-down-x", vpcCidr="10.96.0.0/16", policyMode="monitor", manageControllerPolicy=True)
    assert problems_of(fleet) == {}
    assert "in the lab" in problems_of(fleet, one_controller=True)["Pulumi.locked-down-x.yaml:manageControllerPolicy"]


def test_an_excluded_stack_is_no_member_and_one_without_a_file_is_reported(fleet: Path, write_fleet: Write) -> None:
    write_fleet(points=POINTS, exclude={"research-eu": "paused", "researhc-eu": "paused"})
    facts = FleetFacts(fleet, one_controller=False)
    assert [one.stack for one in facts.members] == ["coding-enforce-eu", "coding-monitor-us"]
    fixes = {one.where: one.fix for one in facts.problems}
    assert fixes.keys() == {"fleet.yaml:exclude.researhc-eu"}
    assert fixes["fleet.yaml:exclude.researhc-eu"].startswith("write research-eu")


def test_mistakes_of_every_file_are_reported_together(fleet: Path, write_stack: Write) -> None:
    write_stack("coding-monitor-us", vpcCidr="10.20.0.0/16")
    write_stack("research-eu", vpcCidr="10.81.0.0/16", agentClass="resaerch")
    write_agent(fleet, "one", stack="research-uk")
    write_agent(fleet, "two", stack="research-eu", until="soon")
    with pytest.raises(InputError) as raised:
        FleetFacts(fleet, one_controller=False).require_usable()
    assert {one.where for one in raised.value.problems} == {
        "Pulumi.coding-monitor-us.yaml:vpcCidr", "Pulumi.research-eu.yaml:agentClass", "agents/one.yaml:stack", "agents/two.yaml:until",
    }  # fmt: skip


def test_agents_that_their_stack_cannot_have_are_reported(fleet: Path, write_stack: Write) -> None:
    write_stack("research-eu", vpcCidr="10.81.0.0/16", policyMode="monitor", agentPrivateIp="10.81.10.9")
    for name in ("one", "two"):
        write_agent(fleet, name, stack="research-eu")
    assert problems_of(fleet)


def test_an_unusable_fleet_file_is_one_problem_and_not_one_per_stack(fleet: Path) -> None:
    (fleet / "fleet.yaml").write_text("sites: []\n")
    assert set(problems_of(fleet)) == {"fleet.yaml:sites"}
