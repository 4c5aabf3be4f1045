"""Reads one account in one region with boto3 clients it is given; asks only, and remembers why something could not be read.

`clients` is a function from a service's name to a client: the lab's, the real account's, or a test's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import IPv4Network
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from containment.model.spec import ContainmentSpec
from containment.verify.preflight.facts import AwsFacts, Image, Network, Quota, Unread, Usage
from containment.verify.preflight.rights import Clients, read_rights

_T = TypeVar("_T")


def read_account(clients: Clients, spec: ContainmentSpec, image_id: str) -> AwsFacts | Unread:
    """Return everything preflight asks of an account, or why it cannot be asked at all."""
    who = _read(lambda: clients("sts").get_caller_identity())
    if isinstance(who, Unread):
        return who
    ec2 = _read(lambda: clients("ec2"))
    if isinstance(ec2, Unread):
        return ec2
    rights = _read(lambda: read_rights(clients, spec, who["Account"], who["Arn"]))
    allowed, said = (rights, rights.why) if isinstance(rights, Unread) else rights
    vpcs = _read(lambda: _vpcs(ec2, spec))
    return AwsFacts(
        account=str(who["Account"]),
        arn=str(who["Arn"]),
        rights=allowed,
        rights_from=said,
        quotas=_quotas(clients, ec2, vpcs),
        vpcs=vpcs,
        peerings=_read(lambda: _peerings(ec2, vpcs)),
        image=_read(lambda: _image(ec2, image_id)) if image_id else None,
        public_snapshots=_read(lambda: _public_snapshots(ec2)),
        snapshot_sharing=_read(lambda: str(ec2.get_snapshot_block_public_access_state()["State"])),
        image_sharing=_read(lambda: str(ec2.get_image_block_public_access_state()["ImageBlockPublicAccessState"])),
        serial_console=_read(lambda: bool(ec2.get_serial_console_access_status()["SerialConsoleAccessEnabled"])),
        encryption_default=_read(lambda: bool(ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"])),
        metadata_defaults=_read(lambda: {key: str(value) for key, value in ec2.get_instance_metadata_defaults()["AccountLevel"].items()}),
    )


def _read(ask: Callable[[], _T]) -> _T | Unread:
    """Return what a call gives, or why it gave nothing. Mistakes of ours still raise."""
    try:
        return ask()
    except ClientError as error:
        said = error.response.get("Error", {})
        return Unread(f"{error.operation_name} was answered with {said.get('Code')}: {said.get('Message', '')}".strip())
    except BotoCoreError as error:
        return Unread(str(error))


def _all(client: Any, call: str, member: str, **arguments: Any) -> list[dict[str, Any]]:
    return [each for page in client.get_paginator(call).paginate(**arguments) for each in page[member]]


def _name(tagged: Mapping[str, Any]) -> str:
    return next((str(tag["Value"]) for tag in tagged.get("Tags") or [] if tag["Key"] == "Name"), "")


def _vpcs(ec2: Any, spec: ContainmentSpec) -> tuple[Network, ...]:
    out = []
    for vpc in _all(ec2, "describe_vpcs", "Vpcs"):
        held = {vpc["CidrBlock"], *(each["CidrBlock"] for each in vpc.get("CidrBlockAssociationSet") or [])}
        cidrs = tuple(sorted(IPv4Network(each) for each in held))
        ours = _name(vpc) == spec.object_prefix and spec.config.vpc_cidr in cidrs
        out.append(Network(vpc["VpcId"], _name(vpc), cidrs, ours))
    return tuple(out)


def _peerings(ec2: Any, vpcs: tuple[Network, ...] | Unread) -> tuple[Network, ...] | Unread:
    """Return the far sides of living peerings: networks that routes here lead to, or may soon."""
    if isinstance(vpcs, Unread):
        return vpcs
    near = {vpc.id for vpc in vpcs}
    out = []
    for each in _all(ec2, "describe_vpc_peering_connections", "VpcPeeringConnections"):
        if each["Status"]["Code"] not in ("active", "provisioning", "pending-acceptance"):
            continue
        for side in (each["AccepterVpcInfo"], each["RequesterVpcInfo"]):
            blocks = {block["CidrBlock"] for block in side.get("CidrBlockSet") or []} | (
                {side["CidrBlock"]} if side.get("CidrBlock") else set()
            )
            if side["VpcId"] not in near:
                out.append(Network(side["VpcId"], each["VpcPeeringConnectionId"], tuple(sorted(map(IPv4Network, blocks)))))
    return tuple(out)


def _quotas(clients: Clients, ec2: Any, vpcs: tuple[Network, ...] | Unread) -> dict[Quota, Usage | Unread]:
    ours = {vpc.id for vpc in vpcs if vpc.ours} if not isinstance(vpcs, Unread) else set()

    def attached(gateway: Mapping[str, Any]) -> set[str]:
        return {str(each["VpcId"]) for each in gateway.get("Attachments") or []}

    def endpoints(kind: str) -> list[set[str]]:
        return [{str(each["VpcId"])} for each in _all(ec2, "describe_vpc_endpoints", "VpcEndpoints") if each["VpcEndpointType"] == kind]

    counted: dict[Quota, Callable[[], list[set[str]]]] = {
        Quota.VPCS: lambda: [{str(each["VpcId"])} for each in _all(ec2, "describe_vpcs", "Vpcs")],
        Quota.INTERNET_GATEWAYS: lambda: [attached(each) for each in _all(ec2, "describe_internet_gateways", "InternetGateways")],
        # This quota is one VPC's: what others have does not count.
        Quota.INTERFACE_ENDPOINTS: lambda: [each for each in endpoints("Interface") if each & ours],
        Quota.GATEWAY_ENDPOINTS: lambda: endpoints("Gateway"),
        Quota.SECURITY_GROUPS: lambda: [{str(each["VpcId"])} for each in _all(ec2, "describe_security_groups", "SecurityGroups")],
        Quota.ADDRESSES: lambda: [
            {_vpc_of(ec2, each)} if ours and each.get("NetworkInterfaceId") else set() for each in ec2.describe_addresses()["Addresses"]
        ],
    }

    def usage(quota: Quota) -> Usage:
        service, code = quota.value.split("/")
        limit = clients("service-quotas").get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"]
        found = counted[quota]()
        return Usage(int(limit), len(found), sum(bool(each & ours) for each in found))

    return {quota: _read(lambda quota=quota: usage(quota)) for quota in Quota}  # type: ignore[misc]


def _vpc_of(ec2: Any, address: Mapping[str, Any]) -> str:
    found = ec2.describe_network_interfaces(NetworkInterfaceIds=[address["NetworkInterfaceId"]])["NetworkInterfaces"]
    return str(found[0]["VpcId"]) if found else ""


def _image(ec2: Any, image_id: str) -> Image | None:
    try:
        found = ec2.describe_images(ImageIds=[image_id])["Images"]
    except ClientError as error:
        if error.response["Error"]["Code"].startswith("InvalidAMIID"):
            return None
        raise
    if not found:
        return None
    image = found[0]
    disks = [each["Ebs"] for each in image.get("BlockDeviceMappings") or [] if "Ebs" in each]
    owner, shared = str(image["OwnerId"]), tuple[str, ...]()
    if not image.get("Public"):
        permissions = _read(lambda: ec2.describe_image_attribute(ImageId=image_id, Attribute="launchPermission")["LaunchPermissions"])
        # Only the owner may read this; of somebody else's private image we know that it was shared with us.
        shared = () if isinstance(permissions, Unread) else tuple(sorted(str(each["UserId"]) for each in permissions if "UserId" in each))
    deprecated = image.get("DeprecationTime")
    return Image(
        id=image_id,
        owner=owner,
        public=bool(image.get("Public")),
        shared_with=shared,
        snapshots=tuple(str(each["SnapshotId"]) for each in disks if each.get("SnapshotId")),
        disk_gb=max((int(each.get("VolumeSize", 0)) for each in disks), default=0),
        deprecated=datetime.fromisoformat(str(deprecated)).date() if deprecated else None,
    )


def _public_snapshots(ec2: Any) -> tuple[str, ...]:
    """Return the account's own snapshots that everybody may copy."""
    found = _all(ec2, "describe_snapshots", "Snapshots", OwnerIds=["self"], RestorableByUserIds=["all"])
    return tuple(sorted(str(each["SnapshotId"]) for each in found))
