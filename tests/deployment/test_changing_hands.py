"""A live host is never without its policy while the policy changes hands: another prefix, another owner, another network.

Each change is watched while it is made. One lab for all, one change after the other, as a stack lives.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.deployment.inventory import controller_inventory
from tests.deployment.lab import Lab
from tests.deployment.watch import Watch, hosts

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(1500)]

STACK = "coding-enforce"
NETWORK = ("--config", "vpcCidr=10.99.0.0/16")
PREFIX = ("--config", "namePrefix=corp-agents")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("live")) as lab:
        lab.bring_up(STACK)
        yield lab


def changed(lab: Lab, *config: str) -> tuple[list[tuple[str, str]], Watch]:
    """Change the stack while it is watched; return its steps as (operation, Pulumi name) in their order."""
    with Watch(lab, STACK) as watch:
        run = lab.must("up", STACK, "--skip-preview", *config)
    assert watch.with_host >= 3, "the change was over before it could be watched"
    assert watch.bare == [], "a running host stood without its policy"
    assert watch.ways_out <= {"NetworkInterfaceId"}, "a host had a way out that is not the gateway"
    return [(step["op"], step["urn"].rsplit("::", 1)[-1]) for step in run.report["steps"] if step["op"] != "same"], watch


def the_host(lab: Lab) -> Any:
    (host,) = hosts(lab.aws("ec2"), STACK)
    return host


def test_1_another_prefix_renames_the_policy_in_place(live: Lab) -> None:
    before, uuids = the_host(live)["InstanceId"], set(live.controller()["app_domains"])
    steps, _ = changed(live, *PREFIX)
    of_policy = {op for op, name in steps if name.startswith("policy")}
    assert of_policy == {"update"}, "the attachment point takes one object: nothing of the policy may be replaced"
    assert the_host(live)["InstanceId"] == before
    held = live.controller()
    assert set(held["app_domains"]) == uuids, "the groups are the same ones"
    assert [one["name"] for one in held["rulesets"].values()] == [f"corp-agents-{STACK}"]
    assert all(rule["name"].startswith("corp-agents-") for one in held["rulesets"].values() for rule in one["policies"])
    made = {name: index for index, (op, name) in enumerate(steps) if op.startswith("create")}
    gone = {name: index for index, (op, name) in enumerate(steps) if op == "delete-replaced"}
    for name in ("agent-sg", "aws-sg", "agent-identity-role", "agent-identity-profile"):
        assert made[name] < gone[name], f"{name}: the new one stands before the old one goes"


def test_2_a_new_owner_is_in_force_before_the_old_one_goes(live: Lab) -> None:
    before = the_host(live)["InstanceId"]
    steps, _ = changed(live, *PREFIX, "--config", "manageControllerPolicy=true")
    assert steps[-1] == ("delete", "policy-rules"), "the ruleset goes last"
    assert ("create", "policy-rules") in steps[:-1]
    held = live.controller()
    assert held["rulesets"] == {}
    assert len(held["policy_list"]) > 10
    assert the_host(live)["InstanceId"] == before


def test_3_and_back_again_without_loosening_what_is_the_controllers(live: Lab) -> None:
    before = the_host(live)["InstanceId"]
    steps, _ = changed(live, *PREFIX)
    made, gone = steps.index(("create", "policy-rules")), steps.index(("delete", "policy-rules"))
    assert made < gone
    held = live.controller()
    assert held["policy_list"] == []
    assert len(held["rulesets"]) == 1
    assert (held["default_action"]["action"], held["features"]["microseg"]) == ("DENY", True), "leaving a list opens nothing"
    assert the_host(live)["InstanceId"] == before


def test_4_another_network_moves_the_host_under_its_policy(live: Lab) -> None:
    before = the_host(live)["InstanceId"]
    _, _ = changed(live, *PREFIX, *NETWORK)
    host = the_host(live)
    assert host["InstanceId"] != before
    assert host["PrivateIpAddress"].startswith("10.99.10.")
    vpcs = live.aws("ec2").describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [f"corp-agents-{STACK}"]}])["Vpcs"]
    assert [vpc["CidrBlock"] for vpc in vpcs] == ["10.99.0.0/16"], "the old network is gone"


def test_5_destroy_takes_the_host_first_and_keeps_what_others_rely_on(live: Lab) -> None:
    before = controller_inventory(live)
    with Watch(live, STACK) as watch:
        run = live.must("destroy", STACK)
    assert watch.bare == []
    gone = [step["urn"].rsplit("::", 1)[-1] for step in run.report["steps"] if step["op"] == "delete"]
    for guard in ("policy-rules", "gateway-spoke", "borders-agent", "dns-use", "dns-closed", "agent-identity-keep-off", "network-flow-log"):
        assert gone.index("agent-instance") < gone.index(guard), f"{guard} went while the host stood"
    after = controller_inventory(live)
    assert {key: after[key] for key in ("dcf", "default_action", "groups", "attachment_points")} == {
        key: before[key] for key in ("dcf", "default_action", "groups", "attachment_points")
    }
    assert after["rulesets"] == {}
