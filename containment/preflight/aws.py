"""Read one AWS account in one region, without changes; a fact that cannot be read becomes `Unread` with its reason.

`clients` is a function from a service name to a boto3 client: of the lab, of the real account or of a test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import IPv4Network
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from containment.config.spec import ContainmentSpec
from containment.preflight.access import Clients, read_rights
from containment.preflight.facts import AwsFacts, Image, Network, Quota, UnreadFact, Usage

_T = TypeVar("_T")


def read_account(clients: Clients, spec: ContainmentSpec, image_id: str) -> AwsFacts | UnreadFact:
    """Return the facts of an account, or why it cannot be read at all (no usable credentials or endpoint).

    Args:
        clients: service name -> boto3 client.
        spec: the stack to be deployed; its names and network identify its own resources.
        image_id: the pinned AMI; empty when none is pinned.
    """
    who = _attempt(lambda: clients("sts").get_caller_identity())
    if isinstance(who, UnreadFact):
        return who
    ec2 = _attempt(lambda: clients("ec2"))
    if isinstance(ec2, UnreadFact):
        return ec2
    rights = _attempt(lambda: read_rights(clients, spec, who["Account"], who["Arn"]))
    allowed, said = (rights, rights.why) if isinstance(rights, UnreadFact) else rights
    vpcs = _attempt(lambda: _read_vpcs(ec2, spec))
    return AwsFacts(
        account=str(who["Account"]),
        arn=str(who["Arn"]),
        rights=allowed,
        rights_from=said,
        quotas=_read_quotas(clients, ec2, vpcs),
        vpcs=vpcs,
        peerings=_attempt(lambda: _read_peerings(ec2, vpcs)),
        image=_attempt(lambda: _read_image(ec2, image_id)) if image_id else None,
        public_snapshots=_attempt(lambda: _read_public_snapshots(ec2)),
        snapshot_sharing=_attempt(lambda: str(ec2.get_snapshot_block_public_access_state()["State"])),
        image_sharing=_attempt(lambda: str(ec2.get_image_block_public_access_state()["ImageBlockPublicAccessState"])),
        serial_console=_attempt(lambda: bool(ec2.get_serial_console_access_status()["SerialConsoleAccessEnabled"])),
        encryption_default=_attempt(lambda: bool(ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"])),
        metadata_defaults=_attempt(
            lambda: {key: str(value) for key, value in ec2.get_instance_metadata_defaults()["AccountLevel"].items()}
        ),
    )


def _attempt(ask: Callable[[], _T]) -> _T | UnreadFact:
    """Return the result of a call, or `Unread` if AWS or the connection failed; programming errors still raise."""
    try:
        return ask()
    except ClientError as error:
        said = error.response.get("Error", {})
        return UnreadFact(f"{error.operation_name} failed with {said.get('Code')}: {said.get('Message', '')}".strip())
    except BotoCoreError as error:
        return UnreadFact(str(error))


def _read_pages(client: Any, call: str, member: str, **arguments: Any) -> list[dict[str, Any]]:
    return [each for page in client.get_paginator(call).paginate(**arguments) for each in page[member]]


def _read_name(tagged: Mapping[str, Any]) -> str:
    return next((str(tag["Value"]) for tag in tagged.get("Tags") or [] if tag["Key"] == "Name"), "")


def _read_vpcs(ec2: Any, spec: ContainmentSpec) -> tuple[Network, ...]:
    out = []
    for vpc in _read_pages(ec2, "describe_vpcs", "Vpcs"):
        held = {vpc["CidrBlock"], *(each["CidrBlock"] for each in vpc.get("CidrBlockAssociationSet") or [])}
        cidrs = tuple(sorted(IPv4Network(each) for each in held))
        ours = _read_name(vpc) == spec.object_prefix and spec.config.vpc_cidr in cidrs
        out.append(Network(vpc["VpcId"], _read_name(vpc), cidrs, ours))
    return tuple(out)


def _read_peerings(ec2: Any, vpcs: tuple[Network, ...] | UnreadFact) -> tuple[Network, ...] | UnreadFact:
    """Return the remote sides of active and pending peerings: networks that routes lead to now or may lead to soon."""
    if isinstance(vpcs, UnreadFact):
        return vpcs
    near = {vpc.id for vpc in vpcs}
    out = []
    for each in _read_pages(ec2, "describe_vpc_peering_connections", "VpcPeeringConnections"):
        if each["Status"]["Code"] not in ("active", "provisioning", "pending-acceptance"):
            continue
        for side in (each["AccepterVpcInfo"], each["RequesterVpcInfo"]):
            blocks = {block["CidrBlock"] for block in side.get("CidrBlockSet") or []} | (
                {side["CidrBlock"]} if side.get("CidrBlock") else set()
            )
            if side["VpcId"] not in near:
                out.append(Network(side["VpcId"], each["VpcPeeringConnectionId"], tuple(sorted(map(IPv4Network, blocks)))))
    return tuple(out)


def _read_quotas(clients: Clients, ec2: Any, vpcs: tuple[Network, ...] | UnreadFact) -> dict[Quota, Usage | UnreadFact]:
    ours = {vpc.id for vpc in vpcs if vpc.ours} if not isinstance(vpcs, UnreadFact) else set()

    def attached(gateway: Mapping[str, Any]) -> set[str]:
        return {str(each["VpcId"]) for each in gateway.get("Attachments") or []}

    def endpoints(kind: str) -> list[set[str]]:
        return [
            {str(each["VpcId"])} for each in _read_pages(ec2, "describe_vpc_endpoints", "VpcEndpoints") if each["VpcEndpointType"] == kind
        ]

    counted: dict[Quota, Callable[[], list[set[str]]]] = {
        Quota.VPCS: lambda: [{str(each["VpcId"])} for each in _read_pages(ec2, "describe_vpcs", "Vpcs")],
        Quota.INTERNET_GATEWAYS: lambda: [attached(each) for each in _read_pages(ec2, "describe_internet_gateways", "InternetGateways")],
        # AWS counts this quota per VPC, so the endpoints of other VPCs do not count.
        Quota.INTERFACE_ENDPOINTS: lambda: [each for each in endpoints("Interface") if each & ours],
        Quota.GATEWAY_ENDPOINTS: lambda: endpoints("Gateway"),
        Quota.SECURITY_GROUPS: lambda: [{str(each["VpcId"])} for each in _read_pages(ec2, "describe_security_groups", "SecurityGroups")],
        Quota.ADDRESSES: lambda: [
            {_find_vpc(ec2, each)} if ours and each.get("NetworkInterfaceId") else set() for each in ec2.describe_addresses()["Addresses"]
        ],
    }

    def usage(quota: Quota) -> Usage:
        service, code = quota.value.split("/")
        limit = clients("service-quotas").get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"]
        found = counted[quota]()
        return Usage(int(limit), len(found), sum(bool(each & ours) for each in found))

    return {quota: _attempt(lambda quota=quota: usage(quota)) for quota in Quota}  # type: ignore[misc]


def _find_vpc(ec2: Any, address: Mapping[str, Any]) -> str:
    found = ec2.describe_network_interfaces(NetworkInterfaceIds=[address["NetworkInterfaceId"]])["NetworkInterfaces"]
    return str(found[0]["VpcId"]) if found else ""


def _read_image(ec2: Any, image_id: str) -> Image | None:
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
        permissions = _attempt(lambda: ec2.describe_image_attribute(ImageId=image_id, Attribute="launchPermission")["LaunchPermissions"])
        # Only the owner may read this attribute; a private image of another account can only be here because it is shared.
        shared = (
            () if isinstance(permissions, UnreadFact) else tuple(sorted(str(each["UserId"]) for each in permissions if "UserId" in each))
        )
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


def _read_public_snapshots(ec2: Any) -> tuple[str, ...]:
    """Return the account's own snapshots that every AWS account may copy."""
    found = _read_pages(ec2, "describe_snapshots", "Snapshots", OwnerIds=["self"], RestorableByUserIds=["all"])
    return tuple(sorted(str(each["SnapshotId"]) for each in found))
