"""Instances, launch templates, and the account's metadata defaults.

moto ignores most of a launch template at launch, so what a template says is merged here, the instance's own inputs first, as AWS does.
"""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from containment.lab.providers.aws.resource import Resource, dig, names, tag_list, words
from containment.lab.providers.aws.shapes import from_aws, to_aws, within
from containment.lab.providers.handler import Call, Props, RefusedError

_METADATA = frozenset({"httpEndpoint", "httpTokens", "httpPutResponseHopLimit", "httpProtocolIpv6", "instanceMetadataTags"})
_DISK = words("deleteOnTermination encrypted iops kmsKeyId throughput volumeSize volumeType")


def _bare(value: str) -> str:
    return base64.b64decode(value).decode(errors="replace")


class Instance(Resource):
    """An EC2 instance, running as soon as it is made."""

    token = "aws:ec2/instance:Instance"
    defaults = {"getPasswordData": False, "sourceDestCheck": True, "userDataReplaceOnChange": False, "forceDestroy": False}
    computed_in = {
        "metadataOptions": _METADATA,
        "rootBlockDevice": frozenset({"deviceName", "encrypted", "iops", "kmsKeyId", "throughput", "volumeId", "volumeSize", "volumeType"}),
    }
    sets = frozenset({"vpcSecurityGroupIds", "securityGroups", "ipv6Addresses"})
    find_call, find_by, found = "describe_instances", "InstanceIds", "Reservations.0.Instances.0"
    delete_call, id_arg = "terminate_instances", "InstanceIds"
    show = names(
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
    also = words(
        "ami associatePublicIpAddress availabilityZone ebsOptimized ipv6AddressCount ipv6Addresses keyName launchTemplate "
        "networkInterfaces primaryNetworkInterface privateIp rootBlockDevice ebsBlockDevices secondaryPrivateIps subnetId tenancy"
    )
    also_in_place = words(
        "disableApiStop disableApiTermination iamInstanceProfile instanceType metadataOptions monitoring sourceDestCheck "
        "userData userDataBase64 userDataReplaceOnChange volumeTags vpcSecurityGroupIds instanceInitiatedShutdownBehavior forceDestroy "
        "getPasswordData"
    )
    idle = Resource.idle | {"creditSpecification", "maintenanceOptions", "cpuOptions", "enclaveOptions", "privateDnsNameOptions"}
    tagged, arn = "instance", "arn:aws:ec2:{region}:{account}:instance/{id}"

    def replacements(self, keys: Iterable[str], old: Props, new: Props) -> set[str]:
        """Changed user data means a new instance when the inputs say so."""
        keys = list(keys)
        out = super().replacements(keys, old, new)
        return out | ({"userData", "userDataBase64"} & set(keys) if new.get("userDataReplaceOnChange") else set())

    def check(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """An image has to come from somewhere."""
        if not inputs.get("ami") and not inputs.get("launchTemplate"):
            yield "ami", "one of ami and launchTemplate must be given"
        yield from super().check(call, inputs)

    def make(self, call: Call, inputs: Props) -> str:
        """Launch it."""
        template = self._template(call, inputs)
        answer = self.ask(call, inputs, "run_instances", MinCount=1, MaxCount=1, **self._launch(call, inputs, template))
        ident = str(answer["Instances"][0]["InstanceId"])
        call.claim(ident)
        return ident

    def _template(self, call: Call, inputs: Props) -> Props:
        """Return what the launch template says, in AWS's words."""
        chosen = inputs.get("launchTemplate")
        if not chosen:
            return {}
        args = {aws: chosen[ours] for ours, aws in (("id", "LaunchTemplateId"), ("name", "LaunchTemplateName")) if chosen.get(ours)}
        version = str(chosen.get("version") or "$Default")
        answer = self.ask(call, inputs, "describe_launch_template_versions", Versions=[version], **args)
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
        defaults = self.ask(call, inputs, "get_instance_metadata_defaults").get("AccountLevel", {})
        options = {**defaults, **(template.get("MetadataOptions") or {}), **to_aws(inputs.get("metadataOptions") or {})}
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
        if inputs.get("availabilityZone"):
            args["Placement"] = {"AvailabilityZone": inputs["availabilityZone"]}
        args |= self._disks(call, inputs, args["ImageId"], template)
        args |= self._nics(call, inputs, template)
        given = {each["ResourceType"]: each["Tags"] for each in template.get("TagSpecifications") or ()}
        given["instance"] = _merged(given.get("instance"), inputs.get("tags"))
        given["volume"] = _merged(given.get("volume"), inputs.get("volumeTags") or dig(inputs, "rootBlockDevice.tags"))
        args["TagSpecifications"] = [{"ResourceType": kind, "Tags": tags} for kind, tags in sorted(given.items()) if tags]
        return args

    def _disks(self, call: Call, inputs: Props, image: str, template: Props) -> Props:
        mappings = {each["DeviceName"]: each for each in template.get("BlockDeviceMappings") or ()}
        if root := inputs.get("rootBlockDevice"):
            images = self.quietly(lambda: self.ask(call, inputs, "describe_images", ImageIds=[image]))
            name = dig(images or {}, "Images.0.RootDeviceName") or "/dev/sda1"
            mappings[name] = {"DeviceName": name, "Ebs": {"DeleteOnTermination": True, **_disk(root)}}
        for disk in inputs.get("ebsBlockDevices") or ():
            mappings[disk["deviceName"]] = {"DeviceName": disk["deviceName"], "Ebs": {"DeleteOnTermination": True, **_disk(disk)}}
        return {"BlockDeviceMappings": list(mappings.values())} if mappings else {}

    def _nics(self, call: Call, inputs: Props, template: Props) -> Props:
        """Return the interfaces: those given, else one made from the instance's and the template's own settings."""
        existing = list(inputs.get("networkInterfaces") or ())
        if first := inputs.get("primaryNetworkInterface"):
            existing.insert(0, {"deviceIndex": 0, **first})
        if existing:
            return {"NetworkInterfaces": [{**to_aws(each), "DeviceIndex": each.get("deviceIndex", 0)} for each in existing]}
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
            subnets = self.ask(call, inputs, "describe_subnets", Filters=filters)["Subnets"]
            zone = inputs.get("availabilityZone")
            subnet = next((each for each in subnets if zone in (None, each["AvailabilityZone"])), None)
            if subnet is None:
                raise RefusedError(f"{call.name}: no subnetId, and this account has no default subnet; name one")
            primary["SubnetId"] = subnet["SubnetId"]
        if count and inputs.get("ipv6AddressCount") is None:
            inputs["ipv6AddressCount"] = count
        return {"NetworkInterfaces": others}

    def made_it(self, call: Call, ident: str, inputs: Props) -> None:
        """Set what a launch does not take."""
        thing = self.find(call, ident, inputs) or {}
        nic = dig(thing, "NetworkInterfaces.0.NetworkInterfaceId")
        groups = [each["GroupId"] for each in dig(thing, "NetworkInterfaces.0.Groups") or ()]
        if groups:
            self.ask(call, inputs, "modify_instance_attribute", InstanceId=ident, Groups=groups)
        subnet = self.ask(call, inputs, "describe_subnets", SubnetIds=[thing["SubnetId"]])["Subnets"][0]
        addresses, count = inputs.get("ipv6Addresses"), inputs.get("ipv6AddressCount")
        if addresses:
            self.ask(call, inputs, "assign_ipv6_addresses", NetworkInterfaceId=nic, Ipv6Addresses=addresses)
        elif count or (count is None and subnet.get("AssignIpv6AddressOnCreation")):
            self.ask(call, inputs, "assign_ipv6_addresses", NetworkInterfaceId=nic, Ipv6AddressCount=int(count or 1))
        if inputs.get("secondaryPrivateIps"):
            self.ask(call, inputs, "assign_private_ip_addresses", NetworkInterfaceId=nic, PrivateIpAddresses=inputs["secondaryPrivateIps"])
        self._flags(call, ident, {"sourceDestCheck": True, "disableApiStop": False}, inputs)

    def _flags(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        for key, name in (
            ("sourceDestCheck", "SourceDestCheck"),
            ("disableApiStop", "DisableApiStop"),
            ("disableApiTermination", "DisableApiTermination"),
        ):
            if inputs.get(key) is not None and key in live and live[key] != inputs[key]:
                self.ask(call, inputs, "modify_instance_attribute", InstanceId=ident, **{name: {"Value": bool(inputs[key])}})

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """A terminated instance is gone."""
        thing = super().find(call, ident, state)
        return None if thing is None or dig(thing, "State.Name") in ("terminated", "shutting-down") else thing

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add what stands elsewhere: options, disks, profile, user data, whose the public address is."""
        out = super().props(call, ident, thing, state)
        nic = dig(thing, "NetworkInterfaces.0") or {}
        out["vpcSecurityGroupIds"] = sorted(each["GroupId"] for each in nic.get("Groups", ()))
        out["sourceDestCheck"] = bool(thing.get("SourceDestCheck", True))
        out["monitoring"] = dig(thing, "Monitoring.State") == "enabled"
        options = thing.get("MetadataOptions") or {}
        out["metadataOptions"] = from_aws({key: value for key, value in options.items() if key != "State"})
        profile = dig(thing, "IamInstanceProfile.Arn")
        out["iamInstanceProfile"] = profile.rsplit("/", 1)[-1] if profile else None
        out["ipv6Addresses"] = [each["Ipv6Address"] for each in nic.get("Ipv6Addresses", ())]
        out["ipv6AddressCount"] = len(out["ipv6Addresses"])
        out["secondaryPrivateIps"] = [each["PrivateIpAddress"] for each in nic.get("PrivateIpAddresses", ()) if not each.get("Primary")]
        elastic = self.ask(call, state, "describe_addresses", Filters=[{"Name": "instance-id", "Values": [ident]}])["Addresses"]
        out["associatePublicIpAddress"] = bool(out["publicIp"]) and out["publicIp"] not in {each["PublicIp"] for each in elastic}
        out |= self._volumes(call, ident, thing, state)
        given = self.ask(call, state, "describe_instance_attribute", InstanceId=ident, Attribute="userData")
        if data := dig(given, "UserData.Value"):
            out["userDataBase64" if state.get("userDataBase64") else "userData"] = data if state.get("userDataBase64") else _bare(data)
        for key, name in (("disableApiTermination", "disableApiTermination"), ("disableApiStop", "disableApiStop")):
            answer = self.ask(call, state, "describe_instance_attribute", InstanceId=ident, Attribute=name)
            out[key] = bool(dig(answer, f"{name[:1].upper() + name[1:]}.Value"))
        return out

    def _volumes(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        attached = [{"Name": "attachment.instance-id", "Values": [ident]}]
        volumes = {each["VolumeId"]: each for each in self.ask(call, state, "describe_volumes", Filters=attached)["Volumes"]}
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
        """Change what AWS changes under a running (or just stopped) instance."""
        self._flags(call, ident, live, inputs)
        if (kind := inputs.get("instanceType")) and kind != live["instanceType"]:
            self.ask(call, inputs, "modify_instance_attribute", InstanceId=ident, InstanceType={"Value": kind})
        groups = inputs.get("vpcSecurityGroupIds")
        if groups is not None and not self.same("vpcSecurityGroupIds", groups, live["vpcSecurityGroupIds"]):
            self.ask(call, inputs, "modify_instance_attribute", InstanceId=ident, Groups=groups)
            nic = live["primaryNetworkInterfaceId"]
            self.ask(call, inputs, "modify_network_interface_attribute", NetworkInterfaceId=nic, Groups=groups)
        options = to_aws(inputs.get("metadataOptions") or {})
        if options and not within(options, to_aws(live["metadataOptions"])):
            self.ask(call, inputs, "modify_instance_metadata_options", InstanceId=ident, **options)
        for key in ("userData", "userDataBase64"):
            if inputs.get(key) and inputs[key] != live.get(key):
                data = inputs[key].encode() if key == "userData" else base64.b64decode(inputs[key])
                self.ask(call, inputs, "modify_instance_attribute", InstanceId=ident, UserData={"Value": data})
        if "monitoring" in inputs and bool(inputs["monitoring"]) != live["monitoring"]:
            self.ask(call, inputs, "monitor_instances" if inputs["monitoring"] else "unmonitor_instances", InstanceIds=[ident])
        if "iamInstanceProfile" in inputs and inputs["iamInstanceProfile"] != live.get("iamInstanceProfile"):
            self._profile(call, ident, inputs)

    def _profile(self, call: Call, ident: str, inputs: Props) -> None:
        mine = [{"Name": "instance-id", "Values": [ident]}]
        now = self.ask(call, inputs, "describe_iam_instance_profile_associations", Filters=mine)["IamInstanceProfileAssociations"]
        for each in now:
            self.ask(call, inputs, "disassociate_iam_instance_profile", AssociationId=each["AssociationId"])
        profile = {"Name": inputs["iamInstanceProfile"]}
        self.ask(call, inputs, "associate_iam_instance_profile", InstanceId=ident, IamInstanceProfile=profile)


def _disk(disk: Props) -> Props:
    asked = to_aws({key: disk[key] for key in _DISK if disk.get(key) is not None})
    return {key: int(value) if key in ("VolumeSize", "Iops", "Throughput") else value for key, value in asked.items()}


def _merged(template: list[dict[str, str]] | None, own: Any) -> list[dict[str, str]]:
    return tag_list({**{each["Key"]: each["Value"] for each in template or ()}, **(own or {})})


_DATA = names(
    "blockDeviceMappings capacityReservationSpecification cpuOptions creditSpecification disableApiStop disableApiTermination ebsOptimized "
    "enclaveOptions iamInstanceProfile imageId instanceInitiatedShutdownBehavior instanceType keyName metadataOptions monitoring "
    "networkInterfaces placement privateDnsNameOptions tagSpecifications userData",
    vpcSecurityGroupIds="SecurityGroupIds",
    securityGroupNames="SecurityGroups",
)


class LaunchTemplate(Resource):
    """A launch template; a change makes a new version."""

    token = "aws:ec2/launchTemplate:LaunchTemplate"
    autoname = "name"
    computed_in = {"metadataOptions": _METADATA}
    find_call, find_by, found = "describe_launch_templates", "LaunchTemplateIds", "LaunchTemplates.0"
    delete_call, id_arg = "delete_launch_template", "LaunchTemplateId"
    show = names(name="LaunchTemplateName", latestVersion="LatestVersionNumber", defaultVersion="DefaultVersionNumber")
    also = frozenset({"name"})
    also_in_place = frozenset({*_DATA, "description", "updateDefaultVersion", "defaultVersion"})
    tagged, arn = "launch-template", "arn:aws:ec2:{region}:{account}:launch-template/{id}"

    def make(self, call: Call, inputs: Props) -> str:
        """Make the template and its first version."""
        args = {**self.create_args(call, inputs), "LaunchTemplateName": inputs["name"], "LaunchTemplateData": _template_data(inputs)}
        if inputs.get("description"):
            args["VersionDescription"] = inputs["description"]
        ident = str(self.ask(call, inputs, "create_launch_template", **args)["LaunchTemplate"]["LaunchTemplateId"])
        call.claim(ident)
        return ident

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the latest version's data, in the words of the state where both mean the same."""
        out = super().props(call, ident, thing, state)
        args = {"LaunchTemplateId": ident, "Versions": ["$Latest"]}
        version = self.ask(call, state, "describe_launch_template_versions", **args)["LaunchTemplateVersions"][0]
        live = version["LaunchTemplateData"]
        asked = _template_data(state)
        for key, aws in _DATA.items():
            if aws in asked and within(asked[aws], live.get(aws)):
                out[key] = state[key]
            elif aws in live:
                out[key] = from_aws(_outer(aws, live[aws]))
        out["description"] = version.get("VersionDescription")
        return out

    def renewed(self, changed: Iterable[str], inputs: Props) -> Iterable[str]:
        """Return the version outputs that a new version changes (aws_launch_template: computed when its data changes)."""
        if not {*_DATA, "description"}.isdisjoint(changed):
            yield "latestVersion"
            if inputs.get("updateDefaultVersion"):
                yield "defaultVersion"

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Make a new version when the data differs."""
        keys = (*_DATA, "description")
        if any(not self.same(key, live.get(key), inputs.get(key)) and (key in inputs or key not in self.computed) for key in keys):
            args = {"LaunchTemplateId": ident, "LaunchTemplateData": _template_data(inputs)}
            if inputs.get("description"):
                args["VersionDescription"] = inputs["description"]
            version = self.ask(call, inputs, "create_launch_template_version", **args)["LaunchTemplateVersion"]["VersionNumber"]
            if inputs.get("updateDefaultVersion"):
                self.ask(call, inputs, "modify_launch_template", LaunchTemplateId=ident, DefaultVersion=str(version))
        if inputs.get("defaultVersion") and inputs["defaultVersion"] != live["defaultVersion"]:
            self.ask(call, inputs, "modify_launch_template", LaunchTemplateId=ident, DefaultVersion=str(inputs["defaultVersion"]))


def _template_data(inputs: Props) -> Props:
    data = {aws: to_aws(inputs[key]) for key, aws in _DATA.items() if inputs.get(key) not in (None, [], {}, "")}
    if "EbsOptimized" in data and isinstance(data["EbsOptimized"], str):
        data["EbsOptimized"] = data["EbsOptimized"] == "true"
    for nic in data.get("NetworkInterfaces", ()):
        if "SecurityGroups" in nic:
            nic["Groups"] = nic.pop("SecurityGroups")
        if "Ipv6Addresses" in nic:
            nic["Ipv6Addresses"] = [{"Ipv6Address": each} for each in nic["Ipv6Addresses"]]
        nic.setdefault("DeviceIndex", 0)
    return {key: value for key, value in data.items() if value not in ([], {})}


def _outer(name: str, value: Any) -> Any:
    """Return template data with interfaces' groups under our name."""
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
    """The account's metadata defaults in a region; deleting them takes them back."""

    token = "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults"
    defaults = _NONE
    also_in_place = frozenset(_NONE)

    def make(self, call: Call, inputs: Props) -> str:
        """Set them."""
        self._set(call, inputs)
        call.claim(self.region(call, inputs))
        return self.region(call, inputs)

    def _set(self, call: Call, inputs: Props) -> None:
        self.ask(
            call, inputs, "modify_instance_metadata_defaults", **{key[:1].upper() + key[1:]: inputs.get(key, _NONE[key]) for key in _NONE}
        )

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """They are always there."""
        live = from_aws(self.ask(call, {**state, "region": ident}, "get_instance_metadata_defaults").get("AccountLevel", {}))
        return {**_NONE, **live}

    show = {key: key for key in _NONE}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Set them again."""
        self._set(call, inputs)

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Take them back."""
        self._set(call, {"region": ident, **{key: value for key, value in state.items() if key == "region"}})


TYPES = (Instance, LaunchTemplate, MetadataDefaults)
