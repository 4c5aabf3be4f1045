"""What AWS looks up when something is made, the lab's cloud looks up too: keys, roles, profiles, and objects of another VPC."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from containment_lab.cloud.clients import get_client
from containment_lab.home import LabHome

pytestmark = pytest.mark.slow

NONE = "0123456789abcdef0"
ACCOUNT = "123456789012"
NO_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
NO_ROLE = f"arn:aws:iam::{ACCOUNT}:role/none"
NO_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/none"
IMAGE = "ami-00000000000022041"


def trust(**principal: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]})


def key_policy(**principal: str) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


EC2_TRUST, LOGS = trust(Service="ec2.amazonaws.com"), key_policy(Service="logs.us-east-1.amazonaws.com")
ROOT = key_policy(AWS=f"arn:aws:iam::{ACCOUNT}:root")


@dataclass(frozen=True)
class Cloud:
    """The lab's cloud with two VPCs, each with a subnet and a group; clients by service."""

    home: LabHome
    vpc: str
    subnet: str
    group: str
    table: str
    far_subnet: str
    far_group: str

    def __getattr__(self, service: str) -> Any:
        return get_client(self.home, service)


@pytest.fixture(scope="module")
def cloud(home: LabHome) -> Cloud:
    ec2 = get_client(home, "ec2")
    made: list[str] = []
    for number in (42, 43):
        vpc = ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.{number}.7.0/24")["Subnet"]["SubnetId"]
        made += [vpc, subnet, ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]]
    table = ec2.create_route_table(VpcId=made[0])["RouteTable"]["RouteTableId"]
    get_client(home, "logs").create_log_group(logGroupName="/there")
    get_client(home, "iam").create_role(RoleName="there", AssumeRolePolicyDocument=EC2_TRUST)
    return Cloud(home, made[0], made[1], made[2], table, made[4], made[5])


def egress(cloud: Cloud, **to: Any) -> Any:
    permission = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, **to}
    return cloud.ec2.authorize_security_group_egress(GroupId=cloud.group, IpPermissions=[permission])


def launch(cloud: Cloud, **more: Any) -> Any:
    return cloud.ec2.run_instances(ImageId=IMAGE, InstanceType="t3.large", MinCount=1, MaxCount=1, SubnetId=cloud.subnet, **more)


def endpoint(cloud: Cloud, **more: Any) -> Any:
    name = "com.amazonaws.us-east-1.ssm"
    return cloud.ec2.create_vpc_endpoint(VpcId=cloud.vpc, ServiceName=name, VpcEndpointType="Interface", **more)


def route(cloud: Cloud, **to: str) -> Any:
    return cloud.ec2.create_route(RouteTableId=cloud.table, DestinationCidrBlock="9.0.0.0/8", **to)


def role(cloud: Cloud, document: str = EC2_TRUST, **more: str) -> Any:
    return cloud.iam.create_role(RoleName="new", AssumeRolePolicyDocument=document, **more)


def volume(cloud: Cloud, key: str) -> Any:
    return cloud.ec2.create_volume(AvailabilityZone="us-east-1a", Size=8, Encrypted=True, KmsKeyId=key)


def log_group(cloud: Cloud, key: str) -> Any:
    return cloud.logs.create_log_group(logGroupName="/new", kmsKeyId=key)


def associations(cloud: Cloud) -> dict[str, str]:
    acls = cloud.ec2.describe_network_acls()["NetworkAcls"]
    return {each["SubnetId"]: each["NetworkAclAssociationId"] for acl in acls for each in acl["Associations"]}


REFUSED: dict[str, tuple[Callable[[Cloud], Any], str]] = {
    "a log group's key": (lambda c: log_group(c, NO_KEY), "InvalidParameterException"),
    "a log group's key by its id alone": (lambda c: log_group(c, NO_KEY.rpartition("/")[2]), "InvalidParameterException"),
    "a key associated with a log group": (
        lambda c: c.logs.associate_kms_key(logGroupName="/there", kmsKeyId=NO_KEY),
        "InvalidParameterException",
    ),
    "a volume's key": (lambda c: volume(c, NO_KEY), "InvalidKMSKey.InvalidState"),
    "a volume's key by an alias": (lambda c: volume(c, "alias/none"), "InvalidKMSKey.InvalidState"),
    "a parameter's key": (lambda c: c.ssm.put_parameter(Name="/p", Value="x", Type="SecureString", KeyId=NO_KEY), "InvalidKeyId"),
    "a group's VPC": (
        lambda c: c.ec2.create_security_group(GroupName="q", Description="d", VpcId=f"vpc-{NONE}"),
        "InvalidVpcID.NotFound",
    ),
    "a rule's prefix list": (lambda c: egress(c, PrefixListIds=[{"PrefixListId": f"pl-{NONE}"}]), "InvalidPrefixListID.NotFound"),
    "a rule's group": (lambda c: egress(c, UserIdGroupPairs=[{"GroupId": f"sg-{NONE}"}]), "InvalidGroup.NotFound"),
    "an interface's group": (
        lambda c: c.ec2.create_network_interface(SubnetId=c.subnet, Groups=[f"sg-{NONE}"]),
        "InvalidGroup.NotFound",
    ),
    "an interface's group of another VPC": (
        lambda c: c.ec2.create_network_interface(SubnetId=c.subnet, Groups=[c.far_group]),
        "InvalidParameter",
    ),
    "an endpoint's subnet": (lambda c: endpoint(c, SubnetIds=[f"subnet-{NONE}"]), "InvalidSubnetID.NotFound"),
    "an endpoint's subnet of another VPC": (lambda c: endpoint(c, SubnetIds=[c.far_subnet]), "InvalidParameter"),
    "an endpoint's group": (lambda c: endpoint(c, SecurityGroupIds=[f"sg-{NONE}"]), "InvalidGroup.NotFound"),
    "an endpoint's group of another VPC": (lambda c: endpoint(c, SecurityGroupIds=[c.far_group]), "InvalidParameter"),
    "a route table's subnet of another VPC": (
        lambda c: c.ec2.associate_route_table(RouteTableId=c.table, SubnetId=c.far_subnet),
        "InvalidParameterValue",
    ),
    "a route's NAT gateway": (lambda c: route(c, NatGatewayId=f"nat-{NONE}"), "InvalidNatGatewayID.NotFound"),
    "a route's transit gateway": (lambda c: route(c, TransitGatewayId=f"tgw-{NONE}"), "InvalidTransitGatewayID.NotFound"),
    "a route's internet gateway that is not attached": (
        lambda c: route(c, GatewayId=c.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]),
        "InvalidParameterValue",
    ),
    "an association of a network ACL": (
        lambda c: c.ec2.replace_network_acl_association(
            AssociationId=f"aclassoc-{NONE}", NetworkAclId=c.ec2.create_network_acl(VpcId=c.vpc)["NetworkAcl"]["NetworkAclId"]
        ),
        "InvalidAssociationID.NotFound",
    ),
    "a network ACL's subnet of another VPC": (
        lambda c: c.ec2.replace_network_acl_association(
            AssociationId=associations(c)[c.far_subnet],
            NetworkAclId=c.ec2.create_network_acl(VpcId=c.vpc)["NetworkAcl"]["NetworkAclId"],
        ),
        "InvalidParameterValue",
    ),
    "a role's boundary": (lambda c: role(c, PermissionsBoundary=NO_POLICY), "NoSuchEntity"),
    "a boundary put on a role": (
        lambda c: c.iam.put_role_permissions_boundary(RoleName="there", PermissionsBoundary=NO_POLICY),
        "NoSuchEntity",
    ),
    "a role's principal": (lambda c: role(c, trust(AWS=NO_ROLE)), "MalformedPolicyDocument"),
    "a role's trust that is no JSON": (lambda c: role(c, "{"), "MalformedPolicyDocument"),
    "a principal of a changed trust": (
        lambda c: c.iam.update_assume_role_policy(RoleName="there", PolicyDocument=trust(AWS=NO_ROLE)),
        "MalformedPolicyDocument",
    ),
    "a key policy's principal": (lambda c: c.kms.create_key(Policy=key_policy(AWS=NO_ROLE)), "MalformedPolicyDocumentException"),
    "a key policy that is no JSON": (lambda c: c.kms.create_key(Policy="{"), "MalformedPolicyDocumentException"),
    "a launch's profile by name": (lambda c: launch(c, IamInstanceProfile={"Name": "none"}), "InvalidParameterValue"),
    "a launch's profile by ARN": (
        lambda c: launch(c, IamInstanceProfile={"Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/none"}),
        "InvalidParameterValue",
    ),
}
"""What is named and does not exist, or is elsewhere: the call, and the code that AWS answers with."""


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_exist_is_refused_with_the_code_of_aws(case: str, cloud: Cloud) -> None:
    call, code = REFUSED[case]
    with pytest.raises(ClientError) as caught:
        call(cloud)
    assert caught.value.response["Error"]["Code"] == code, caught.value


def test_what_exists_is_taken(cloud: Cloud) -> None:
    key = cloud.kms.create_key(Policy=LOGS)["KeyMetadata"]
    cloud.kms.create_alias(AliasName="alias/disk", TargetKeyId=key["KeyId"])
    log_group(cloud, key["Arn"])
    cloud.logs.associate_kms_key(logGroupName="/there", kmsKeyId=key["Arn"])
    for name in (key["Arn"], key["KeyId"], "alias/disk", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/disk", "alias/aws/ebs"):
        volume(cloud, name)
    cloud.ssm.put_parameter(Name="/p", Value="x", Type="SecureString", KeyId="alias/disk")
    there = cloud.iam.get_role(RoleName="there")["Role"]["Arn"]
    cloud.kms.create_key(Policy=key_policy(AWS=there))
    role(cloud, trust(AWS=there), PermissionsBoundary="arn:aws:iam::aws:policy/PowerUserAccess")
    endpoint(cloud, SubnetIds=[cloud.subnet], SecurityGroupIds=[cloud.group])
    gateway = cloud.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    cloud.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=cloud.vpc)
    route(cloud, GatewayId=gateway)


@pytest.mark.parametrize(
    "state", ["disabled", "deleted", "of another region", "closed to CloudWatch Logs", "open to another region's logs"]
)
def test_a_key_that_cannot_be_used_is_refused_like_one_that_does_not_exist(state: str, cloud: Cloud) -> None:
    policies = {"closed to CloudWatch Logs": ROOT, "open to another region's logs": LOGS.replace("us-east-1", "eu-west-1")}
    key = cloud.kms.create_key(Policy=policies.get(state, LOGS))["KeyMetadata"]
    if state == "disabled":
        cloud.kms.disable_key(KeyId=key["KeyId"])
    elif state == "deleted":
        cloud.kms.schedule_key_deletion(KeyId=key["KeyId"])
    arn = key["Arn"].replace("us-east-1", "us-west-2") if state == "of another region" else key["Arn"]
    with pytest.raises(ClientError, match="does not exist or is not allowed to be used with Arn"):
        log_group(cloud, arn)
    if state in ("disabled", "deleted"):
        with pytest.raises(ClientError, match="incorrect state"):
            volume(cloud, arn)
