"""The lab's AWS answers as AWS would where moto alone does not, and its inventory sees everything."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from botocore.exceptions import ClientError

from containment.lab import simulators
from containment.lab.cloud import faults
from containment.lab.cloud.clients import client
from containment.lab.cloud.inventory import differences, inventory
from containment.lab.cloud.once import sending
from containment.lab.home import LabHome

pytestmark = pytest.mark.slow

IMAGE = "ami-0c0ffee0c0ffee000"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabHome]:
    home = LabHome(tmp_path_factory.mktemp("lab"))
    simulators.attach(home, "aws")
    yield home
    simulators.down(home)


@pytest.fixture(scope="module")
def ec2(home: LabHome) -> Any:
    return client(home, "ec2")


@pytest.fixture
def place(home: LabHome, ec2: Any) -> Iterator[tuple[str, str]]:
    """A VPC with one subnet; what a test makes in it has to be gone by the end."""
    before = inventory(home)
    vpc = ec2.create_vpc(CidrBlock="10.42.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.42.7.0/24")["Subnet"]["SubnetId"]
    yield vpc, subnet
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)
    assert differences(before, inventory(home)) == []


def launch(ec2: Any, **args: Any) -> Any:
    ident = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, **args)["Instances"][0]["InstanceId"]
    return ec2.describe_instances(InstanceIds=[ident])["Reservations"][0]["Instances"][0]


def test_endpoint_interfaces_lie_in_their_subnet_and_carry_the_endpoints_groups(ec2: Any, place: tuple[str, str]) -> None:
    vpc, subnet = place
    group = ec2.create_security_group(GroupName="e", Description="e", VpcId=vpc)["GroupId"]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc,
        VpcEndpointType="Interface",
        ServiceName="com.amazonaws.us-east-1.ssm",
        SubnetIds=[subnet],
        SecurityGroupIds=[group],
        PrivateDnsEnabled=True,
    )["VpcEndpoint"]
    (nic,) = ec2.describe_network_interfaces(NetworkInterfaceIds=endpoint["NetworkInterfaceIds"])["NetworkInterfaces"]
    assert ip_address(nic["PrivateIpAddress"]) in ip_network("10.42.7.0/24")
    assert [each["GroupId"] for each in nic["Groups"]] == [group]
    with pytest.raises(ClientError, match="DependencyViolation"):
        ec2.delete_security_group(GroupId=group)
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], PrivateDnsEnabled=False)
    assert ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])["VpcEndpoints"][0]["PrivateDnsEnabled"] is False
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
    ec2.delete_security_group(GroupId=group)


def test_no_two_interfaces_get_one_address(ec2: Any, place: tuple[str, str]) -> None:
    _, subnet = place
    instance = launch(ec2, SubnetId=subnet)
    nics = [ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"] for _ in range(20)]
    addresses = [instance["PrivateIpAddress"], *(nic["PrivateIpAddress"] for nic in nics)]
    assert len(set(addresses)) == 21
    assert all(ip_network("10.42.7.0/24")[4] <= ip_address(each) for each in addresses), "the first four are AWS's own"
    for nic in nics:
        ec2.delete_network_interface(NetworkInterfaceId=nic["NetworkInterfaceId"])
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])


def test_a_subnet_with_something_in_it_cannot_be_deleted(ec2: Any, place: tuple[str, str]) -> None:
    _, subnet = place
    instance = launch(ec2, SubnetId=subnet)
    with pytest.raises(ClientError, match="DependencyViolation"):
        ec2.delete_subnet(SubnetId=subnet)
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])


def test_a_vpc_with_an_internet_gateway_cannot_be_deleted(ec2: Any, place: tuple[str, str]) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.43.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    with pytest.raises(ClientError, match="DependencyViolation"):
        ec2.delete_vpc(VpcId=vpc)
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    ec2.delete_vpc(VpcId=vpc)


def test_a_terminated_instance_leaves_no_interface_disk_or_association(ec2: Any, place: tuple[str, str]) -> None:
    _, subnet = place
    disk = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 9, "Encrypted": True}}
    instance = launch(ec2, SubnetId=subnet, BlockDeviceMappings=[disk])
    address = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=instance["InstanceId"])
    assert launch is not None
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    (left,) = ec2.describe_addresses(AllocationIds=[address["AllocationId"]])["Addresses"]
    assert "AssociationId" not in left
    ec2.release_address(AllocationId=address["AllocationId"])


def test_a_deleted_nat_gateway_gives_its_address_back(ec2: Any, place: tuple[str, str]) -> None:
    _, subnet = place
    address = ec2.allocate_address(Domain="vpc")
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address["AllocationId"])["NatGateway"]
    assert ip_address(nat["NatGatewayAddresses"][0]["PrivateIp"]) in ip_network("10.42.7.0/24")
    ec2.delete_nat_gateway(NatGatewayId=nat["NatGatewayId"])
    ec2.release_address(AllocationId=address["AllocationId"])


def test_public_addresses_come_from_a_range_that_nobody_routes(ec2: Any, place: tuple[str, str]) -> None:
    _, subnet = place
    address = ec2.allocate_address(Domain="vpc")
    instance = launch(ec2, NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnet, "AssociatePublicIpAddress": True}])
    for each in (address["PublicIp"], instance["PublicIpAddress"]):
        assert ip_address(each) in ip_network("198.18.0.0/15")
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    ec2.release_address(AllocationId=address["AllocationId"])


def test_changing_one_metadata_option_keeps_the_others(ec2: Any, place: tuple[str, str]) -> None:
    _, subnet = place
    instance = launch(ec2, SubnetId=subnet, MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 1})
    ec2.modify_instance_metadata_options(InstanceId=instance["InstanceId"], HttpPutResponseHopLimit=2)
    options = ec2.describe_instances(InstanceIds=[instance["InstanceId"]])["Reservations"][0]["Instances"][0]["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 2)
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])


def test_metadata_defaults_are_kept_by_region_and_taken_back(ec2: Any, home: LabHome) -> None:
    ec2.modify_instance_metadata_defaults(HttpTokens="required", HttpPutResponseHopLimit=1)
    assert ec2.get_instance_metadata_defaults()["AccountLevel"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    assert client(home, "ec2", "eu-west-1").get_instance_metadata_defaults()["AccountLevel"] == {}
    ec2.modify_instance_metadata_defaults(HttpTokens="no-preference", HttpPutResponseHopLimit=-1)
    assert ec2.get_instance_metadata_defaults()["AccountLevel"] == {}


def test_block_public_access_is_answered(ec2: Any) -> None:
    assert ec2.describe_vpc_block_public_access_options()["VpcBlockPublicAccessOptions"]["InternetGatewayBlockMode"] == "off"
    ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode="block-bidirectional")
    assert (
        ec2.describe_vpc_block_public_access_options()["VpcBlockPublicAccessOptions"]["InternetGatewayBlockMode"] == "block-bidirectional"
    )
    ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode="off")


def test_what_the_cloud_cannot_do_is_an_error_with_its_own_words(ec2: Any, home: LabHome) -> None:
    with pytest.raises(ClientError, match=r"InternalError.*get_console_screenshot action has not been implemented"):
        ec2.get_console_screenshot(InstanceId="i-00000000")
    with pytest.raises(ClientError, match=r"InternalError|NotImplemented|not yet implemented"):
        client(home, "route53resolver").list_resolver_configs()


def test_a_call_under_a_token_is_done_once(ec2: Any, place: tuple[str, str]) -> None:
    with sending("one"):
        first, again = (ec2.create_vpc(CidrBlock="10.43.0.0/16")["Vpc"]["VpcId"] for _ in range(2))
        other = ec2.create_vpc(CidrBlock="10.44.0.0/16")["Vpc"]["VpcId"]
        machines = {launch(ec2, SubnetId=place[1])["InstanceId"] for _ in range(2)}
    with sending("two"):
        second = ec2.create_vpc(CidrBlock="10.43.0.0/16")["Vpc"]["VpcId"]
    without = [ec2.create_vpc(CidrBlock="10.43.0.0/16")["Vpc"]["VpcId"] for _ in range(2)]
    assert first == again
    assert len(machines) == 1
    assert len({first, other, second, *without}) == 5
    for each in (first, other, second, *without):
        ec2.delete_vpc(VpcId=each)
    ec2.terminate_instances(InstanceIds=list(machines))


def test_a_fault_hits_the_call_it_names_and_calls_are_listed(ec2: Any, home: LabHome) -> None:
    faults.made(home)
    faults.inject(home, match="DescribeVpcs", skip=1, reason="hiccup")
    ec2.describe_vpcs()
    ec2.describe_subnets()
    with pytest.raises(ClientError, match="hiccup"):
        ec2.describe_vpcs()
    ec2.describe_vpcs()
    assert faults.waiting(home) == []
    assert faults.made(home) == ["DescribeVpcs", "DescribeSubnets", "DescribeVpcs", "DescribeVpcs"]
    assert faults.made(home) == []


def test_aws_managed_policies_exist(home: LabHome) -> None:
    arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    assert client(home, "iam").get_policy(PolicyArn=arn)["Policy"]["PolicyName"] == "AmazonSSMManagedInstanceCore"


def test_the_inventory_names_what_is_new(home: LabHome, ec2: Any) -> None:
    before = inventory(home)
    assert len(before["ec2.vpcs"]) == 1, "an account starts with its default VPC"
    ec2.create_key_pair(KeyName="new")
    client(home, "s3").create_bucket(Bucket="new")
    lines = differences(before, inventory(home))
    assert [line.split(":")[0] for line in lines] == ["+ ec2.key-pairs", "+ s3.buckets"]
    ec2.delete_key_pair(KeyName="new")
    client(home, "s3").delete_bucket(Bucket="new")
    assert inventory(home) == before
