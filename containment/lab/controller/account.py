"""What a Controller does in the AWS account: gateway instances with their address and security group, and default routes.

It works over AWS's own API on the lab's cloud, finds its things by tag, and can be told twice: a half-made gateway is
completed, a half-removed one removed. The VPC may be gone in part or whole. Which gateways there should be is `gateways`.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import botocore.exceptions

from containment.lab.cloud.clients import client
from containment.lab.controller.errors import RefusedError
from containment.lab.home import LabHome

DEFAULT_ROUTE = "0.0.0.0/0"
OWNER_TAG = "Aviatrix-Gateway"
WARNING_TAG = {"Aviatrix-Created-Resource": "Do-Not-Delete-Aviatrix-Created-Resource"}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Placement:
    """What is to be launched, and where."""

    name: str
    vpc: str
    region: str
    subnet_cidr: str
    size: str
    encrypted: bool
    key: str = ""
    """The KMS key of the volume, or the account's default."""
    eip: str = ""
    """An address of the account to use instead of a new one."""
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Launched:
    """What a launched gateway consists of."""

    instance: str
    interface: str
    group: str
    private_ip: str
    public_ip: str
    zone: str
    own_address: bool


class Account:
    """The access account, by way of the lab's cloud. One operation at a time: launching, removing and route upkeep must not cross."""

    def __init__(self, home: LabHome) -> None:
        self._home = home
        self._lock = threading.RLock()

    @contextlib.contextmanager
    def _ec2(self, region: str) -> Iterator[Any]:
        """Give EC2 in a region; what goes wrong there is told as the Controller's own error."""
        with self._lock:
            try:
                yield client(self._home, "ec2", region)
            except botocore.exceptions.ClientError as error:
                raise RefusedError(f"AWS: {error}") from error
            except botocore.exceptions.BotoCoreError as error:
                raise RefusedError(f"The cloud account cannot be reached: {error}") from error

    def launch(self, wanted: Placement) -> Launched:
        """Launch a gateway, or complete one that was begun."""
        with self._ec2(wanted.region) as ec2:
            subnet = _subnet(ec2, wanted)
            if not _is_public(ec2, wanted.vpc, subnet["SubnetId"]):
                log.warning("gateway %s: subnet %s has no route to an internet gateway", wanted.name, subnet["SubnetId"])
            group = _security_group(ec2, wanted, subnet)
            instance = _instance(ec2, wanted, subnet["SubnetId"], group)
            interface = instance["NetworkInterfaces"][0]
            ec2.modify_network_interface_attribute(NetworkInterfaceId=interface["NetworkInterfaceId"], SourceDestCheck={"Value": False})
            ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], SourceDestCheck={"Value": False})
            address, own = _address(ec2, wanted, interface["NetworkInterfaceId"])
            return Launched(
                instance=instance["InstanceId"],
                interface=interface["NetworkInterfaceId"],
                group=group,
                private_ip=interface["PrivateIpAddress"],
                public_ip=address,
                zone=subnet["AvailabilityZone"],
                own_address=own,
            )

    def remove(self, name: str, vpc: str, region: str) -> list[str]:
        """Remove a gateway and its routes; return what changed in route tables. Nothing left of it is no error."""
        with self._ec2(region) as ec2:
            instances = _running(ec2, name)
            interfaces = {each["NetworkInterfaceId"] for one in instances for each in one["NetworkInterfaces"]}
            changed = []
            for table in ec2.describe_route_tables(Filters=[_by("vpc-id", vpc)])["RouteTables"]:
                for route in table["Routes"]:
                    if route.get("NetworkInterfaceId") in interfaces:
                        with _gone_is_fine():
                            ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock=route["DestinationCidrBlock"])
                        changed.append(f"{table['RouteTableId']}: {route['DestinationCidrBlock']} to {name} removed")
            for address in ec2.describe_addresses(Filters=[_by(f"tag:{OWNER_TAG}", name)])["Addresses"]:
                with _gone_is_fine():
                    if "AssociationId" in address:
                        ec2.disassociate_address(AssociationId=address["AssociationId"])
                    ec2.release_address(AllocationId=address["AllocationId"])
            for instance in instances:
                with _gone_is_fine():
                    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
            for group in ec2.describe_security_groups(Filters=[_by(f"tag:{OWNER_TAG}", name)])["SecurityGroups"]:
                with _gone_is_fine():
                    ec2.delete_security_group(GroupId=group["GroupId"])
            return changed

    def keep_routes(self, name: str, vpc: str, region: str, interface: str, wanted: bool) -> list[str]:
        """Make the default route of every private table lead to the gateway, or take ours away; return what changed.

        A default route that leads elsewhere is left alone: it is somebody's, and containment checks must see it.
        """
        with self._ec2(region) as ec2:
            changed = []
            for table in _private_tables(ec2, vpc):
                key = table["RouteTableId"]
                route = next((each for each in table["Routes"] if each.get("DestinationCidrBlock") == DEFAULT_ROUTE), None)
                ours = route is not None and route.get("NetworkInterfaceId") == interface
                dead = route is not None and route.get("State") == "blackhole"
                with _gone_is_fine():  # a table may go while we look at it
                    if wanted and (route is None or dead) and not ours:
                        put = ec2.replace_route if dead else ec2.create_route
                        put(RouteTableId=key, DestinationCidrBlock=DEFAULT_ROUTE, NetworkInterfaceId=interface)
                        changed.append(f"{key}: {DEFAULT_ROUTE} to {name} added")
                    if not wanted and ours:
                        ec2.delete_route(RouteTableId=key, DestinationCidrBlock=DEFAULT_ROUTE)
                        changed.append(f"{key}: {DEFAULT_ROUTE} to {name} removed")
            return changed

    def resize(self, instance: str, region: str, size: str) -> None:
        """Give a gateway's instance another type (it is stopped meanwhile, as in AWS)."""
        with self._ec2(region) as ec2:
            ec2.stop_instances(InstanceIds=[instance])
            ec2.modify_instance_attribute(InstanceId=instance, InstanceType={"Value": size})
            ec2.start_instances(InstanceIds=[instance])

    def retag(self, instance: str, region: str, tags: dict[str, str], drop: list[str]) -> None:
        """Put the user's tags on a gateway's instance and take off those dropped."""
        with self._ec2(region) as ec2:
            if drop:
                ec2.delete_tags(Resources=[instance], Tags=[{"Key": key} for key in drop])
            if tags:
                ec2.create_tags(Resources=[instance], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])


def _by(name: str, *values: str) -> dict[str, Any]:
    return {"Name": name, "Values": list(values)}


@contextlib.contextmanager
def _gone_is_fine() -> Iterator[None]:
    """Let pass that a thing is not there any more; everything else is raised."""
    try:
        yield
    except botocore.exceptions.ClientError as error:
        if not error.response["Error"]["Code"].endswith(("NotFound", "NotFoundException")):
            raise


def _tags(wanted: Placement, kind: str) -> list[dict[str, Any]]:
    own = {
        "Name": f"aviatrix-{wanted.name}",
        OWNER_TAG: wanted.name,
        **WARNING_TAG,
    }
    tags = {**wanted.tags, **own} if kind == "instance" else own
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def _subnet(ec2: Any, wanted: Placement) -> Any:
    found = ec2.describe_subnets(Filters=[_by("vpc-id", wanted.vpc), _by("cidr-block", wanted.subnet_cidr)])["Subnets"]
    if not found:
        raise RefusedError(f"Subnet {wanted.subnet_cidr} was not found in VPC {wanted.vpc}, region {wanted.region}.")
    return found[0]


def _security_group(ec2: Any, wanted: Placement, subnet: Any) -> str:
    found = ec2.describe_security_groups(Filters=[_by(f"tag:{OWNER_TAG}", wanted.name), _by("vpc-id", wanted.vpc)])["SecurityGroups"]
    if found:
        return str(found[0]["GroupId"])
    made = ec2.create_security_group(
        GroupName=f"aviatrix-{wanted.name}",
        Description="Aviatrix gateway",
        VpcId=subnet["VpcId"],
        TagSpecifications=_tags(wanted, "security-group"),
    )["GroupId"]
    cidr = ec2.describe_vpcs(VpcIds=[wanted.vpc])["Vpcs"][0]["CidrBlock"]
    ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": cidr}]}])
    return str(made)


def _running(ec2: Any, name: str) -> list[Any]:
    states = _by("instance-state-name", "pending", "running", "stopping", "stopped")
    pages = ec2.get_paginator("describe_instances").paginate(Filters=[_by(f"tag:{OWNER_TAG}", name), states])
    return [each for page in pages for reservation in page["Reservations"] for each in reservation["Instances"]]


def _instance(ec2: Any, wanted: Placement, subnet: str, group: str) -> Any:
    found = [each for each in _running(ec2, wanted.name) if each.get("SubnetId") == subnet]
    if found:
        return found[0]
    images = ec2.describe_images(Owners=["amazon"], Filters=[_by("architecture", "x86_64")])["Images"]
    disk = {
        "Encrypted": wanted.encrypted,
        "VolumeSize": 32,
        "DeleteOnTermination": True,
        **({"KmsKeyId": wanted.key} if wanted.key else {}),
    }
    return ec2.run_instances(
        ImageId=images[0]["ImageId"],
        InstanceType=wanted.size,
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        SecurityGroupIds=[group],
        MetadataOptions={"HttpTokens": "required", "HttpEndpoint": "enabled"},
        BlockDeviceMappings=[{"DeviceName": images[0].get("RootDeviceName", "/dev/sda1"), "Ebs": disk}],
        TagSpecifications=_tags(wanted, "instance"),
    )["Instances"][0]


def _address(ec2: Any, wanted: Placement, interface: str) -> tuple[str, bool]:
    """Return the gateway's public address and whether it is the Controller's own, associated with the interface."""
    own = not wanted.eip
    found = ec2.describe_addresses(Filters=[_by(f"tag:{OWNER_TAG}", wanted.name)] if own else [_by("public-ip", wanted.eip)])["Addresses"]
    if not found and not own:
        raise RefusedError(f"Elastic IP {wanted.eip} was not found in the account.")
    address = found[0] if found else ec2.allocate_address(Domain="vpc", TagSpecifications=_tags(wanted, "elastic-ip"))
    if address.get("NetworkInterfaceId") != interface:
        ec2.associate_address(AllocationId=address["AllocationId"], NetworkInterfaceId=interface, AllowReassociation=own)
    return str(address["PublicIp"]), own


def _private_tables(ec2: Any, vpc: str) -> list[Any]:
    """Return the route tables that serve at least one subnet and do not lead to an internet gateway by default."""
    tables = ec2.describe_route_tables(Filters=[_by("vpc-id", vpc)])["RouteTables"]
    named = {each["SubnetId"] for table in tables for each in table["Associations"] if each.get("SubnetId")}
    leftover = {each["SubnetId"] for each in ec2.describe_subnets(Filters=[_by("vpc-id", vpc)])["Subnets"]} - named
    return [table for table in tables if _serves(table, leftover) and not _to_internet(table)]


def _is_public(ec2: Any, vpc: str, subnet: str) -> bool:
    tables = ec2.describe_route_tables(Filters=[_by("vpc-id", vpc)])["RouteTables"]
    own = [table for table in tables if any(each.get("SubnetId") == subnet for each in table["Associations"])]
    main = [table for table in tables if any(each.get("Main") for each in table["Associations"])]
    return any(_to_internet(table) for table in own or main)


def _serves(table: Any, leftover: set[str]) -> bool:
    return any(each.get("SubnetId") or (each.get("Main") and leftover) for each in table["Associations"])


def _to_internet(table: Any) -> bool:
    return any(
        route.get("DestinationCidrBlock") == DEFAULT_ROUTE and str(route.get("GatewayId")).startswith("igw-") for route in table["Routes"]
    )
