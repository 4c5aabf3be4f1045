"""A small account in memory: one stack with two agents in one subnet, and clients that fail, wait or are cut off at a call."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import boto3

STACK = "coding-monitor"
ROUTES = ("0.0.0.0/0", "10.0.0.0/8")
WRITES = (
    "stop_instances",
    "start_instances",
    "put_role_policy",
    "delete_role_policy",
    "create_tags",
    "delete_tags",
    "modify_network_interface_attribute",
    "create_network_acl_entry",
    "delete_network_acl_entry",
    "delete_route",
    "create_route",
)


class KilledError(BaseException):
    """The end of the process at a call."""


@dataclass
class Account:
    """The account's clients; `hooks` are called before a call of their name."""

    real: dict[str, Any]
    vpc: str
    subnet: str
    table: str
    empty_group: str
    hosts: dict[str, str]
    gateway: str
    hooks: dict[str, Callable[[], None]] = field(default_factory=dict)
    writes: int = 0
    last_write: int | None = None
    """The number of writes after which the process is killed."""

    def __call__(self, service: str) -> Any:
        return _Client(self, self.real[service])

    def describe(self) -> dict[str, Any]:
        """Return everything that a stop changes."""
        ec2, iam = self.real["ec2"], self.real["iam"]
        instances = [one for page in ec2.describe_instances()["Reservations"] for one in page["Instances"]]
        only = [{"Name": "vpc-id", "Values": [self.vpc]}]
        interfaces = ec2.describe_network_interfaces(Filters=only)["NetworkInterfaces"]
        tables = ec2.describe_route_tables(Filters=only)["RouteTables"]
        acls = ec2.describe_network_acls(Filters=only)["NetworkAcls"]
        return {
            "states": {one["InstanceId"]: one["State"]["Name"] for one in instances},
            "groups": {one["NetworkInterfaceId"]: [each["GroupId"] for each in one["Groups"]] for one in interfaces},
            "interface tags": {one["NetworkInterfaceId"]: one["TagSet"] for one in interfaces},
            "routes": {
                one["RouteTableId"]: sorted((each["DestinationCidrBlock"], each.get("NetworkInterfaceId", "")) for each in one["Routes"])
                for one in tables
            },
            "table tags": {one["RouteTableId"]: one["Tags"] for one in tables},
            "acls": {
                one["NetworkAclId"]: sorted(
                    (each["RuleNumber"], each["Egress"], each["RuleAction"], each["CidrBlock"]) for each in one["Entries"]
                )
                for one in acls
            },
            "policies": {
                name: iam.list_role_policies(RoleName=name)["PolicyNames"]
                for name in (each["RoleName"] for each in iam.list_roles()["Roles"])
            },
        }


class _Client:
    def __init__(self, account: Account, real: Any) -> None:
        self._account, self._real = account, real

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._real, name)
        if not callable(call):
            return call

        def wrapped(*args: Any, **given: Any) -> Any:
            if hook := self._account.hooks.get(name):
                hook()
            if name in WRITES:
                if self._account.last_write is not None and self._account.writes >= self._account.last_write:
                    raise KilledError(name)
                self._account.writes += 1
            return call(*args, **given)

        return wrapped


def build_account(agents: tuple[str, ...] = ("invoice-reader", "test-writer")) -> Account:
    """Create the account; call it under moto."""
    ec2, iam = boto3.client("ec2", region_name="us-east-1"), boto3.client("iam", region_name="us-east-1")
    vpc = ec2.create_vpc(CidrBlock="10.42.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.42.10.0/24")["Subnet"]["SubnetId"]
    gateway_subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.42.0.0/24")["Subnet"]["SubnetId"]
    (default,) = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}])[
        "SecurityGroups"
    ]
    for permissions, revoke in (
        (default["IpPermissions"], ec2.revoke_security_group_ingress),
        (default["IpPermissionsEgress"], ec2.revoke_security_group_egress),
    ):
        if permissions:
            revoke(GroupId=default["GroupId"], IpPermissions=permissions)
    gateway = ec2.run_instances(ImageId=_register_image(ec2), MinCount=1, MaxCount=1, SubnetId=gateway_subnet)["Instances"][0]
    ec2.create_tags(Resources=[gateway["InstanceId"]], Tags=[{"Key": "AgentStack", "Value": STACK}])
    interface = gateway["NetworkInterfaces"][0]["NetworkInterfaceId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    for destination in ROUTES:
        ec2.create_route(RouteTableId=table, DestinationCidrBlock=destination, NetworkInterfaceId=interface)
    ec2.create_network_acl(VpcId=vpc)
    hosts = {name: _create_host(ec2, iam, name, vpc, subnet) for name in agents}
    return Account({"ec2": ec2, "iam": iam}, vpc, subnet, table, default["GroupId"], hosts, gateway["InstanceId"])


def _register_image(ec2: Any) -> str:
    image: str = ec2.register_image(Name=f"image-{uuid4()}", RootDeviceName="/dev/xvda")["ImageId"]
    return image


def _create_host(ec2: Any, iam: Any, agent: str, vpc: str, subnet: str) -> str:
    role = f"host-{agent}"
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    iam.create_instance_profile(InstanceProfileName=role)
    iam.add_role_to_instance_profile(InstanceProfileName=role, RoleName=role)
    group = ec2.create_security_group(GroupName=role, Description="host", VpcId=vpc)["GroupId"]
    tags = [{"Key": key, "Value": value} for key, value in (("AgentStack", STACK), ("AgentClass", "coding"), ("AgentName", agent))]
    made = ec2.run_instances(
        ImageId=_register_image(ec2),
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        SecurityGroupIds=[group],
        IamInstanceProfile={"Name": role},
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    return str(made["Instances"][0]["InstanceId"])
