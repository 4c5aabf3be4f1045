"""Who is in a SmartGroup: by address at once, by tag when the Controller's inventory has seen the machine, and not before."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from containment_lab.cloud.clients import get_client
from containment_lab.home import LabHome

pytestmark = pytest.mark.slow


def group(simulator: Any, name: str, *expressions: dict[str, str]) -> str:
    body = {"name": name, "selector": {"any": [{"all": each} for each in expressions]}}
    status, answer = simulator.rest("POST", "app-domains", body)
    assert status == 200, answer
    return str(answer["uuid"])


def members(simulator: Any, key: str, *, fetch: bool = False) -> list[str]:
    status, answer = simulator.request("POST" if fetch else "GET", "/lab/membership")
    assert status == 200, answer
    return list(answer["groups"][key]["cidrs"])


@pytest.fixture
def ec2(place: tuple[Any, LabHome]) -> Any:
    return get_client(place[1], "ec2")


@pytest.fixture
def subnet(ec2: Any) -> str:
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    return str(ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.1.0/24")["Subnet"]["SubnetId"])


@pytest.fixture
def lagging(place: tuple[Any, LabHome]) -> Iterator[Any]:
    """A Controller that reads its account once an hour, as a real one."""
    simulator = place[0]
    simulator.set(inventory_seconds=3600)
    yield simulator
    simulator.set(inventory_seconds=0)


def machine(ec2: Any, subnet: str, **tags: str) -> tuple[str, str]:
    """Start a machine; returns its id and its address as a selector's member."""
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    told = [{"ResourceType": "instance", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, TagSpecifications=told)["Instances"][0]
    return made["InstanceId"], f"{made['PrivateIpAddress']}/32"


@pytest.mark.long
def test_by_default_a_tag_counts_at_once(place: tuple[Any, LabHome], ec2: Any, subnet: str) -> None:
    simulator = place[0]
    key = group(simulator, "at-once", {"type": "vm", "tags.Role": "at-once", "tags.AgentStack": "a"})
    assert members(simulator, key) == []
    ident, address = machine(ec2, subnet, Role="at-once", AgentStack="a")
    machine(ec2, subnet, Role="at-once", AgentStack="b")
    assert members(simulator, key) == [address]
    ec2.delete_tags(Resources=[ident], Tags=[{"Key": "Role"}])
    assert members(simulator, key) == []


def test_with_a_period_a_tag_counts_from_the_next_poll_and_an_address_at_once(lagging: Any, ec2: Any, subnet: str) -> None:
    by_tag = group(lagging, "late", {"type": "vm", "tags.Role": "late"})
    by_either = group(lagging, "either", {"type": "vm", "tags.Role": "late"}, {"cidr": "10.77.1.0/24"})
    ident, address = machine(ec2, subnet, Role="late")
    assert members(lagging, by_tag) == []
    assert members(lagging, by_either) == ["10.77.1.0/24"]
    assert members(lagging, by_tag, fetch=True) == [address]
    ec2.delete_tags(Resources=[ident], Tags=[{"Key": "Role"}])
    assert members(lagging, by_tag) == [address]  # untagged, and still in the group: for as long as the poll takes
    lagging.set(inventory_seconds=0.2)
    deadline = time.monotonic() + 20
    while members(lagging, by_tag):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_poll_shows_the_account_as_it_was_then(place: tuple[Any, LabHome], ec2: Any, subnet: str) -> None:
    simulator = place[0]
    simulator.set(inventory_seconds=1)
    key = group(simulator, "polled", {"type": "vm", "tags.Role": "polled"})
    try:
        _, address = machine(ec2, subnet, Role="polled")
        began = simulator.request("GET", "/lab/membership")[1]["fetched"]
        while not members(simulator, key):
            time.sleep(0.05)
        answer = simulator.request("GET", "/lab/membership")[1]
        assert answer["groups"][key]["cidrs"] == [address]
        assert 0.9 < answer["fetched"] - began < 10
        assert answer["period"] == 1
    finally:
        simulator.set(inventory_seconds=0)


def test_subnets_vpcs_and_properties_select_and_what_is_not_known_here_is_reported(
    place: tuple[Any, LabHome], ec2: Any, subnet: str
) -> None:
    simulator = place[0]
    ec2.create_tags(Resources=[subnet], Tags=[{"Key": "Name", "Value": "agents"}])
    vpc = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
    by_name = group(simulator, "by-name", {"type": "subnet", "name": "agents", "region": "us-east-1", "account_name": "lab"})
    by_id = group(simulator, "by-id", {"type": "vpc", "res_id": vpc})
    other = group(simulator, "other-account", {"type": "vpc", "res_id": vpc, "account_id": "000000000000"})
    outside = group(simulator, "outside", {"fqdn": "example.com"}, {"external": "threatiq"})
    told = simulator.request("GET", "/lab/membership")[1]["groups"]
    assert told[by_name] == {"name": "by-name", "cidrs": ["10.77.1.0/24"], "unresolved": []}
    assert told[by_id]["cidrs"] == ["10.77.0.0/16"]
    assert told[other]["cidrs"] == []
    assert told[outside] == {"name": "outside", "cidrs": [], "unresolved": [{"fqdn": "example.com"}, {"external": "threatiq"}]}


def test_a_cloud_that_does_not_answer_is_an_error_not_an_empty_group(start: Any) -> None:
    alone = start()
    status, answer = alone.request("GET", "/lab/membership")
    assert (status, "cannot be reached" in answer["message"]) == (502, True)


def test_gateways_take_as_long_as_configured_and_are_pending_meanwhile(start: Any) -> None:
    simulator = start("--no-cloud")
    fields = {"cloud_type": 1, "account_name": "lab", "vpc_id": "vpc-1", "vpc_region": "us-east-1", "gw_subnet": "10.0.0.0/24"}
    assert simulator.set(gateway_seconds=1.5)["gateway_seconds"] == 1.5
    began = time.monotonic()
    task = simulator.action("create_multicloud_primary_gateway", gw_name="slow", **fields)
    assert simulator.action("check_task_status", request_id=task["results"])["reason"] == "REQUEST_IN_PROGRESS"
    assert simulator.action("list_vpcs_summary", gateway_name="slow")["results"][0]["vpc_state"] == "launching"
    assert simulator.done(task)["return"]
    assert time.monotonic() - began >= 1.5
    assert "vpc_state" not in simulator.action("list_vpcs_summary", gateway_name="slow")["results"][0]


def test_a_session_ends_when_it_is_left_alone_in_both_dialects(start: Any) -> None:
    simulator = start("--no-cloud")
    simulator.set(session_seconds=0.3)
    time.sleep(0.5)
    assert "CID is invalid" in simulator.action("list_accounts")["reason"]
    body = json.dumps({"action": "get_controller_feature", "feature": "microseg", "CID": simulator.cid}).encode()
    assert (
        simulator.request("POST", "/v2/api", body, **{"content-type": "application/json"})[1]["reason"]
        == f"Session {simulator.cid} expired"
    )
    assert simulator.rest("GET", "app-domains") == (403, {"message": "Invalid CID, please login again"})
    simulator.log_in()
    assert simulator.rest("GET", "app-domains")[0] == 200


@pytest.mark.parametrize(
    ("sent", "why"), [({"version": "9.0.0"}, "version"), ({"poll_seconds": 0}, "poll_seconds"), ({"inventory_seconds": -1}, "inv")]
)
def test_other_settings_stay_while_it_runs(controller: Any, sent: dict[str, Any], why: str) -> None:
    before = controller.request("GET", "/lab/settings")
    status, answer = controller.request("PATCH", "/lab/settings", json.dumps(sent).encode())
    assert status == 400
    assert why in answer["message"]
    assert controller.request("GET", "/lab/settings") == before
