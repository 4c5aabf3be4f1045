"""The arguments of a launch.

moto ignores most of a launch template at launch, so the template is merged here, with the instance's own inputs taking precedence, as in
AWS.
"""

from __future__ import annotations

import base64
from typing import Any, Final

from containment_lab.cloud.image_list import IMAGES
from containment_lab.providers.aws.resource import Resource, dig, encode_tags, split_words
from containment_lab.providers.aws.shapes import convert_to_aws
from containment_lab.providers.handler import Call, Props, RefusedError

BAD_IMAGE: Final = frozenset({"InvalidAMIID.NotFound", "InvalidAMIID.Malformed", "InvalidAMIID.Unavailable"})
"""EC2's error codes for an image that cannot be launched."""


def describe_unknown_image(name: str, image: str, error: str) -> str:
    """Return the error for a launch from an image that the lab's cloud lacks, with the images that it has."""
    return f"{name}: {error}. {image} is not in the lab's cloud, which has no resource of your account. {describe_images()}"


def describe_images() -> str:
    """Return a sentence with the lab's images and the setting that chooses one."""
    listed = ", ".join(f"{each.id} ({each.name.rpartition('/')[2]})" for each in IMAGES)
    return f"Fix: --config agentImageId={IMAGES[0].id}, or another of the lab's images: {listed}."


_DISK: Final = split_words("deleteOnTermination encrypted iops kmsKeyId throughput volumeSize volumeType")


def build_launch(resource: Resource, call: Call, inputs: Props) -> Props:
    """Return the arguments of `RunInstances`: the launch template's data, and the instance's own inputs in their place."""
    template = _read_template(resource, call, inputs)
    args: Props = {"ImageId": inputs.get("ami") or template.get("ImageId")}
    args["InstanceType"] = inputs.get("instanceType") or template.get("InstanceType") or "m1.small"
    for ours, aws in (("keyName", "KeyName"), ("ebsOptimized", "EbsOptimized"), ("disableApiTermination", "DisableApiTermination")):
        value = inputs[ours] if inputs.get(ours) is not None else template.get(aws)
        if value is not None:
            args[aws] = value
    defaults = resource.call_aws(call, inputs, "get_instance_metadata_defaults").get("AccountLevel", {})
    options = {**defaults, **(template.get("MetadataOptions") or {}), **convert_to_aws(inputs.get("metadataOptions") or {})}
    if options := {key: value for key, value in options.items() if key not in ("State", "ManagedBy", "ManagedExceptionMessage")}:
        args["MetadataOptions"] = options
    profile = {"Name": inputs["iamInstanceProfile"]} if inputs.get("iamInstanceProfile") else template.get("IamInstanceProfile")
    if profile:
        args["IamInstanceProfile"] = profile
    if inputs.get("monitoring") or dig(template, "Monitoring.Enabled"):
        args["Monitoring"] = {"Enabled": True}
    if inputs.get("userDataBase64") or template.get("UserData"):
        args["UserData"] = base64.b64decode(inputs.get("userDataBase64") or template["UserData"])
    if inputs.get("userData"):
        args["UserData"] = inputs["userData"]
    if behavior := inputs.get("instanceInitiatedShutdownBehavior") or template.get("InstanceInitiatedShutdownBehavior"):
        args["InstanceInitiatedShutdownBehavior"] = behavior
    if inputs.get("availabilityZone"):
        args["Placement"] = {"AvailabilityZone": inputs["availabilityZone"]}
    args |= _build_disks(resource, call, inputs, args["ImageId"], template)
    args |= _build_interfaces(resource, call, inputs, template)
    given = {each["ResourceType"]: each["Tags"] for each in template.get("TagSpecifications") or ()}
    given["instance"] = _merge_tags(given.get("instance"), inputs.get("tags"))
    given["volume"] = _merge_tags(given.get("volume"), inputs.get("volumeTags") or dig(inputs, "rootBlockDevice.tags"))
    args["TagSpecifications"] = [{"ResourceType": kind, "Tags": tags} for kind, tags in sorted(given.items()) if tags]
    return args


def _read_template(resource: Resource, call: Call, inputs: Props) -> Props:
    """Return the launch template's data, with AWS's field names."""
    chosen = inputs.get("launchTemplate")
    if not chosen:
        return {}
    args = {aws: chosen[ours] for ours, aws in (("id", "LaunchTemplateId"), ("name", "LaunchTemplateName")) if chosen.get(ours)}
    version = str(chosen.get("version") or "$Default")
    answer = resource.call_aws(call, inputs, "describe_launch_template_versions", Versions=[version], **args)
    data: Props = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    return data


def _build_disks(resource: Resource, call: Call, inputs: Props, image: str, template: Props) -> Props:
    mappings = {each["DeviceName"]: each for each in template.get("BlockDeviceMappings") or ()}
    if root := inputs.get("rootBlockDevice"):
        images = resource.try_call(lambda: resource.call_aws(call, inputs, "describe_images", ImageIds=[image]))
        name = dig(images or {}, "Images.0.RootDeviceName") or "/dev/sda1"
        mappings[name] = {"DeviceName": name, "Ebs": {"DeleteOnTermination": True, **_encode_disk(root)}}
    for disk in inputs.get("ebsBlockDevices") or ():
        mappings[disk["deviceName"]] = {"DeviceName": disk["deviceName"], "Ebs": {"DeleteOnTermination": True, **_encode_disk(disk)}}
    return {"BlockDeviceMappings": list(mappings.values())} if mappings else {}


def _build_interfaces(resource: Resource, call: Call, inputs: Props, template: Props) -> Props:
    """Return the interfaces: the given ones, else one built from the settings of the instance and the template."""
    existing = list(inputs.get("networkInterfaces") or ())
    if first := inputs.get("primaryNetworkInterface"):
        existing.insert(0, {"deviceIndex": 0, **first})
    if existing:
        return {"NetworkInterfaces": [{**convert_to_aws(each), "DeviceIndex": each.get("deviceIndex", 0)} for each in existing]}
    others = [dict(each) for each in template.get("NetworkInterfaces") or ()]
    primary = next((each for each in others if each.get("DeviceIndex", 0) == 0), None)
    if primary is None:
        others.insert(0, primary := {})
    primary["DeviceIndex"] = 0
    primary.setdefault("DeleteOnTermination", True)
    groups = inputs.get("vpcSecurityGroupIds") or primary.get("Groups") or template.get("SecurityGroupIds")
    own = {"SubnetId": inputs.get("subnetId"), "PrivateIpAddress": inputs.get("privateIp"), "Groups": groups}
    own["AssociatePublicIpAddress"] = inputs.get("associatePublicIpAddress")
    primary |= {key: value for key, value in own.items() if value is not None}
    count = primary.pop("Ipv6AddressCount", None)
    if not primary.get("SubnetId") and not primary.get("NetworkInterfaceId"):
        filters = [{"Name": "default-for-az", "Values": ["true"]}]
        subnets = resource.call_aws(call, inputs, "describe_subnets", Filters=filters)["Subnets"]
        zone = inputs.get("availabilityZone")
        subnet = next((each for each in subnets if zone in (None, each["AvailabilityZone"])), None)
        if subnet is None:
            raise RefusedError(f"{call.name}: no subnetId, and this account has no default subnet; name one")
        primary["SubnetId"] = subnet["SubnetId"]
    if count and inputs.get("ipv6AddressCount") is None:
        inputs["ipv6AddressCount"] = count
    return {"NetworkInterfaces": others}


def _encode_disk(disk: Props) -> Props:
    asked = convert_to_aws({key: disk[key] for key in _DISK if disk.get(key) is not None})
    return {key: int(value) if key in ("VolumeSize", "Iops", "Throughput") else value for key, value in asked.items()}


def _merge_tags(template: list[dict[str, str]] | None, own: Any) -> list[dict[str, str]]:
    return encode_tags({**{each["Key"]: each["Value"] for each in template or ()}, **(own or {})})
