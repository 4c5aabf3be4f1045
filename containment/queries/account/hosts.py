"""Read the agent hosts: instances, disks, user data, interfaces, addresses, launch templates and account settings.

In addition to the hosts of the state, an instance in an agents' subnet or with the agents' `Role` tag counts as one, unless it is an
Aviatrix gateway.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

from containment.names import DEFAULT_ROLE, HostTag
from containment.queries.account.reading import Reading, Scope, build_filter, read_pages, read_tags, take
from policypack.graph import known_types as kt

_ENDED: Final = ("terminated", "shutting-down")
_METADATA: Final = {
    "HttpTokens": "httpTokens",
    "HttpPutResponseHopLimit": "httpPutResponseHopLimit",
    "HttpEndpoint": "httpEndpoint",
}


def read_hosts(reading: Reading, ec2: Any, scope: Scope) -> None:
    """Add every host in the scope to `reading`, with its disks, interfaces and addresses."""
    found: list[dict[str, Any]] = []
    reading.attempt("instances", lambda: found.extend(_find_instances(reading, ec2, scope)))
    for one in found:
        reading.attempt(f"instance {one['InstanceId']}", lambda one=one: _read_instance(reading, ec2, one))  # type: ignore[misc]
    hosts = {one["InstanceId"] for one in found}
    primary = {nic["NetworkInterfaceId"] for one in found for nic in one.get("NetworkInterfaces") or () if _get_index(nic) == 0}
    reading.attempt("network interfaces", lambda: _read_interfaces(reading, ec2, scope, primary))
    reading.attempt("elastic IPs", lambda: _read_addresses(reading, ec2, scope, hosts))
    reading.attempt("launch templates", lambda: _read_templates(reading, ec2))
    reading.attempt("serial console", lambda: _read_console(reading, ec2, scope))
    reading.attempt("instance metadata defaults", lambda: _read_metadata_defaults(reading, ec2, scope))


def _find_instances(reading: Reading, ec2: Any, scope: Scope) -> list[dict[str, Any]]:
    reservations = read_pages(ec2, "describe_instances", "Reservations", **build_filter("vpc-id", *scope.vpcs))
    here = [one for each in reservations for one in each["Instances"] if one["State"]["Name"] not in _ENDED]
    found = [one for one in here if one["InstanceId"] not in scope.gateways and _is_agent(one, scope)]
    reading.complete[kt.INSTANCE] = {one["InstanceId"] for one in found}
    return found


def _is_agent(instance: Mapping[str, Any], scope: Scope) -> bool:
    subnets = {instance.get("SubnetId"), *(each.get("SubnetId") for each in instance.get("NetworkInterfaces") or ())}
    is_tagged = read_tags(instance).get(HostTag.ROLE.value) == DEFAULT_ROLE
    return instance["InstanceId"] in scope.hosts or is_tagged or not subnets.isdisjoint(scope.subnets)


def _get_index(interface: Mapping[str, Any]) -> int:
    return int((interface.get("Attachment") or {}).get("DeviceIndex", 0))


def _read_instance(reading: Reading, ec2: Any, instance: Mapping[str, Any]) -> None:
    ident = instance["InstanceId"]
    interfaces = [each for each in instance.get("NetworkInterfaces") or () if _get_index(each) == 0]
    ipv6 = [each["Ipv6Address"] for nic in interfaces for each in nic.get("Ipv6Addresses") or ()]
    options = instance.get("MetadataOptions") or {}
    root, others = _read_disks(ec2, instance)
    profile = str((instance.get("IamInstanceProfile") or {}).get("Arn", "")).rpartition("/")[2]
    reading.add(
        kt.INSTANCE,
        ident,
        {
            "subnetId": instance.get("SubnetId"),
            "vpcSecurityGroupIds": [each["GroupId"] for each in instance.get("SecurityGroups") or ()],
            "publicIp": instance.get("PublicIpAddress") or None,
            "ipv6Addresses": ipv6,
            "ipv6AddressCount": len(ipv6),
            "keyName": instance.get("KeyName") or None,
            "iamInstanceProfile": profile or None,
            "metadataOptions": {key: options[aws] for aws, key in _METADATA.items() if aws in options} or None,
            "rootBlockDevice": root,
            "ebsBlockDevices": others,
            "userData": _read_user_data(ec2, ident),
            "primaryNetworkInterfaceId": next((each["NetworkInterfaceId"] for each in interfaces), None),
            "tags": read_tags(instance),
            "tagsAll": read_tags(instance),
        },
    )


def _read_disks(ec2: Any, instance: Mapping[str, Any]) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Return the root disk and the other disks, each with whether it is encrypted."""
    names = {each["Ebs"]["VolumeId"]: each["DeviceName"] for each in instance.get("BlockDeviceMappings") or () if "Ebs" in each}
    if not names:
        return None, []
    found = list(read_pages(ec2, "describe_volumes", "Volumes", VolumeIds=list(names)))
    disks = [{"deviceName": names[each["VolumeId"]], "encrypted": each["Encrypted"]} for each in found]
    root = next((each for each in disks if each["deviceName"] == instance.get("RootDeviceName")), None)
    return root, [each for each in disks if each is not root]


def _read_user_data(ec2: Any, ident: str) -> str | None:
    value = ec2.describe_instance_attribute(InstanceId=ident, Attribute="userData").get("UserData", {}).get("Value")
    if not value:
        return None
    raw = base64.b64decode(value)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return str(value)  # compressed: the pack decodes base64 itself


def _read_interfaces(reading: Reading, ec2: Any, scope: Scope, primary: set[str]) -> None:
    """Add separate interfaces: a host's primary one belongs to its instance, an endpoint's to its endpoint."""
    for one in read_pages(ec2, "describe_network_interfaces", "NetworkInterfaces", **build_filter("vpc-id", *scope.vpcs)):
        attachment = one.get("Attachment") or {}
        instance = attachment.get("InstanceId")
        if one["NetworkInterfaceId"] in primary or instance in scope.gateways or one.get("RequesterManaged"):
            continue
        ipv6 = [each["Ipv6Address"] for each in one.get("Ipv6Addresses") or ()]
        reading.add(
            kt.INTERFACE,
            one["NetworkInterfaceId"],
            {
                **take(one, "subnetId", "interfaceType", "description"),
                "securityGroups": [each["GroupId"] for each in one.get("Groups") or ()],
                "ipv6Addresses": ipv6,
                "ipv6AddressCount": len(ipv6),
                "attachments": [{"instance": instance, "deviceIndex": attachment.get("DeviceIndex")}] if instance else [],
            },
        )


def _read_addresses(reading: Reading, ec2: Any, scope: Scope, hosts: set[str]) -> None:
    """Add the Elastic IPs of hosts, and of interfaces in the VPC other than a gateway's."""
    near = {one.name for one in reading.resources if one.type == kt.INTERFACE}
    near |= {str(one.get("primaryNetworkInterfaceId")) for one in reading.resources if one.type == kt.INSTANCE}
    for one in ec2.describe_addresses()["Addresses"]:
        instance, interface = one.get("InstanceId"), one.get("NetworkInterfaceId")
        if instance in scope.gateways or not (instance in hosts or interface in near):
            continue
        ident = one.get("AllocationId") or one["PublicIp"]
        reading.add(kt.EIP, ident, {"instance": instance or None, "networkInterface": interface, "publicIp": one["PublicIp"]})


def _read_templates(reading: Reading, ec2: Any) -> None:
    for one in read_pages(ec2, "describe_launch_templates", "LaunchTemplates"):
        versions = {"latestVersion": one["LatestVersionNumber"], "defaultVersion": one["DefaultVersionNumber"]}
        reading.add(kt.LAUNCH_TEMPLATE, one["LaunchTemplateId"], {"name": one["LaunchTemplateName"], **versions})


def _read_console(reading: Reading, ec2: Any, scope: Scope) -> None:
    enabled = bool(ec2.get_serial_console_access_status()["SerialConsoleAccessEnabled"])
    reading.add(kt.SERIAL_CONSOLE, scope.region, {"enabled": enabled})


def _read_metadata_defaults(reading: Reading, ec2: Any, scope: Scope) -> None:
    level = ec2.get_instance_metadata_defaults().get("AccountLevel") or {}
    found = {key: level[aws] for aws, key in _METADATA.items() if level.get(aws) not in (None, -1, "no-preference")}
    if found:
        reading.add(kt.METADATA_DEFAULTS, scope.region, found)
