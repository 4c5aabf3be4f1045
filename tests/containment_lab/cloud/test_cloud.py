"""The lab's AWS answers as AWS would where moto alone does not, and its inventory sees everything."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from botocore.exceptions import ClientError

from containment_lab.cloud.clients import get_client
from containment_lab.cloud.idempotency import send_token
from containment_lab.home import LabHome
from containment_lab.testing import cloud_faults as faults
from tests.support.cloud_inventory import find_differences, read_inventory

pytestmark = pytest.mark.slow

IMAGE = "ami-00000000000022041"


@pytest.fixture(scope="module")
def ec2(home: LabHome) -> Any:
    return get_client(home, "ec2")


@pytest.fixture
def place(home: LabHome, ec2: Any) -> Iterator[tuple[str, str]]:
    """A VPC with one subnet; what a test makes in it has to be gone by the end."""
    before = read_inventory(home)
    vpc = ec2.create_vpc(CidrBlock="10.42.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.42.7.0/24")["Subnet"]["SubnetId"]
    yield vpc, subnet
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)
    assert find_differences(before, read_inventory(home)) == []


def launch(ec2: Any, **args: Any) -> Any:
    ident = ec2.run_instances(**{"ImageId": IMAGE, **args}, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
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
    assert get_client(home, "ec2", "eu-west-1").get_instance_metadata_defaults()["AccountLevel"] == {}
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
        get_client(home, "route53resolver").list_resolver_configs()


def test_a_call_under_a_token_is_done_once(ec2: Any, place: tuple[str, str]) -> None:
    with send_token("one"):
        first, again = (ec2.create_vpc(CidrBlock="10.43.0.0/16")["Vpc"]["VpcId"] for _ in range(2))
        other = ec2.create_vpc(CidrBlock="10.44.0.0/16")["Vpc"]["VpcId"]
        machines = {launch(ec2, SubnetId=place[1])["InstanceId"] for _ in range(2)}
    with send_token("two"):
        second = ec2.create_vpc(CidrBlock="10.43.0.0/16")["Vpc"]["VpcId"]
    without = [ec2.create_vpc(CidrBlock="10.43.0.0/16")["Vpc"]["VpcId"] for _ in range(2)]
    assert first == again
    assert len(machines) == 1
    assert len({first, other, second, *without}) == 5
    for each in (first, other, second, *without):
        ec2.delete_vpc(VpcId=each)
    ec2.terminate_instances(InstanceIds=list(machines))


def test_a_fault_hits_the_call_it_names_and_calls_are_listed(ec2: Any, home: LabHome) -> None:
    faults.take_calls(home)
    faults.inject(home, match="DescribeVpcs", skip=1, reason="hiccup")
    ec2.describe_vpcs()
    ec2.describe_subnets()
    with pytest.raises(ClientError, match="hiccup"):
        ec2.describe_vpcs()
    ec2.describe_vpcs()
    assert faults.find_pending(home) == []
    assert faults.take_calls(home) == ["DescribeVpcs", "DescribeSubnets", "DescribeVpcs", "DescribeVpcs"]
    assert faults.take_calls(home) == []


def test_aws_managed_policies_exist(home: LabHome) -> None:
    arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    assert get_client(home, "iam").get_policy(PolicyArn=arn)["Policy"]["PolicyName"] == "AmazonSSMManagedInstanceCore"


def test_the_inventory_names_what_is_new(home: LabHome, ec2: Any) -> None:
    before = read_inventory(home)
    assert len(before["ec2.vpcs"]) == 1, "an account starts with its default VPC"
    ec2.create_key_pair(KeyName="new")
    get_client(home, "s3").create_bucket(Bucket="new")
    lines = find_differences(before, read_inventory(home))
    assert [line.split(":")[0] for line in lines] == ["+ ec2.key-pairs", "+ s3.buckets"]
    ec2.delete_key_pair(KeyName="new")
    get_client(home, "s3").delete_bucket(Bucket="new")
    assert read_inventory(home) == before


def refusal(ec2: Any, **args: Any) -> tuple[str, str]:
    """Return code and message of a launch that is refused."""
    with pytest.raises(ClientError) as caught:
        ec2.run_instances(**{"ImageId": IMAGE, "InstanceType": "t3.large", "MinCount": 1, "MaxCount": 1, **args})
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


LAUNCHES = {
    "an image that does not exist": ({"ImageId": "ami-0123456789abcdef0"}, "InvalidAMIID.NotFound", "ami-0123456789abcdef0"),
    "an image of another length": ({"ImageId": "ami-0123456789"}, "InvalidAMIID.Malformed", 'Invalid id: "ami-0123456789"'),
    "something that is no image": ({"ImageId": "ubuntu"}, "InvalidAMIID.Malformed", 'expecting "ami-..."'),
    "a parameter that does not exist": ({"ImageId": "resolve:ssm:/no/such"}, "InvalidParameterValue", "/no/such"),
    "a type that does not exist": ({"InstanceType": "t3.huge"}, "InvalidParameterValue", "Invalid value 't3.huge' for InstanceType"),
    "a processor that cannot run the image": ({"InstanceType": "t4g.large"}, "InvalidParameterValue", "'arm64'"),
    "a key pair that does not exist": ({"KeyName": "nobody"}, "InvalidKeyPair.NotFound", "nobody"),
    "a subnet that does not exist": ({"SubnetId": "subnet-0123456789abcdef0"}, "InvalidSubnetID.NotFound", "subnet-0123456789abcdef0"),
    "a group that does not exist": ({"SecurityGroupIds": ["sg-0123456789abcdef0"]}, "InvalidGroup.NotFound", "sg-0123456789abcdef0"),
    "a group of an interface that does not exist": (
        {"NetworkInterfaces": [{"DeviceIndex": 0, "Groups": ["sg-0123456789abcdef0"]}]},
        "InvalidGroup.NotFound",
        "sg-0123456789abcdef0",
    ),
    "a disk key that does not exist": (
        {"BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "Encrypted": True, "KmsKeyId": "alias/none"}}]},
        "InvalidKMSKey.InvalidState",
        "alias/none",
    ),
}
"""Launch arguments that EC2 refuses, with the code and a part of the message."""


@pytest.mark.parametrize("case", LAUNCHES)
def test_a_launch_that_ec2_refuses_is_refused(case: str, ec2: Any, home: LabHome) -> None:
    before = read_inventory(home)
    args, code, text = LAUNCHES[case]
    said, message = refusal(ec2, **args)
    assert (said, text in message) == (code, True), message
    assert find_differences(before, read_inventory(home)) == []


def test_a_group_of_another_vpc_is_refused_at_launch(ec2: Any, place: tuple[str, str]) -> None:
    subnet = place[1]
    elsewhere = ec2.create_vpc(CidrBlock="10.43.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="far", Description="far", VpcId=elsewhere)["GroupId"]
    code, message = refusal(ec2, SubnetId=subnet, SecurityGroupIds=[group])
    assert (code, "different networks" in message) == ("InvalidParameter", True)
    ec2.delete_security_group(GroupId=group)
    ec2.delete_vpc(VpcId=elsewhere)


def test_a_deregistered_image_is_gone(ec2: Any, place: tuple[str, str]) -> None:
    machine = launch(ec2, SubnetId=place[1])["InstanceId"]
    image = ec2.create_image(InstanceId=machine, Name="of-a-machine")["ImageId"]
    ec2.terminate_instances(InstanceIds=[launch(ec2, ImageId=image, SubnetId=place[1])["InstanceId"], machine])
    snapshots = [each["Ebs"]["SnapshotId"] for each in ec2.describe_images(ImageIds=[image])["Images"][0]["BlockDeviceMappings"]]
    ec2.deregister_image(ImageId=image)
    assert refusal(ec2, ImageId=image)[0] == "InvalidAMIID.NotFound"
    for snapshot in snapshots:
        ec2.delete_snapshot(SnapshotId=snapshot)


def test_an_image_may_be_named_by_its_public_parameter(ec2: Any, place: tuple[str, str]) -> None:
    name = "/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id"
    machine = launch(ec2, ImageId=f"resolve:ssm:{name}", SubnetId=place[1])
    assert machine["ImageId"] == IMAGE
    ec2.terminate_instances(InstanceIds=[machine["InstanceId"]])


@pytest.mark.parametrize("call", ["create_network_acl_entry", "replace_network_acl_entry"])
def test_an_acl_entry_keeps_its_icmp_type_and_code(call: str, ec2: Any, place: tuple[str, str]) -> None:
    acl = ec2.create_network_acl(VpcId=place[0])["NetworkAcl"]["NetworkAclId"]
    entry = {"NetworkAclId": acl, "RuleNumber": 7, "Protocol": "1", "RuleAction": "allow", "Egress": False, "CidrBlock": "10.0.0.0/8"}
    if call == "replace_network_acl_entry":
        ec2.create_network_acl_entry(**entry, IcmpTypeCode={"Type": 8, "Code": 0})
    getattr(ec2, call)(**entry, IcmpTypeCode={"Type": -1, "Code": -1})
    ec2.create_network_acl_entry(**{**entry, "Egress": True}, IcmpTypeCode={"Type": 3, "Code": 4})
    entries = ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]["Entries"]
    found = {each["Egress"]: each["IcmpTypeCode"] for each in entries if each["RuleNumber"] == 7}
    assert found == {False: {"Type": -1, "Code": -1}, True: {"Type": 3, "Code": 4}}
    ec2.delete_network_acl(NetworkAclId=acl)
