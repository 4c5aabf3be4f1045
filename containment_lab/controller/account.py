"""The Controller's work in the AWS account: gateway instances with address and security group, and default routes.

It uses AWS's API on the lab's cloud and finds its resources by tag. Every operation is idempotent: a half-created gateway
is completed, a half-removed one removed, even if parts of the VPC no longer exist. `gateways` decides which gateways exist.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import botocore.exceptions

from containment_lab.cloud.clients import get_client
from containment_lab.cloud.image_list import AMAZON, IMAGES
from containment_lab.controller.errors import RefusedError
from containment_lab.home import LabHome

DEFAULT_ROUTE = "0.0.0.0/0"
_IMAGE = next(each.id for each in IMAGES if (each.owner, each.architecture) == (AMAZON, "x86_64"))
"""The image of a gateway."""
OWNER_TAG = "Aviatrix-Gateway"
WARNING_TAG = {"Aviatrix-Created-Resource": "Do-Not-Delete-Aviatrix-Created-Resource"}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Placement:
    """A gateway to launch, with its place."""

    name: str
    vpc: str
    region: str
    subnet_cidr: str
    size: str
    encrypted: bool
    key: str = ""
    """The KMS key of the volume; empty for the account's default."""
    eip: str = ""
    """An existing address of the account to use; empty to allocate a new one."""
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LaunchedGateway:
    """The resources of a launched gateway."""

    instance: str
    interface: str
    group: str
    private_ip: str
    public_ip: str
    zone: str
    own_address: bool


class Account:
    """The access account, in the lab's cloud. Operations are serialized: launch, removal and route repair must not overlap."""

    def __init__(self, home: LabHome) -> None:
        self._home = home
        self._lock = threading.RLock()

    @contextlib.contextmanager
    def _open_ec2(self, region: str) -> Iterator[Any]:
        """Yield EC2's client for a region; raise its errors as the Controller's (`RefusedError`)."""
        with self._lock:
            try:
                yield get_client(self._home, "ec2", region)
            except botocore.exceptions.ClientError as error:
                raise RefusedError(f"AWS: {error}") from error
            except botocore.exceptions.BotoCoreError as error:
                raise RefusedError(f"The cloud account cannot be reached: {error}") from error

    def launch(self, wanted: Placement) -> LaunchedGateway:
        """Launch a gateway, or complete one that is half created."""
        with self._open_ec2(wanted.region) as ec2:
            subnet = _find_subnet(ec2, wanted)
            if not _is_public(ec2, wanted.vpc, subnet["SubnetId"]):
                log.warning("gateway %s: subnet %s has no route to an internet gateway", wanted.name, subnet["SubnetId"])
            group = _ensure_security_group(ec2, wanted, subnet)
            instance = _ensure_instance(ec2, wanted, subnet["SubnetId"], group)
            interface = instance["NetworkInterfaces"][0]
            ec2.modify_network_interface_attribute(NetworkInterfaceId=interface["NetworkInterfaceId"], SourceDestCheck={"Value": False})
            ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], SourceDestCheck={"Value": False})
            address, own = _ensure_address(ec2, wanted, interface["NetworkInterfaceId"])
            return LaunchedGateway(
                instance=instance["InstanceId"],
                interface=interface["NetworkInterfaceId"],
                group=group,
                private_ip=interface["PrivateIpAddress"],
                public_ip=address,
                zone=subnet["AvailabilityZone"],
                own_address=own,
            )

    def remove(self, name: str, vpc: str, region: str) -> list[str]:
        """Remove a gateway and its routes; return one line per changed route. A gateway that no longer exists is no error."""
        with self._open_ec2(region) as ec2:
            instances = _list_instances(ec2, name)
            interfaces = {each["NetworkInterfaceId"] for one in instances for each in one["NetworkInterfaces"]}
            changed = []
            for table in ec2.describe_route_tables(Filters=[_make_filter("vpc-id", vpc)])["RouteTables"]:
                for route in table["Routes"]:
                    if route.get("NetworkInterfaceId") in interfaces:
                        with _ignore_not_found():
                            ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock=route["DestinationCidrBlock"])
                        changed.append(f"{table['RouteTableId']}: {route['DestinationCidrBlock']} to {name} removed")
            for address in ec2.describe_addresses(Filters=[_make_filter(f"tag:{OWNER_TAG}", name)])["Addresses"]:
                with _ignore_not_found():
                    if "AssociationId" in address:
                        ec2.disassociate_address(AssociationId=address["AssociationId"])
                    ec2.release_address(AllocationId=address["AllocationId"])
            for instance in instances:
                with _ignore_not_found():
                    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
            for group in ec2.describe_security_groups(Filters=[_make_filter(f"tag:{OWNER_TAG}", name)])["SecurityGroups"]:
                with _ignore_not_found():
                    ec2.delete_security_group(GroupId=group["GroupId"])
            return changed

    def list_route_tables(self, vpc: str, region: str) -> set[str]:
        """Return the ids of a VPC's route tables."""
        with self._open_ec2(region) as ec2:
            return {each["RouteTableId"] for each in ec2.describe_route_tables(Filters=[_make_filter("vpc-id", vpc)])["RouteTables"]}

    def repair_default_routes(self, name: str, vpc: str, region: str, interface: str, tables: Collection[str] | None) -> list[str]:
        """Point the default route of private tables to the gateway, and remove it from other tables; return one line per change.

        A default route to another target is left alone: someone else made it, and containment checks must see it.

        Args:
            name: The gateway.
            vpc: Its VPC.
            region: Its region.
            interface: Its network interface.
            tables: The tables that the gateway serves: every private one when empty, none when None.
        """
        with self._open_ec2(region) as ec2:
            changed = []
            for table in _list_private_tables(ec2, vpc):
                key = table["RouteTableId"]
                wanted = tables is not None and (not tables or key in tables)
                route = next((each for each in table["Routes"] if each.get("DestinationCidrBlock") == DEFAULT_ROUTE), None)
                ours = route is not None and route.get("NetworkInterfaceId") == interface
                dead = route is not None and route.get("State") == "blackhole"
                with _ignore_not_found():  # the table can be deleted meanwhile
                    if wanted and (route is None or dead) and not ours:
                        put = ec2.replace_route if dead else ec2.create_route
                        put(RouteTableId=key, DestinationCidrBlock=DEFAULT_ROUTE, NetworkInterfaceId=interface)
                        changed.append(f"{key}: {DEFAULT_ROUTE} to {name} added")
                    if not wanted and ours:
                        ec2.delete_route(RouteTableId=key, DestinationCidrBlock=DEFAULT_ROUTE)
                        changed.append(f"{key}: {DEFAULT_ROUTE} to {name} removed")
            return changed

    def resize(self, instance: str, region: str, size: str) -> None:
        """Change the type of a gateway's instance (it is stopped meanwhile, as in AWS)."""
        with self._open_ec2(region) as ec2:
            ec2.stop_instances(InstanceIds=[instance])
            ec2.modify_instance_attribute(InstanceId=instance, InstanceType={"Value": size})
            ec2.start_instances(InstanceIds=[instance])

    def retag(self, instance: str, region: str, tags: dict[str, str], drop: list[str]) -> None:
        """Set the user's tags on a gateway's instance and remove those in `drop`."""
        with self._open_ec2(region) as ec2:
            if drop:
                ec2.delete_tags(Resources=[instance], Tags=[{"Key": key} for key in drop])
            if tags:
                ec2.create_tags(Resources=[instance], Tags=[{"Key": key, "Value": value} for key, value in tags.items()])


def _make_filter(name: str, *values: str) -> dict[str, Any]:
    return {"Name": name, "Values": list(values)}


@contextlib.contextmanager
def _ignore_not_found() -> Iterator[None]:
    """Ignore AWS's errors for a resource that does not exist; raise all others."""
    try:
        yield
    except botocore.exceptions.ClientError as error:
        if not error.response["Error"]["Code"].endswith(("NotFound", "NotFoundException")):
            raise


def _make_tag_specifications(wanted: Placement, kind: str) -> list[dict[str, Any]]:
    own = {
        "Name": f"aviatrix-{wanted.name}",
        OWNER_TAG: wanted.name,
        **WARNING_TAG,
    }
    tags = {**wanted.tags, **own} if kind == "instance" else own
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def _find_subnet(ec2: Any, wanted: Placement) -> Any:
    found = ec2.describe_subnets(Filters=[_make_filter("vpc-id", wanted.vpc), _make_filter("cidr-block", wanted.subnet_cidr)])["Subnets"]
    if not found:
        raise RefusedError(f"Subnet {wanted.subnet_cidr} was not found in VPC {wanted.vpc}, region {wanted.region}.")
    return found[0]


def _ensure_security_group(ec2: Any, wanted: Placement, subnet: Any) -> str:
    found = ec2.describe_security_groups(Filters=[_make_filter(f"tag:{OWNER_TAG}", wanted.name), _make_filter("vpc-id", wanted.vpc)])[
        "SecurityGroups"
    ]
    if found:
        return str(found[0]["GroupId"])
    made = ec2.create_security_group(
        GroupName=f"aviatrix-{wanted.name}",
        Description="Aviatrix gateway",
        VpcId=subnet["VpcId"],
        TagSpecifications=_make_tag_specifications(wanted, "security-group"),
    )["GroupId"]
    cidr = ec2.describe_vpcs(VpcIds=[wanted.vpc])["Vpcs"][0]["CidrBlock"]
    ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": cidr}]}])
    return str(made)


def _list_instances(ec2: Any, name: str) -> list[Any]:
    states = _make_filter("instance-state-name", "pending", "running", "stopping", "stopped")
    pages = ec2.get_paginator("describe_instances").paginate(Filters=[_make_filter(f"tag:{OWNER_TAG}", name), states])
    return [each for page in pages for reservation in page["Reservations"] for each in reservation["Instances"]]


def _ensure_instance(ec2: Any, wanted: Placement, subnet: str, group: str) -> Any:
    found = [each for each in _list_instances(ec2, wanted.name) if each.get("SubnetId") == subnet]
    if found:
        return found[0]
    (image,) = ec2.describe_images(ImageIds=[_IMAGE])["Images"]
    disk = {
        "Encrypted": wanted.encrypted,
        "VolumeSize": 32,
        "DeleteOnTermination": True,
        **({"KmsKeyId": wanted.key} if wanted.key else {}),
    }
    return ec2.run_instances(
        ImageId=image["ImageId"],
        InstanceType=wanted.size,
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        SecurityGroupIds=[group],
        MetadataOptions={"HttpTokens": "required", "HttpEndpoint": "enabled"},
        BlockDeviceMappings=[{"DeviceName": image.get("RootDeviceName", "/dev/sda1"), "Ebs": disk}],
        TagSpecifications=_make_tag_specifications(wanted, "instance"),
    )["Instances"][0]


def _ensure_address(ec2: Any, wanted: Placement, interface: str) -> tuple[str, bool]:
    """Return the gateway's public address, associated with the interface, and whether the Controller allocated it."""
    own = not wanted.eip
    found = ec2.describe_addresses(
        Filters=[_make_filter(f"tag:{OWNER_TAG}", wanted.name)] if own else [_make_filter("public-ip", wanted.eip)]
    )["Addresses"]
    if not found and not own:
        raise RefusedError(f"Elastic IP {wanted.eip} was not found in the account.")
    address = found[0] if found else ec2.allocate_address(Domain="vpc", TagSpecifications=_make_tag_specifications(wanted, "elastic-ip"))
    if address.get("NetworkInterfaceId") != interface:
        ec2.associate_address(AllocationId=address["AllocationId"], NetworkInterfaceId=interface, AllowReassociation=own)
    return str(address["PublicIp"]), own


def _list_private_tables(ec2: Any, vpc: str) -> list[Any]:
    """Return the route tables that serve at least one subnet and have no default route to an internet gateway."""
    tables = ec2.describe_route_tables(Filters=[_make_filter("vpc-id", vpc)])["RouteTables"]
    named = {each["SubnetId"] for table in tables for each in table["Associations"] if each.get("SubnetId")}
    leftover = {each["SubnetId"] for each in ec2.describe_subnets(Filters=[_make_filter("vpc-id", vpc)])["Subnets"]} - named
    return [table for table in tables if _is_in_use(table, leftover) and not _has_internet_route(table)]


def _is_public(ec2: Any, vpc: str, subnet: str) -> bool:
    tables = ec2.describe_route_tables(Filters=[_make_filter("vpc-id", vpc)])["RouteTables"]
    own = [table for table in tables if any(each.get("SubnetId") == subnet for each in table["Associations"])]
    main = [table for table in tables if any(each.get("Main") for each in table["Associations"])]
    return any(_has_internet_route(table) for table in own or main)


def _is_in_use(table: Any, leftover: set[str]) -> bool:
    return any(each.get("SubnetId") or (each.get("Main") and leftover) for each in table["Associations"])


def _has_internet_route(table: Any) -> bool:
    return any(
        route.get("DestinationCidrBlock") == DEFAULT_ROUTE and str(route.get("GatewayId")).startswith("igw-") for route in table["Routes"]
    )
