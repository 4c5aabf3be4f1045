"""Instances, launch templates, and the account's metadata defaults.

moto ignores most of a launch template at launch, so the template is merged here, with the instance's own inputs taking precedence, as in
AWS.
"""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from containment_lab.providers.aws.images import BAD_IMAGE, describe_unknown_image
from containment_lab.providers.aws.resource import Resource, dig, encode_tags, map_names, split_words
from containment_lab.providers.aws.shapes import convert_from_aws, convert_to_aws, is_within
from containment_lab.providers.handler import Call, Props, RefusedError

_METADATA = frozenset({"httpEndpoint", "httpTokens", "httpPutResponseHopLimit", "httpProtocolIpv6", "instanceMetadataTags"})
_DISK = split_words("deleteOnTermination encrypted iops kmsKeyId throughput volumeSize volumeType")


def _decode_user_data(value: str) -> str:
    return base64.b64decode(value).decode(errors="replace")


class Instance(Resource):
    """An EC2 instance, running as soon as it is created."""

    token = "aws:ec2/instance:Instance"
    defaults = {"getPasswordData": False, "sourceDestCheck": True, "userDataReplaceOnChange": False, "forceDestroy": False}
    computed_in = {
        "metadataOptions": _METADATA,
        "rootBlockDevice": frozenset({"deviceName", "encrypted", "iops", "kmsKeyId", "throughput", "volumeId", "volumeSize", "volumeType"}),
    }
    sets = frozenset({"vpcSecurityGroupIds", "securityGroups", "ipv6Addresses"})
    find_call, find_by, found = "describe_instances", "InstanceIds", "Reservations.0.Instances.0"
    delete_call, id_arg = "terminate_instances", "InstanceIds"
    show = map_names(
        "instanceType subnetId ebsOptimized keyName",
        ami="ImageId",
        availabilityZone="Placement.AvailabilityZone",
        tenancy="Placement.Tenancy",
        instanceState="State.Name",
        privateIp="PrivateIpAddress",
        privateDns="PrivateDnsName",
        publicIp="PublicIpAddress",
        publicDns="PublicDnsName",
        primaryNetworkInterfaceId="NetworkInterfaces.0.NetworkInterfaceId",
    )
    also = split_words(
        "ami associatePublicIpAddress availabilityZone ebsOptimized ipv6AddressCount ipv6Addresses keyName launchTemplate "
        "networkInterfaces primaryNetworkInterface privateIp rootBlockDevice ebsBlockDevices secondaryPrivateIps subnetId tenancy"
    )
    also_in_place = split_words(
        "disableApiStop disableApiTermination iamInstanceProfile instanceType metadataOptions monitoring sourceDestCheck "
        "userData userDataBase64 userDataReplaceOnChange volumeTags vpcSecurityGroupIds instanceInitiatedShutdownBehavior forceDestroy "
        "getPasswordData"
    )
    idle = Resource.idle | {"creditSpecification", "maintenanceOptions", "cpuOptions", "enclaveOptions", "privateDnsNameOptions"}
    tagged, arn = "instance", "arn:aws:ec2:{region}:{account}:instance/{id}"

    def find_replacements(self, keys: Iterable[str], old: Props, new: Props) -> set[str]:
        """Require a new instance for changed user data if the inputs set `userDataReplaceOnChange`."""
        keys = list(keys)
        out = super().find_replacements(keys, old, new)
        return out | ({"userData", "userDataBase64"} & set(keys) if new.get("userDataReplaceOnChange") else set())

    def check(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Require an image, directly or from a launch template."""
        if not inputs.get("ami") and not inputs.get("launchTemplate"):
            yield "ami", "one of ami and launchTemplate must be given"
        yield from super().check(call, inputs)

    def make(self, call: Call, inputs: Props) -> str:
        """Launch the instance."""
        template = self._read_template(call, inputs)
        launch = self._launch(call, inputs, template)
        try:
            answer = self.call_aws(call, inputs, "run_instances", MinCount=1, MaxCount=1, **launch)
        except ClientError as error:
            if error.response["Error"]["Code"] in BAD_IMAGE:
                raise RefusedError(describe_unknown_image(call.name, launch["ImageId"], str(error))) from error
            raise
        ident = str(answer["Instances"][0]["InstanceId"])
        call.claim(ident)
        return ident

    def _read_template(self, call: Call, inputs: Props) -> Props:
        """Return the launch template's data, with AWS's field names."""
        chosen = inputs.get("launchTemplate")
        if not chosen:
            return {}
        args = {aws: chosen[ours] for ours, aws in (("id", "LaunchTemplateId"), ("name", "LaunchTemplateName")) if chosen.get(ours)}
        version = str(chosen.get("version") or "$Default")
        answer = self.call_aws(call, inputs, "describe_launch_template_versions", Versions=[version], **args)
        data: Props = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        return data

    def _launch(self, call: Call, inputs: Props, template: Props) -> Props:
        """Return the arguments of the launch."""
        args: Props = {"ImageId": inputs.get("ami") or template.get("ImageId")}
        args["InstanceType"] = inputs.get("instanceType") or template.get("InstanceType") or "m1.small"
        for ours, aws in (("keyName", "KeyName"), ("ebsOptimized", "EbsOptimized"), ("disableApiTermination", "DisableApiTermination")):
            value = inputs[ours] if inputs.get(ours) is not None else template.get(aws)
            if value is not None:
                args[aws] = value
        defaults = self.call_aws(call, inputs, "get_instance_metadata_defaults").get("AccountLevel", {})
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
        args |= self._build_disks(call, inputs, args["ImageId"], template)
        args |= self._build_interfaces(call, inputs, template)
        given = {each["ResourceType"]: each["Tags"] for each in template.get("TagSpecifications") or ()}
        given["instance"] = _merge_tags(given.get("instance"), inputs.get("tags"))
        given["volume"] = _merge_tags(given.get("volume"), inputs.get("volumeTags") or dig(inputs, "rootBlockDevice.tags"))
        args["TagSpecifications"] = [{"ResourceType": kind, "Tags": tags} for kind, tags in sorted(given.items()) if tags]
        return args

    def _build_disks(self, call: Call, inputs: Props, image: str, template: Props) -> Props:
        mappings = {each["DeviceName"]: each for each in template.get("BlockDeviceMappings") or ()}
        if root := inputs.get("rootBlockDevice"):
            images = self.try_call(lambda: self.call_aws(call, inputs, "describe_images", ImageIds=[image]))
            name = dig(images or {}, "Images.0.RootDeviceName") or "/dev/sda1"
            mappings[name] = {"DeviceName": name, "Ebs": {"DeleteOnTermination": True, **_encode_disk(root)}}
        for disk in inputs.get("ebsBlockDevices") or ():
            mappings[disk["deviceName"]] = {"DeviceName": disk["deviceName"], "Ebs": {"DeleteOnTermination": True, **_encode_disk(disk)}}
        return {"BlockDeviceMappings": list(mappings.values())} if mappings else {}

    def _build_interfaces(self, call: Call, inputs: Props, template: Props) -> Props:
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
            subnets = self.call_aws(call, inputs, "describe_subnets", Filters=filters)["Subnets"]
            zone = inputs.get("availabilityZone")
            subnet = next((each for each in subnets if zone in (None, each["AvailabilityZone"])), None)
            if subnet is None:
                raise RefusedError(f"{call.name}: no subnetId, and this account has no default subnet; name one")
            primary["SubnetId"] = subnet["SubnetId"]
        if count and inputs.get("ipv6AddressCount") is None:
            inputs["ipv6AddressCount"] = count
        return {"NetworkInterfaces": others}

    def finish_create(self, call: Call, ident: str, inputs: Props) -> None:
        """Set properties that are not part of the launch call."""
        thing = self.find(call, ident, inputs) or {}
        nic = dig(thing, "NetworkInterfaces.0.NetworkInterfaceId")
        groups = [each["GroupId"] for each in dig(thing, "NetworkInterfaces.0.Groups") or ()]
        if groups:
            self.call_aws(call, inputs, "modify_instance_attribute", InstanceId=ident, Groups=groups)
        subnet = self.call_aws(call, inputs, "describe_subnets", SubnetIds=[thing["SubnetId"]])["Subnets"][0]
        addresses, count = inputs.get("ipv6Addresses"), inputs.get("ipv6AddressCount")
        if addresses:
            self.call_aws(call, inputs, "assign_ipv6_addresses", NetworkInterfaceId=nic, Ipv6Addresses=addresses)
        elif count or (count is None and subnet.get("AssignIpv6AddressOnCreation")):
            self.call_aws(call, inputs, "assign_ipv6_addresses", NetworkInterfaceId=nic, Ipv6AddressCount=int(count or 1))
        if inputs.get("secondaryPrivateIps"):
            self.call_aws(
                call, inputs, "assign_private_ip_addresses", NetworkInterfaceId=nic, PrivateIpAddresses=inputs["secondaryPrivateIps"]
            )
        self._apply_flags(call, ident, {"sourceDestCheck": True, "disableApiStop": False}, inputs)

    def _apply_flags(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        for key, name in (
            ("sourceDestCheck", "SourceDestCheck"),
            ("disableApiStop", "DisableApiStop"),
            ("disableApiTermination", "DisableApiTermination"),
        ):
            if inputs.get(key) is not None and key in live and live[key] != inputs[key]:
                self.call_aws(call, inputs, "modify_instance_attribute", InstanceId=ident, **{name: {"Value": bool(inputs[key])}})

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the instance, None for a terminated one."""
        thing = super().find(call, ident, state)
        return None if thing is None or dig(thing, "State.Name") in ("terminated", "shutting-down") else thing

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add properties from other calls: options, disks, profile, user data, owner of the public address."""
        out = super().build_outputs(call, ident, thing, state)
        nic = dig(thing, "NetworkInterfaces.0") or {}
        out["vpcSecurityGroupIds"] = sorted(each["GroupId"] for each in nic.get("Groups", ()))
        out["sourceDestCheck"] = bool(thing.get("SourceDestCheck", True))
        out["monitoring"] = dig(thing, "Monitoring.State") == "enabled"
        options = thing.get("MetadataOptions") or {}
        out["metadataOptions"] = convert_from_aws({key: value for key, value in options.items() if key != "State"})
        profile = dig(thing, "IamInstanceProfile.Arn")
        out["iamInstanceProfile"] = profile.rsplit("/", 1)[-1] if profile else None
        out["ipv6Addresses"] = [each["Ipv6Address"] for each in nic.get("Ipv6Addresses", ())]
        out["ipv6AddressCount"] = len(out["ipv6Addresses"])
        out["secondaryPrivateIps"] = [each["PrivateIpAddress"] for each in nic.get("PrivateIpAddresses", ()) if not each.get("Primary")]
        elastic = self.call_aws(call, state, "describe_addresses", Filters=[{"Name": "instance-id", "Values": [ident]}])["Addresses"]
        out["associatePublicIpAddress"] = bool(out["publicIp"]) and out["publicIp"] not in {each["PublicIp"] for each in elastic}
        out |= self._read_volumes(call, ident, thing, state)
        given = self.call_aws(call, state, "describe_instance_attribute", InstanceId=ident, Attribute="userData")
        if data := dig(given, "UserData.Value"):
            out["userDataBase64" if state.get("userDataBase64") else "userData"] = (
                data if state.get("userDataBase64") else _decode_user_data(data)
            )
        attribute = "instanceInitiatedShutdownBehavior"
        answer = self.call_aws(call, state, "describe_instance_attribute", InstanceId=ident, Attribute=attribute)
        out[attribute] = dig(answer, "InstanceInitiatedShutdownBehavior.Value") or "stop"
        for key, name in (("disableApiTermination", "disableApiTermination"), ("disableApiStop", "disableApiStop")):
            answer = self.call_aws(call, state, "describe_instance_attribute", InstanceId=ident, Attribute=name)
            out[key] = bool(dig(answer, f"{name[:1].upper() + name[1:]}.Value"))
        return out

    def _read_volumes(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        attached = [{"Name": "attachment.instance-id", "Values": [ident]}]
        volumes = {each["VolumeId"]: each for each in self.call_aws(call, state, "describe_volumes", Filters=attached)["Volumes"]}
        for mapping in thing.get("BlockDeviceMappings", ()):
            volume = volumes.get(mapping["Ebs"]["VolumeId"])
            if volume and mapping["DeviceName"] == thing.get("RootDeviceName", mapping["DeviceName"]):
                root = {"deviceName": mapping["DeviceName"], "volumeId": volume["VolumeId"], "volumeSize": volume["Size"]}
                root |= {"encrypted": volume["Encrypted"], "volumeType": volume.get("VolumeType"), "iops": volume.get("Iops")}
                root |= {"kmsKeyId": volume.get("KmsKeyId"), "throughput": volume.get("Throughput")}
                root["deleteOnTermination"] = mapping["Ebs"]["DeleteOnTermination"]
                return {"rootBlockDevice": {key: value for key, value in root.items() if value is not None}}
        return {}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Change properties that AWS changes on a running (or just stopped) instance."""
        self._apply_flags(call, ident, live, inputs)
        if (kind := inputs.get("instanceType")) and kind != live["instanceType"]:
            self.call_aws(call, inputs, "modify_instance_attribute", InstanceId=ident, InstanceType={"Value": kind})
        groups = inputs.get("vpcSecurityGroupIds")
        if groups is not None and not self.is_same("vpcSecurityGroupIds", groups, live["vpcSecurityGroupIds"]):
            self.call_aws(call, inputs, "modify_instance_attribute", InstanceId=ident, Groups=groups)
            nic = live["primaryNetworkInterfaceId"]
            self.call_aws(call, inputs, "modify_network_interface_attribute", NetworkInterfaceId=nic, Groups=groups)
        options = convert_to_aws(inputs.get("metadataOptions") or {})
        if options and not is_within(options, convert_to_aws(live["metadataOptions"])):
            self.call_aws(call, inputs, "modify_instance_metadata_options", InstanceId=ident, **options)
        for key in ("userData", "userDataBase64"):
            if inputs.get(key) and inputs[key] != live.get(key):
                data = inputs[key].encode() if key == "userData" else base64.b64decode(inputs[key])
                self.call_aws(call, inputs, "modify_instance_attribute", InstanceId=ident, UserData={"Value": data})
        behavior = inputs.get("instanceInitiatedShutdownBehavior") or "stop"
        if behavior != (live.get("instanceInitiatedShutdownBehavior") or "stop"):
            change = {"Value": behavior}
            self.call_aws(call, inputs, "modify_instance_attribute", InstanceId=ident, InstanceInitiatedShutdownBehavior=change)
        if "monitoring" in inputs and bool(inputs["monitoring"]) != live["monitoring"]:
            self.call_aws(call, inputs, "monitor_instances" if inputs["monitoring"] else "unmonitor_instances", InstanceIds=[ident])
        if "iamInstanceProfile" in inputs and inputs["iamInstanceProfile"] != live.get("iamInstanceProfile"):
            self._replace_profile(call, ident, inputs)

    def _replace_profile(self, call: Call, ident: str, inputs: Props) -> None:
        mine = [{"Name": "instance-id", "Values": [ident]}]
        now = self.call_aws(call, inputs, "describe_iam_instance_profile_associations", Filters=mine)["IamInstanceProfileAssociations"]
        for each in now:
            self.call_aws(call, inputs, "disassociate_iam_instance_profile", AssociationId=each["AssociationId"])
        profile = {"Name": inputs["iamInstanceProfile"]}
        self.call_aws(call, inputs, "associate_iam_instance_profile", InstanceId=ident, IamInstanceProfile=profile)


def _encode_disk(disk: Props) -> Props:
    asked = convert_to_aws({key: disk[key] for key in _DISK if disk.get(key) is not None})
    return {key: int(value) if key in ("VolumeSize", "Iops", "Throughput") else value for key, value in asked.items()}


def _merge_tags(template: list[dict[str, str]] | None, own: Any) -> list[dict[str, str]]:
    return encode_tags({**{each["Key"]: each["Value"] for each in template or ()}, **(own or {})})


_DATA = map_names(
    "blockDeviceMappings capacityReservationSpecification cpuOptions creditSpecification disableApiStop disableApiTermination ebsOptimized "
    "enclaveOptions iamInstanceProfile imageId instanceInitiatedShutdownBehavior instanceType keyName metadataOptions monitoring "
    "networkInterfaces placement privateDnsNameOptions tagSpecifications userData",
    vpcSecurityGroupIds="SecurityGroupIds",
    securityGroupNames="SecurityGroups",
)


class LaunchTemplate(Resource):
    """A launch template; a change creates a new version."""

    token = "aws:ec2/launchTemplate:LaunchTemplate"
    autoname = "name"
    computed_in = {"metadataOptions": _METADATA}
    find_call, find_by, found = "describe_launch_templates", "LaunchTemplateIds", "LaunchTemplates.0"
    delete_call, id_arg = "delete_launch_template", "LaunchTemplateId"
    show = map_names(name="LaunchTemplateName", latestVersion="LatestVersionNumber", defaultVersion="DefaultVersionNumber")
    also = frozenset({"name"})
    also_in_place = frozenset({*_DATA, "description", "updateDefaultVersion", "defaultVersion"})
    tagged, arn = "launch-template", "arn:aws:ec2:{region}:{account}:launch-template/{id}"

    def make(self, call: Call, inputs: Props) -> str:
        """Create the template and its first version."""
        args = {**self.create_args(call, inputs), "LaunchTemplateName": inputs["name"], "LaunchTemplateData": _template_data(inputs)}
        if inputs.get("description"):
            args["VersionDescription"] = inputs["description"]
        ident = str(self.call_aws(call, inputs, "create_launch_template", **args)["LaunchTemplate"]["LaunchTemplateId"])
        call.claim(ident)
        return ident

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the latest version's data, in the form of the state where both mean the same."""
        out = super().build_outputs(call, ident, thing, state)
        args = {"LaunchTemplateId": ident, "Versions": ["$Latest"]}
        version = self.call_aws(call, state, "describe_launch_template_versions", **args)["LaunchTemplateVersions"][0]
        live = version["LaunchTemplateData"]
        asked = _template_data(state)
        for key, aws in _DATA.items():
            if aws in asked and is_within(asked[aws], live.get(aws)):
                out[key] = state[key]
            elif aws in live:
                out[key] = convert_from_aws(_rename_groups(aws, live[aws]))
        out["description"] = version.get("VersionDescription")
        return out

    def find_renewed(self, changed: Iterable[str], inputs: Props) -> Iterable[str]:
        """Return the version outputs that a new version changes (aws_launch_template: computed when its data changes)."""
        if not {*_DATA, "description"}.isdisjoint(changed):
            yield "latestVersion"
            if inputs.get("updateDefaultVersion"):
                yield "defaultVersion"

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Create a new version when the data differs."""
        keys = (*_DATA, "description")
        if any(not self.is_same(key, live.get(key), inputs.get(key)) and (key in inputs or key not in self.computed) for key in keys):
            args = {"LaunchTemplateId": ident, "LaunchTemplateData": _template_data(inputs)}
            if inputs.get("description"):
                args["VersionDescription"] = inputs["description"]
            version = self.call_aws(call, inputs, "create_launch_template_version", **args)["LaunchTemplateVersion"]["VersionNumber"]
            if inputs.get("updateDefaultVersion"):
                self.call_aws(call, inputs, "modify_launch_template", LaunchTemplateId=ident, DefaultVersion=str(version))
        if inputs.get("defaultVersion") and inputs["defaultVersion"] != live["defaultVersion"]:
            self.call_aws(call, inputs, "modify_launch_template", LaunchTemplateId=ident, DefaultVersion=str(inputs["defaultVersion"]))


def _template_data(inputs: Props) -> Props:
    data = {aws: convert_to_aws(inputs[key]) for key, aws in _DATA.items() if inputs.get(key) not in (None, [], {}, "")}
    if "EbsOptimized" in data and isinstance(data["EbsOptimized"], str):
        data["EbsOptimized"] = data["EbsOptimized"] == "true"
    for nic in data.get("NetworkInterfaces", ()):
        if "SecurityGroups" in nic:
            nic["Groups"] = nic.pop("SecurityGroups")
        if "Ipv6Addresses" in nic:
            nic["Ipv6Addresses"] = [{"Ipv6Address": each} for each in nic["Ipv6Addresses"]]
        nic.setdefault("DeviceIndex", 0)
    return {key: value for key, value in data.items() if value not in ([], {})}


def _rename_groups(name: str, value: Any) -> Any:
    """Return template data with the interfaces' groups under the provider's name."""
    if name == "NetworkInterfaces":
        return [{("SecurityGroups" if key == "Groups" else key): item for key, item in each.items()} for each in value]
    return value


_NONE = {
    "httpEndpoint": "no-preference",
    "httpTokens": "no-preference",
    "httpPutResponseHopLimit": -1,
    "instanceMetadataTags": "no-preference",
}


class MetadataDefaults(Resource):
    """The account's metadata defaults in a region; deletion unsets them."""

    token = "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults"
    defaults = _NONE
    also_in_place = frozenset(_NONE)

    def make(self, call: Call, inputs: Props) -> str:
        """Set the defaults."""
        self._apply_inputs(call, inputs)
        call.claim(self.get_region(call, inputs))
        return self.get_region(call, inputs)

    def _apply_inputs(self, call: Call, inputs: Props) -> None:
        self.call_aws(
            call, inputs, "modify_instance_metadata_defaults", **{key[:1].upper() + key[1:]: inputs.get(key, _NONE[key]) for key in _NONE}
        )

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the defaults, which always exist."""
        live = convert_from_aws(self.call_aws(call, {**state, "region": ident}, "get_instance_metadata_defaults").get("AccountLevel", {}))
        return {**_NONE, **live}

    show = {key: key for key in _NONE}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Set the defaults again."""
        self._apply_inputs(call, inputs)

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Unset the defaults."""
        self._apply_inputs(call, {"region": ident, **{key: value for key, value in state.items() if key == "region"}})


TYPES = (Instance, LaunchTemplate, MetadataDefaults)
