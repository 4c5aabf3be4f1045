"""EC2 instances: launched, read with what other calls return, and changed in place where AWS does."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

import base64
from collections.abc import Iterable

from botocore.exceptions import ClientError

from containment_lab.providers.aws.compute.launch import BAD_IMAGE, build_launch, describe_unknown_image
from containment_lab.providers.aws.compute.metadata_defaults import METADATA_OPTIONS
from containment_lab.providers.aws.resource import Resource, convert_to_pascal, dig, map_names, split_words
from containment_lab.providers.aws.shapes import convert_from_aws, convert_to_aws, is_within
from containment_lab.providers.handler import Call, Props, RefusedError


class Instance(Resource):
    """An EC2 instance, running as soon as it is created."""

    token = "aws:ec2/instance:Instance"
    defaults = {"getPasswordData": False, "sourceDestCheck": True, "userDataReplaceOnChange": False, "forceDestroy": False}
    computed_in = {
        "metadataOptions": METADATA_OPTIONS,
        "rootBlockDevice": frozenset({"deviceName", "encrypted", "iops", "kmsKeyId", "throughput", "volumeId", "volumeSize", "volumeType"}),
    }
    sets = frozenset({"vpcSecurityGroupIds", "securityGroups", "ipv6Addresses"})
    kind, found = "Instance", "Reservations.0.Instances.0"
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
        launch = build_launch(self, call, inputs)
        try:
            answer = self.call_aws(call, inputs, "run_instances", MinCount=1, MaxCount=1, **launch)
        except ClientError as error:
            if error.response["Error"]["Code"] in BAD_IMAGE:
                raise RefusedError(describe_unknown_image(call.name, launch["ImageId"], str(error))) from error
            raise
        return str(answer["Instances"][0]["InstanceId"])

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
        for key in ("sourceDestCheck", "disableApiStop", "disableApiTermination"):
            if inputs.get(key) is not None and key in live and live[key] != inputs[key]:
                change = {convert_to_pascal(key): {"Value": bool(inputs[key])}}
                self.call_aws(call, inputs, "modify_instance_attribute", InstanceId=ident, **change)

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
            if state.get("userDataBase64"):
                out["userDataBase64"] = data
            else:
                out["userData"] = base64.b64decode(data).decode(errors="replace")
        attribute = "instanceInitiatedShutdownBehavior"
        answer = self.call_aws(call, state, "describe_instance_attribute", InstanceId=ident, Attribute=attribute)
        out[attribute] = dig(answer, "InstanceInitiatedShutdownBehavior.Value") or "stop"
        for key in ("disableApiTermination", "disableApiStop"):
            answer = self.call_aws(call, state, "describe_instance_attribute", InstanceId=ident, Attribute=key)
            out[key] = bool(dig(answer, f"{convert_to_pascal(key)}.Value"))
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


TYPES = (Instance,)
