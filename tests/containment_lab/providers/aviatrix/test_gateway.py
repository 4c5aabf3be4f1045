"""The spoke gateway through the provider: book-keeping Controller first, then one with a cloud behind it."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from containment_lab.cloud.clients import get_client
from containment_lab.wire import UNKNOWN

SPOKE: dict[str, Any] = {
    "accountName": "lab",
    "cloudType": 1,
    "gwName": "spoke",
    "gwSize": "t3.medium",
    "subnet": "10.42.0.0/24",
    "vpcId": "vpc-1",
    "vpcReg": "us-east-1",
    "singleIpSnat": True,
    "enableEncryptVolume": True,
    "manageHaGateway": False,
    "tags": {"AgentStack": "x"},
}


def test_a_spoke_gateway_lives_through_everything(engine: Any, controller: Any) -> None:
    thing = engine.of("spokeGateway", "gw")
    shown = thing.preview(**{**SPOKE, "vpcId": UNKNOWN})
    assert (shown["publicIp"], shown["securityGroupId"], shown["gwName"]) == (UNKNOWN, UNKNOWN, "spoke")
    thing.goes_round({"gwSize": "t3.large", "tags": {"AgentStack": "y"}}, **SPOKE)
    assert thing.id == "spoke"
    line = controller.inventory()["gateways"]["spoke"]
    assert (line["vpc_size"], line["tags"], line["enable_nat"], line["gw_enc"]) == ("t3.large", {"AgentStack": "y"}, "yes", True)
    for key in ("vpcId", "vpcReg", "subnet", "accountName", "gwName"):
        assert thing.diff(**{**SPOKE, "gwSize": "t3.large", "tags": {"AgentStack": "y"}, key: "other"}) == ({key}, {key})
    thing.delete()
    assert not thing.refresh()
    thing.delete()


def test_switches_are_edited_in_place_and_back(engine: Any, controller: Any) -> None:
    thing = engine.of("spokeGateway", "switches")
    inputs = {**SPOKE, "gwName": "switches", "singleIpSnat": False}
    changed: dict[str, Any] = {
        "enablePrivateVpcDefaultRoute": True,
        "enableSkipPublicRouteTableUpdate": True,
        "enableVpcDnsServer": True,
        "singleAzHa": False,
        "enableMonitorGatewaySubnets": True,
        "monitorExcludeLists": ["i-1"],
        "tunnelDetectionTime": 30,
        "filteredSpokeVpcRoutes": "10.0.0.0/8,172.16.0.0/12",
    }
    thing.goes_round(changed, **inputs)
    later = {**inputs, **changed, "monitorExcludeLists": []}
    thing.update(**later)
    line = controller.inventory()["gateways"]["switches"]
    assert (line["monitor_subnets_action"], line["monitor_exclude_gw_list"], line["detection_time"]) == ("enable", [], 30)
    thing.update(**inputs)
    assert thing.refresh()
    assert thing.diff(**inputs)[0] == set()
    line = controller.inventory()["gateways"]["switches"]
    assert (line["private_vpc_default_enabled"], line["use_vpc_dns"], line["monitor_subnets_action"]) == (False, "Disabled", "disable")
    thing.delete()


def test_what_strayed_from_its_default_is_seen(engine: Any, controller: Any) -> None:
    thing = engine.of("spokeGateway", "stray")
    inputs = {key: value for key, value in {**SPOKE, "gwName": "stray"}.items() if key != "singleIpSnat"}
    thing.create(**inputs)
    controller.action("enable_snat", gateway_name="stray")
    assert thing.refresh()
    assert thing.diff(**inputs) == ({"singleIpSnat"}, set())
    thing.update(**inputs)
    assert controller.inventory()["gateways"]["stray"]["enable_nat"] == "no"
    thing.delete()


def test_snat_gives_way_to_the_default_route_and_both_are_refused(engine: Any, controller: Any) -> None:
    thing = engine.of("spokeGateway", "both")
    inputs = {**SPOKE, "gwName": "both"}
    with pytest.raises(Exception, match="AVXERR-TRANSIT-EDIT-0056"):
        thing.create(**inputs, enablePrivateVpcDefaultRoute=True)
    assert "both" not in controller.inventory()["gateways"]  # half a create is taken away again
    thing.create(**inputs)
    thing.update(**{**inputs, "singleIpSnat": False, "enablePrivateVpcDefaultRoute": True})
    thing.delete()


def test_what_cannot_be_changed_is_refused(engine: Any) -> None:
    thing = engine.of("spokeGateway", "fixed")
    inputs = {**SPOKE, "gwName": "fixed"}
    thing.create(**inputs)
    with pytest.raises(Exception, match="can't disable Encrypt Volume"):
        thing.update(**{**inputs, "enableEncryptVolume": False})
    with pytest.raises(Exception, match="customerManagedKeys"):
        thing.update(**inputs, customerManagedKeys="arn:aws:kms:x")
    for key, value in (("insaneMode", True), ("enableIpv6", True)):
        engine.of("spokeGateway", "not").preview(**{**inputs, key: value})  # judged by whoever judges, and refused when it is made
        with pytest.raises(Exception, match=f"does not simulate spokeGateway.{key}"):
            engine.of("spokeGateway", "not").create(**{**inputs, key: value})
    assert engine.of("spokeGateway", "azure").check(**{**inputs, "cloudType": 8})[1] != []
    thing.delete()


def test_an_ha_gateway_comes_and_goes(engine: Any, controller: Any) -> None:
    thing = engine.of("spokeGateway", "ha")
    inputs = {**SPOKE, "gwName": "ha", "manageHaGateway": True}
    with pytest.raises(Exception, match="ha_gw_size"):
        thing.create(**inputs, haSubnet="10.42.1.0/24")
    thing.goes_round({"haSubnet": "10.42.1.0/24", "haGwSize": "t3.medium"}, **inputs)
    assert controller.inventory()["gateways"]["ha"]["hagw_details"]["vpc_name"] == "ha-hagw"
    thing.update(**inputs)
    assert controller.inventory()["gateways"]["ha"]["hagw_details"] == {}
    thing.update(**inputs, haSubnet="10.42.2.0/24", haGwSize="t3.medium")
    thing.delete()
    assert "ha" not in controller.inventory()["gateways"]


def test_a_failed_launch_has_its_reason_and_can_be_tried_again(engine: Any, controller: Any) -> None:
    thing = engine.of("spokeGateway", "retry")
    controller.fault(match="check_task_status", reason="AWS: VcpuLimitExceeded")
    with pytest.raises(Exception, match="VcpuLimitExceeded"):
        thing.create(**{**SPOKE, "gwName": "retry"})
    thing.create(**{**SPOKE, "gwName": "retry"})
    thing.delete()


@pytest.mark.long
@pytest.mark.slow
def test_a_gateway_in_a_cloud_routes_the_private_tables(cloud_engine: tuple[Any, Any]) -> None:
    engine, home = cloud_engine
    ec2 = get_client(home, "ec2")
    vpc = ec2.create_vpc(CidrBlock="10.42.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.42.{number}.0/24")["Subnet"]["SubnetId"] for number in (0, 10)]
    igw = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc)
    public, private = (ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in subnets)
    for table, subnet in zip((public, private), subnets, strict=True):
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    ec2.create_route(RouteTableId=public, DestinationCidrBlock="0.0.0.0/0", GatewayId=igw)

    def way_out() -> list[str]:
        found = ec2.describe_route_tables(RouteTableIds=[private])["RouteTables"][0]["Routes"]
        return [each.get("NetworkInterfaceId", "") for each in found if each["DestinationCidrBlock"] == "0.0.0.0/0"]

    thing = engine.of("spokeGateway", "real")
    inputs = {**SPOKE, "vpcId": vpc}
    thing.create(**inputs)
    instance = ec2.describe_instances(InstanceIds=[thing.outputs["cloudInstanceId"]])["Reservations"][0]["Instances"][0]
    assert way_out() == [instance["NetworkInterfaces"][0]["NetworkInterfaceId"]]
    assert {each["Key"]: each["Value"] for each in instance["Tags"]}["AgentStack"] == "x"
    assert thing.diff(**inputs) == (set(), set())
    assert thing.refresh()
    assert thing.diff(**inputs) == (set(), set())
    thing.update(**{**inputs, "gwSize": "t3.large", "tags": {"Other": "1"}})
    instance = ec2.describe_instances(InstanceIds=[thing.outputs["cloudInstanceId"]])["Reservations"][0]["Instances"][0]
    tags = {each["Key"]: each["Value"] for each in instance["Tags"]}
    assert (instance["InstanceType"], tags.get("Other"), "AgentStack" in tags) == ("t3.large", "1", False)
    thing.delete()
    assert way_out() == []
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet)
    nowhere = engine.of("spokeGateway", "nowhere")
    with pytest.raises(Exception, match=r"Subnet 10\.42\.0\.0/24 was not found"):
        nowhere.create(**inputs)


@pytest.fixture(scope="module")
def cloud_engine(tmp_path_factory: pytest.TempPathFactory, engine_for: Callable[[Any], Any], new_controller: Any) -> Iterator[Any]:
    """An engine whose Controller has an account to work in."""
    simulator = new_controller(tmp_path_factory.mktemp("clouded"), gateway_seconds=0.05)
    home = simulator.home
    cloud = subprocess.Popen([sys.executable, "-m", "containment_lab.cloud", "--home", str(home.root)], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{home.get_ports().aws}/lab/ready", timeout=5).close()
            break
        except OSError:
            assert cloud.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
    engine, end = engine_for(simulator)
    yield engine, home
    end()
    simulator.kill()
    cloud.kill()
    cloud.wait()
