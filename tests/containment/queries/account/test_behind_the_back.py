"""What another program or the console adds to a deployed agent's network is found by `containment check --account`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deployment.lab import REPOSITORY, Lab
from tests.support import warm

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(600)]
STACK = "coding-enforce"
OPEN = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]

Undo = Callable[[], object]


class Account:
    """The account of a deployed stack: the ids of what it has, and clients."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.ec2, self.route53, self.iam = lab, lab.aws("ec2"), lab.aws("route53"), lab.aws("iam")
        self.vpc = self._one("describe_vpcs", "Vpcs", "tag:Name", f"vca-openclaw-{STACK}")["VpcId"]
        self.host = self._one("describe_instances", "Reservations", "tag:Name", f"vca-openclaw-{STACK}-host")["Instances"][0]
        self.subnet = self.host["SubnetId"]
        self.card = self.host["NetworkInterfaces"][0]["NetworkInterfaceId"]
        self.table = self._one("describe_route_tables", "RouteTables", "association.subnet-id", self.subnet)["RouteTableId"]
        self.gateways = self._one("describe_subnets", "Subnets", "tag:Name", f"vca-openclaw-{STACK}-gateway-0")["SubnetId"]

    def _one(self, call: str, member: str, name: str, value: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = getattr(self.ec2, call)(Filters=[{"Name": name, "Values": [value]}])[member]
        assert len(found) == 1, (call, found)
        return found[0]

    def check(self, *more: str) -> tuple[int, dict[str, Any]]:
        """Run the command as a person does; return its exit code and its answer."""
        words = ["containment", "check", "--account", STACK, "--format", "json", *more]
        done = warm.run(["-m", *words], REPOSITORY, self.lab.environment, timeout=120)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)


def failed(answer: dict[str, Any]) -> set[str]:
    return {case["id"] for case in answer["cases"] if case["status"] == "failed"}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with Lab(tmp_path_factory.mktemp("account")) as lab:
        lab.bring_up(STACK)
        yield Account(lab)


def test_a_sound_stack_passes_and_everything_is_read(account: Account) -> None:
    code, answer = account.check()
    assert failed(answer) == set()
    assert [case for case in answer["cases"] if case["id"] == "account-is-read" and case["status"] == "inconclusive"] == []
    assert code == 0


def nat_route(account: Account) -> Undo:
    ec2 = account.ec2
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=account.gateways, AllocationId=address)["NatGateway"]["NatGatewayId"]
    ec2.create_route(RouteTableId=account.table, DestinationCidrBlock="52.0.0.0/8", NatGatewayId=gateway)

    def undo() -> None:
        ec2.delete_route(RouteTableId=account.table, DestinationCidrBlock="52.0.0.0/8")
        ec2.delete_nat_gateway(NatGatewayId=gateway)
        ec2.release_address(AllocationId=address)

    return undo


def public_address(account: Account) -> Undo:
    ec2 = account.ec2
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    held = ec2.associate_address(AllocationId=address, InstanceId=account.host["InstanceId"])["AssociationId"]

    def undo() -> None:
        ec2.disassociate_address(AssociationId=held)
        ec2.release_address(AllocationId=address)

    return undo


def second_group(account: Account) -> Undo:
    ec2 = account.ec2
    before = [one["GroupId"] for one in account.host["SecurityGroups"]]
    group = ec2.create_security_group(GroupName="debug", Description="debug", VpcId=account.vpc)["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=OPEN)
    ec2.modify_instance_attribute(InstanceId=account.host["InstanceId"], Groups=[*before, group])

    def undo() -> None:
        ec2.modify_instance_attribute(InstanceId=account.host["InstanceId"], Groups=before)
        ec2.delete_security_group(GroupId=group)

    return undo


def private_zone(account: Account) -> Undo:
    made = account.route53.create_hosted_zone(
        Name="openclaw.ai",
        CallerReference="zone",
        HostedZoneConfig={"PrivateZone": True},
        VPC={"VPCRegion": "us-east-1", "VPCId": account.vpc},
    )
    return lambda: account.route53.delete_hosted_zone(Id=made["HostedZone"]["Id"])


def rule_in_the_own_group(account: Account) -> Undo:
    group = account.host["SecurityGroups"][0]["GroupId"]
    account.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=OPEN)
    return lambda: account.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=OPEN)


def public_subnet(account: Account) -> Undo:
    account.ec2.modify_subnet_attribute(SubnetId=account.subnet, AssignIpv6AddressOnCreation={"Value": True})
    return lambda: account.ec2.modify_subnet_attribute(SubnetId=account.subnet, AssignIpv6AddressOnCreation={"Value": False})


def metadata_without_tokens(account: Account) -> Undo:
    ident = account.host["InstanceId"]
    options = {"HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1}
    account.ec2.modify_instance_metadata_options(InstanceId=ident, HttpTokens="optional", **options)
    return lambda: account.ec2.modify_instance_metadata_options(InstanceId=ident, HttpTokens="required", **options)


def policy_of_the_role(account: Account) -> Undo:
    role = f"vca-openclaw-{STACK}-host"
    wide = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    account.iam.put_role_policy(RoleName=role, PolicyName="debug", PolicyDocument=json.dumps(wide))
    return lambda: account.iam.delete_role_policy(RoleName=role, PolicyName="debug")


def second_interface(account: Account) -> Undo:
    card = account.ec2.create_network_interface(SubnetId=account.gateways)["NetworkInterface"]["NetworkInterfaceId"]
    held = account.ec2.attach_network_interface(DeviceIndex=1, InstanceId=account.host["InstanceId"], NetworkInterfaceId=card)

    def undo() -> None:
        account.ec2.detach_network_interface(AttachmentId=held["AttachmentId"], Force=True)
        account.ec2.delete_network_interface(NetworkInterfaceId=card)

    return undo


def default_route_to_another_interface(account: Account) -> Undo:
    ec2 = account.ec2
    card = ec2.create_network_interface(SubnetId=account.gateways)["NetworkInterface"]["NetworkInterfaceId"]
    tables = ec2.describe_route_tables(RouteTableIds=[account.table])["RouteTables"][0]["Routes"]
    own = next(one["NetworkInterfaceId"] for one in tables if one.get("DestinationCidrBlock") == "0.0.0.0/0")
    ec2.replace_route(RouteTableId=account.table, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=card)

    def undo() -> None:
        ec2.replace_route(RouteTableId=account.table, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=own)
        ec2.delete_network_interface(NetworkInterfaceId=card)

    return undo


DONE = {
    nat_route: {"agent-subnet-has-no-nat-route", "nothing-is-added"},
    public_address: {"agent-host-has-no-public-ip", "nothing-is-added"},
    second_group: {"agent-host-takes-no-ingress", "nothing-is-added"},
    private_zone: {"nothing-is-added"},
    rule_in_the_own_group: {"agent-host-takes-no-ingress"},
    public_subnet: {"agent-host-has-no-public-ip"},
    metadata_without_tokens: {"agent-host-requires-imdsv2"},
    policy_of_the_role: {"agent-role-is-minimal", "nothing-is-added"},
    second_interface: {"nothing-is-added"},
    default_route_to_another_interface: {"agent-subnet-has-no-nat-route", "nothing-is-added"},
}
"""What is done behind the program's back, and what at least must be found."""


@pytest.mark.parametrize("change", DONE, ids=lambda change: change.__name__)
def test_what_is_added_behind_the_programs_back_is_found(account: Account, change: Callable[[Account], Undo]) -> None:
    undo = change(account)
    try:
        code, answer = account.check()
    finally:
        undo()
    assert failed(answer) >= DONE[change]
    assert code == 10


def test_after_it_is_undone_the_stack_passes_again(account: Account) -> None:
    code, answer = account.check()
    assert failed(answer) == set()
    assert code == 0


def test_a_widened_group_on_the_controller_is_found(account: Account, tmp_path: Path) -> None:
    from containment.controller_api.reader import ControllerReader
    from containment.machine import live_systems
    from containment_lab.home import LabHome

    address = live_systems.find_lab_systems(LabHome(account.lab.home)).controller
    reader = ControllerReader(address)  # type: ignore[arg-type]
    group = next(one for one in reader.get_groups() if one["name"].endswith("wg-openclaw-core"))
    wider = {"name": group["name"], "selector": {"any": [*group["selector"]["any"], {"all": {"snifilter": "api.openai.com"}}]}}

    def put(body: dict[str, Any]) -> None:
        reader.client.call_rest("PUT", f"app-domains/{group['uuid']}", body)

    put(wider)
    try:
        code, answer = account.check()
    finally:
        put({"name": group["name"], "selector": group["selector"]})
    assert "permitted-names-are-not-denied" in failed(answer)
    assert code == 10
