"""The account reader sees what is there, in the lab's cloud, and says why it saw nothing; every change made here is undone."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from containment.config.spec import ContainmentSpec
from containment.preflight.access import ACTIONS, find_actions, read_rights
from containment.preflight.aws import read_account
from containment.preflight.facts import AwsFacts, Image, Quota, UnreadFact, Usage
from containment_lab.cloud.clients import get_client
from containment_lab.home import LabHome
from tests.containment.preflight.conftest import ACCOUNT, PREFIX, SpecOf

pytestmark = pytest.mark.slow


@pytest.fixture
def ec2(home: LabHome) -> Any:
    return get_client(home, "ec2")


@pytest.fixture
def spec(spec_of: SpecOf) -> ContainmentSpec:
    return spec_of()


def read(home: LabHome, spec: ContainmentSpec, image: str = "") -> AwsFacts:
    found = read_account(functools.partial(get_client, home), spec, image)
    assert isinstance(found, AwsFacts), found
    return found


@pytest.mark.long
def test_an_empty_account_is_read_completely(home: LabHome, spec: ContainmentSpec) -> None:
    facts = read(home, spec)
    assert facts.account == ACCOUNT
    assert not isinstance(facts.rights, UnreadFact)
    assert set(facts.rights) == {action for asked in find_actions(spec, ACCOUNT).values() for action in asked}
    assert facts.quotas[Quota.ADDRESSES] == Usage(5, 0, 0)
    assert all(isinstance(usage, Usage) for usage in facts.quotas.values())
    assert facts.peerings == facts.public_snapshots == ()
    assert (facts.snapshot_sharing, facts.image_sharing, facts.serial_console) == ("unblocked", "unblocked", False)
    assert (facts.encryption_default, facts.metadata_defaults, facts.image) == (False, {}, None)


def test_switches_of_the_account_are_seen_when_they_change(home: LabHome, spec: ContainmentSpec, ec2: Any) -> None:
    ec2.enable_serial_console_access()
    ec2.enable_snapshot_block_public_access(State="block-all-sharing")
    ec2.enable_image_block_public_access(ImageBlockPublicAccessState="block-new-sharing")
    ec2.enable_ebs_encryption_by_default()
    ec2.modify_instance_metadata_defaults(HttpTokens="required")
    facts = read(home, spec)
    assert (facts.serial_console, facts.encryption_default) == (True, True)
    assert (facts.snapshot_sharing, facts.image_sharing) == ("block-all-sharing", "block-new-sharing")
    assert facts.metadata_defaults == {"HttpTokens": "required"}
    ec2.disable_serial_console_access()
    ec2.disable_snapshot_block_public_access()
    ec2.disable_image_block_public_access()
    ec2.disable_ebs_encryption_by_default()
    ec2.modify_instance_metadata_defaults(HttpTokens="no-preference")


@pytest.fixture
def vpcs(ec2: Any) -> Iterator[tuple[str, str]]:
    """This stack's own VPC, by name and network, and somebody else's."""
    named = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": PREFIX}]}]
    own = ec2.create_vpc(CidrBlock="10.42.0.0/16", TagSpecifications=named)["Vpc"]["VpcId"]
    other = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    yield own, other
    for each in (own, other):
        for group in ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [each]}])["SecurityGroups"]:
            if group["GroupName"] != "default":
                ec2.delete_security_group(GroupId=group["GroupId"])
        ec2.delete_vpc(VpcId=each)


def test_networks_are_distinguished_and_the_stacks_own_counts_as_its_own(
    home: LabHome, spec: ContainmentSpec, ec2: Any, vpcs: tuple[str, str]
) -> None:
    own, other = vpcs
    ec2.create_security_group(GroupName="x", Description="x", VpcId=own)
    facts = read(home, spec)
    assert not isinstance(facts.vpcs, UnreadFact)
    found = {each.id: each for each in facts.vpcs}
    assert found[own].ours
    assert not found[other].ours
    assert found[other].cidrs == (IPv4Network("10.77.0.0/16"),)
    vpc_quota, groups = facts.quotas[Quota.VPCS], facts.quotas[Quota.SECURITY_GROUPS]
    assert isinstance(vpc_quota, Usage)
    assert isinstance(groups, Usage)
    assert (vpc_quota.used, vpc_quota.ours) == (3, 1)
    assert groups.ours == 2, "its default group and one more"


def test_a_vpc_of_the_same_name_with_another_network_is_not_the_stacks(home: LabHome, spec_of: SpecOf, vpcs: tuple[str, str]) -> None:
    facts = read(home, spec_of(vpcCidr="10.43.0.0/16"))
    assert not isinstance(facts.vpcs, UnreadFact)
    assert not any(each.ours for each in facts.vpcs)


def test_the_far_side_of_a_peering_is_seen_while_it_lives(home: LabHome, spec: ContainmentSpec, ec2: Any, vpcs: tuple[str, str]) -> None:
    own, _ = vpcs
    far = get_client(home, "ec2", "eu-west-1").create_vpc(CidrBlock="10.88.0.0/16")["Vpc"]["VpcId"]
    peering = ec2.create_vpc_peering_connection(VpcId=own, PeerVpcId=far, PeerRegion="eu-west-1")["VpcPeeringConnection"]
    facts = read(home, spec)
    assert not isinstance(facts.peerings, UnreadFact)
    assert [(each.id, each.cidrs) for each in facts.peerings] == [(far, (IPv4Network("10.88.0.0/16"),))]
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering["VpcPeeringConnectionId"])
    assert read(home, spec).peerings == ()
    get_client(home, "ec2", "eu-west-1").delete_vpc(VpcId=far)


def test_addresses_and_endpoints_are_counted(home: LabHome, spec: ContainmentSpec, ec2: Any, vpcs: tuple[str, str]) -> None:
    own, other = vpcs
    made = [ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(2)]
    ends = [
        ec2.create_vpc_endpoint(VpcId=vpc, VpcEndpointType=kind, ServiceName=f"com.amazonaws.us-east-1.{service}")["VpcEndpoint"][
            "VpcEndpointId"
        ]
        for vpc, kind, service in ((own, "Interface", "ssm"), (other, "Interface", "ssm"), (other, "Gateway", "s3"))
    ]
    quotas = read(home, spec).quotas
    assert quotas[Quota.ADDRESSES] == Usage(5, 2, 0)
    assert quotas[Quota.INTERFACE_ENDPOINTS] == Usage(50, 1, 1), "the limit is one VPC's"
    assert quotas[Quota.GATEWAY_ENDPOINTS] == Usage(20, 1, 0)
    ec2.delete_vpc_endpoints(VpcEndpointIds=ends)
    for each in made:
        ec2.release_address(AllocationId=each)


def test_an_image_is_read_with_owner_disk_and_sharing(home: LabHome, spec: ContainmentSpec, ec2: Any, vpcs: tuple[str, str]) -> None:
    own, _ = vpcs
    public = read(home, spec, "ami-00000000000022041").image
    assert isinstance(public, Image)
    assert (public.owner, public.public) == ("099720109477", True)
    assert read(home, spec, "ami-0fedcba9876543210").image is None
    subnet = ec2.create_subnet(VpcId=own, CidrBlock="10.42.1.0/24")["Subnet"]["SubnetId"]
    run = ec2.run_instances(ImageId="ami-00000000000022041", MinCount=1, MaxCount=1, SubnetId=subnet)["Instances"][0]["InstanceId"]
    mine = ec2.create_image(InstanceId=run, Name="mine")["ImageId"]
    found = read(home, spec, mine).image
    assert isinstance(found, Image)
    assert (found.owner, found.public, found.shared_with) == (ACCOUNT, False, ())
    ec2.modify_image_attribute(ImageId=mine, LaunchPermission={"Add": [{"UserId": "999999999999"}]})
    shared = read(home, spec, mine).image
    assert isinstance(shared, Image)
    assert shared.shared_with == ("999999999999",)
    ec2.modify_image_attribute(ImageId=mine, LaunchPermission={"Add": [{"Group": "all"}]})
    published = read(home, spec, mine).image
    assert isinstance(published, Image)
    assert published.public
    ec2.deregister_image(ImageId=mine)
    ec2.terminate_instances(InstanceIds=[run])
    ec2.delete_subnet(SubnetId=subnet)


def test_only_a_snapshot_that_everybody_may_copy_is_public(home: LabHome, spec: ContainmentSpec, ec2: Any) -> None:
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    private, public = (ec2.create_snapshot(VolumeId=volume)["SnapshotId"] for _ in range(2))
    ec2.modify_snapshot_attribute(SnapshotId=public, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"])
    ec2.modify_snapshot_attribute(SnapshotId=private, Attribute="createVolumePermission", OperationType="add", UserIds=["999999999999"])
    assert read(home, spec).public_snapshots == (public,)
    for each in (private, public):
        ec2.delete_snapshot(SnapshotId=each)
    ec2.delete_volume(VolumeId=volume)


# Rights.


@pytest.fixture
def role(home: LabHome) -> Iterator[Any]:
    """A role below a path, whose policy a test writes; gone afterwards."""
    iam = get_client(home, "iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]})
    iam.create_role(RoleName="deployer", Path="/team/", AssumeRolePolicyDocument=trust)
    yield functools.partial(iam.put_role_policy, RoleName="deployer", PolicyName="it")
    iam.delete_role_policy(RoleName="deployer", PolicyName="it")
    iam.delete_role(RoleName="deployer")


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/me"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.mark.parametrize(
    ("statements", "missing"),
    [
        ([ALL], set()),
        ([ALL, {"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "*"}], {"ec2:RunInstances"}),
        (
            [{"Effect": "Allow", "Action": ["ec2:*", "route53resolver:*", "logs:*", "sts:*"], "Resource": "*"}],
            {action for asked in ACTIONS.values() for action in asked if action.startswith("iam:")},
        ),
        (
            [
                {"Effect": "Allow", "Action": ["ec2:*", "route53resolver:*", "logs:*", "sts:*"], "Resource": "*"},
                {"Effect": "Allow", "Action": "iam:*", "Resource": f"arn:aws:iam::{ACCOUNT}:role/vca-openclaw-*"},
            ],
            set(),
        ),
    ],
    ids=["everything", "one denied", "no iam", "iam on our names only"],
)
def test_a_sessions_rights_are_its_roles(
    home: LabHome, spec: ContainmentSpec, role: Any, statements: list[dict[str, Any]], missing: set[str]
) -> None:
    role(PolicyDocument=document(*statements))
    rights, said = read_rights(functools.partial(get_client, home), spec, ACCOUNT, SESSION)
    assert not isinstance(rights, UnreadFact)
    assert {action for action, allowed in rights.items() if not allowed} == missing
    assert "role/team/deployer" in said


def test_where_the_simulator_may_not_be_used_dry_runs_find_a_few(home: LabHome, spec: ContainmentSpec, ec2: Any) -> None:
    class NoIam:
        def get_paginator(self, _: str) -> Any:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "SimulatePrincipalPolicy")

    def clients(service: str) -> Any:
        return NoIam() if service == "iam" else get_client(home, service)

    before = len(ec2.describe_addresses()["Addresses"]), len(ec2.describe_security_groups()["SecurityGroups"])
    rights, said = read_rights(clients, spec, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/me")
    assert rights == {"ec2:AllocateAddress": True, "ec2:CreateSecurityGroup": True}
    assert said.startswith("dry runs of 2 calls only")
    assert (len(ec2.describe_addresses()["Addresses"]), len(ec2.describe_security_groups()["SecurityGroups"])) == before


def test_where_no_system_answers_rights_are_unread(spec: ContainmentSpec) -> None:
    class Deaf:
        def __getattr__(self, call: str) -> Any:
            def refuse(*_: Any, **__: Any) -> Any:
                raise ClientError({"Error": {"Code": "Throttling", "Message": "later"}}, call)

            return refuse

    rights, _ = read_rights(lambda _: Deaf(), spec, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/me")
    assert isinstance(rights, UnreadFact)


# What cannot be read.


def test_without_credentials_nothing_is_read_and_that_is_reported(spec: ContainmentSpec) -> None:
    def clients(_: str) -> Any:
        raise NoCredentialsError

    found = read_account(clients, spec, "")
    assert isinstance(found, UnreadFact)
    assert "credentials" in found.why


def test_each_refused_call_leaves_only_its_own_fact_unread(home: LabHome, spec: ContainmentSpec) -> None:
    class Refusing:
        def __init__(self, service: str) -> None:
            self._real, self._service = get_client(home, service), service

        def __getattr__(self, call: str) -> Any:
            if call == "get_serial_console_access_status" or self._service == "service-quotas":
                raise ClientError({"Error": {"Code": "AccessDenied", "Message": f"not allowed: {call}"}}, call)
            return getattr(self._real, call)

    facts = read_account(Refusing, spec, "")
    assert isinstance(facts, AwsFacts)
    assert isinstance(facts.serial_console, UnreadFact)
    assert "AccessDenied: not allowed" in facts.serial_console.why
    assert {type(each) for each in facts.quotas.values()} == {UnreadFact}
    assert not isinstance(facts.vpcs, UnreadFact)
    assert not isinstance(facts.rights, UnreadFact)
