"""What the Controller does in the account: made, kept, put right and removed, over AWS's own API."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from containment_lab.cloud.clients import get_client
from containment_lab.controller.account import Account
from containment_lab.home import LabHome

pytestmark = pytest.mark.slow


@dataclass
class Vpc:
    """A VPC with a public subnet and two private route tables, one of them serving no subnet yet."""

    ec2: Any
    id: str
    public: str
    agents: str
    spare: str
    public_table: str


def table(ec2: Any, vpc: str, subnet: str | None) -> str:
    key: str = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    if subnet:
        ec2.associate_route_table(RouteTableId=key, SubnetId=subnet)
    return key


def routes(ec2: Any, key: str) -> dict[str, Any]:
    found = ec2.describe_route_tables(RouteTableIds=[key])["RouteTables"][0]["Routes"]
    return {each["DestinationCidrBlock"]: each for each in found}


def eventually(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def vpc(place: tuple[Any, LabHome]) -> Vpc:
    ec2 = get_client(place[1], "ec2")
    key = ec2.create_vpc(CidrBlock="10.42.0.0/16")["Vpc"]["VpcId"]
    public, agents = (ec2.create_subnet(VpcId=key, CidrBlock=f"10.42.{number}.0/24")["Subnet"]["SubnetId"] for number in (0, 10))
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=key)
    public_table = table(ec2, key, public)
    ec2.create_route(RouteTableId=public_table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    return Vpc(ec2, key, public, table(ec2, key, agents), table(ec2, key, None), public_table)


def launch(simulator: Any, vpc: Vpc, name: str, **more: Any) -> Any:
    fields = {"cloud_type": 1, "account_name": "lab", "vpc_id": vpc.id, "vpc_region": "us-east-1", "gw_size": "t3.medium"}
    fields |= {"gw_subnet": "10.42.0.0/24", "enable_nat": "yes"}
    return simulator.done(simulator.action("create_multicloud_primary_gateway", gw_name=name, **{**fields, **more}))


def remove(simulator: Any, name: str) -> Any:
    return simulator.done(simulator.action("delete_container", gw_name=name, cloud_type=1))


def what_there_is(ec2: Any) -> dict[str, Any]:
    """Return what a gateway consists of, in the whole region."""
    instances = [
        each for one in ec2.describe_instances()["Reservations"] for each in one["Instances"] if each["State"]["Name"] == "running"
    ]
    return {
        "instances": len(instances),
        "addresses": len(ec2.describe_addresses()["Addresses"]),
        "groups": len(ec2.describe_security_groups()["SecurityGroups"]),
        "interfaces": len(ec2.describe_network_interfaces()["NetworkInterfaces"]),
    }


def test_a_gateway_is_made_kept_in_the_way_and_removed(place: tuple[Any, LabHome], vpc: Vpc) -> None:
    simulator, ec2 = place[0], vpc.ec2
    before = what_there_is(ec2)
    assert launch(simulator, vpc, "gw")["return"]
    shown = simulator.action("list_vpcs_summary", gateway_name="gw")["results"][0]
    instance = ec2.describe_instances(InstanceIds=[shown["cloudn_gateway_inst_id"]])["Reservations"][0]["Instances"][0]
    interface = instance["NetworkInterfaces"][0]
    assert (instance["SubnetId"], instance["InstanceType"]) == (vpc.public, "t3.medium")
    assert interface["SourceDestCheck"] is False
    assert interface["PrivateIpAddress"] == shown["private_ip"]
    address = ec2.describe_addresses(PublicIps=[shown["public_ip"]])["Addresses"][0]
    assert address["NetworkInterfaceId"] == interface["NetworkInterfaceId"]
    assert shown["gw_enc"] is True
    volume = ec2.describe_volumes(VolumeIds=[instance["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]])["Volumes"][0]
    assert volume["Encrypted"] is True

    key = interface["NetworkInterfaceId"]
    assert routes(ec2, vpc.agents)["0.0.0.0/0"]["NetworkInterfaceId"] == key
    assert "0.0.0.0/0" not in routes(ec2, vpc.spare)  # it serves no subnet
    assert "NetworkInterfaceId" not in routes(ec2, vpc.public_table)["0.0.0.0/0"]

    ec2.delete_route(RouteTableId=vpc.agents, DestinationCidrBlock="0.0.0.0/0")
    late = ec2.create_subnet(VpcId=vpc.id, CidrBlock="10.42.11.0/24")["Subnet"]["SubnetId"]
    ec2.associate_route_table(RouteTableId=vpc.spare, SubnetId=late)
    for each in (vpc.agents, vpc.spare):
        eventually(lambda each=each: routes(ec2, each).get("0.0.0.0/0", {}).get("NetworkInterfaceId") == key)
    changed = [line.split(":")[0] for line in simulator.inventory()["history"]["route_changes"]]
    # The late subnet may be seen while it still uses the main table; what counts is one line for each change to these two.
    assert (changed.count(vpc.agents), changed.count(vpc.spare)) == (2, 1)

    assert simulator.action("disable_snat", gateway_name="gw")["return"]
    assert "0.0.0.0/0" not in routes(ec2, vpc.agents)
    assert simulator.action("enable_snat", gateway_name="gw")["return"]
    assert "0.0.0.0/0" in routes(ec2, vpc.agents)

    assert remove(simulator, "gw")["return"]
    assert what_there_is(ec2) == before
    assert "0.0.0.0/0" not in routes(ec2, vpc.agents) | routes(ec2, vpc.spare)


def test_a_gateway_that_serves_some_tables_writes_routes_in_those_alone(place: tuple[Any, LabHome], vpc: Vpc) -> None:
    ec2, account = vpc.ec2, Account(place[1])
    late = ec2.create_subnet(VpcId=vpc.id, CidrBlock="10.42.11.0/24")["Subnet"]["SubnetId"]
    ec2.associate_route_table(RouteTableId=vpc.spare, SubnetId=late)
    interface = ec2.create_network_interface(SubnetId=vpc.public)["NetworkInterface"]["NetworkInterfaceId"]
    assert {vpc.agents, vpc.spare, vpc.public_table} <= account.list_route_tables(vpc.id, "us-east-1")
    for tables, served in (([], {vpc.agents, vpc.spare}), ([vpc.spare], {vpc.spare}), ([vpc.agents], {vpc.agents}), (None, set())):
        account.repair_default_routes("gw", vpc.id, "us-east-1", interface, tables)
        assert {each for each in (vpc.agents, vpc.spare) if "0.0.0.0/0" in routes(ec2, each)} == served
    ec2.delete_network_interface(NetworkInterfaceId=interface)


def test_a_default_route_that_leads_elsewhere_is_left_alone(place: tuple[Any, LabHome], vpc: Vpc) -> None:
    simulator, ec2 = place[0], vpc.ec2
    nat = ec2.create_nat_gateway(SubnetId=vpc.public, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    ec2.create_route(RouteTableId=vpc.agents, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    assert launch(simulator, vpc, "polite")["return"]
    assert routes(ec2, vpc.agents)["0.0.0.0/0"]["NatGatewayId"] == nat
    assert remove(simulator, "polite")["return"]
    assert routes(ec2, vpc.agents)["0.0.0.0/0"]["NatGatewayId"] == nat
    ec2.delete_nat_gateway(NatGatewayId=nat)


def test_a_gateway_that_cannot_be_made_leaves_nothing(place: tuple[Any, LabHome], vpc: Vpc) -> None:
    simulator = place[0]
    before = what_there_is(vpc.ec2)
    for name, more, why in (
        ("a", {"gw_subnet": "10.42.99.0/24"}, "Subnet 10.42.99.0/24 was not found"),
        ("b", {"vpc_id": "vpc-00000000"}, "was not found"),
        ("c", {"reuse_eip": "on", "eip": "192.0.2.1"}, "192.0.2.1"),
    ):
        answer = launch(simulator, vpc, name, **more)
        assert not answer["return"]
        assert why in answer["reason"]
    assert simulator.inventory()["gateways"] == {}
    assert what_there_is(vpc.ec2) == before
    assert (
        "does not exist" in simulator.action("create_multicloud_primary_gateway", gw_name="d", account_name="who", cloud_type=1)["reason"]
    )


def test_a_gateway_goes_even_when_its_account_side_is_gone(place: tuple[Any, LabHome], vpc: Vpc) -> None:
    simulator, ec2 = place[0], vpc.ec2
    before = what_there_is(ec2)
    assert launch(simulator, vpc, "lost")["return"]
    shown = simulator.action("list_vpcs_summary", gateway_name="lost")["results"][0]
    ec2.terminate_instances(InstanceIds=[shown["cloudn_gateway_inst_id"]])
    ec2.delete_route_table(RouteTableId=vpc.spare)
    assert remove(simulator, "lost")["return"]
    assert what_there_is(ec2) == before
    assert launch(simulator, vpc, "lost")["return"]
    assert remove(simulator, "lost")["return"]


def test_an_address_of_the_account_is_used_and_kept(place: tuple[Any, LabHome], vpc: Vpc) -> None:
    simulator, ec2 = place[0], vpc.ec2
    address = ec2.allocate_address(Domain="vpc")
    assert launch(simulator, vpc, "own", reuse_eip="on", eip=address["PublicIp"])["return"]
    shown = simulator.action("list_vpcs_summary", gateway_name="own")["results"][0]
    assert (shown["public_ip"], shown["newly_allocated_eip"]) == (address["PublicIp"], False)
    assert remove(simulator, "own")["return"]
    left = ec2.describe_addresses(AllocationIds=[address["AllocationId"]])["Addresses"][0]
    assert "AssociationId" not in left
    ec2.release_address(AllocationId=address["AllocationId"])


def test_a_create_that_a_crash_cut_short_is_finished_not_doubled(place: tuple[Any, LabHome], vpc: Vpc) -> None:
    simulator, ec2 = place[0], vpc.ec2
    before = what_there_is(ec2)
    fields = {"cloud_type": 1, "account_name": "lab", "vpc_id": vpc.id, "vpc_region": "us-east-1", "gw_subnet": "10.42.0.0/24"}
    task = simulator.action("create_multicloud_primary_gateway", gw_name="cut", enable_nat="yes", **fields)
    time.sleep(0.35)  # it is somewhere in the middle of its work, or just done
    simulator.kill()
    simulator.start()
    assert simulator.done(task)["return"]
    after = what_there_is(ec2)
    assert {key: after[key] - before[key] for key in after} == {"instances": 1, "addresses": 1, "groups": 1, "interfaces": 1}
    assert remove(simulator, "cut")["return"]
    assert what_there_is(ec2) == before
