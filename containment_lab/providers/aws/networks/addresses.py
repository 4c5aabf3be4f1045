"""Elastic IPs, interfaces and NAT gateways: public addresses and their owners."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from containment_lab.providers.aws.resource import Resource, dig, map_names
from containment_lab.providers.handler import Call, Props


class Eip(Resource):
    """An Elastic IP, associated if it has an instance or an interface."""

    token = "aws:ec2/eip:Eip"
    create_call, made = "allocate_address", "AllocationId"
    find_call, find_by, found = "describe_addresses", "AllocationIds", "Addresses.0"
    delete_call, id_arg = "release_address", "AllocationId"
    send = map_names("address publicIpv4Pool networkBorderGroup")
    show = map_names(
        "allocationId associationId domain publicIp",
        instance="InstanceId",
        networkInterface="NetworkInterfaceId",
        privateIp="PrivateIpAddress",
    )
    also = frozenset({"domain"})
    also_in_place = frozenset({"instance", "networkInterface", "associateWithPrivateIp"})
    unfinished: Props = {}
    idle = Resource.idle | {"vpc"}
    tagged, arn = "elastic-ip", "arn:aws:ec2:{region}:{account}:elastic-ip/{id}"

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Set the domain: every address belongs to VPCs."""
        return {**super().create_args(call, inputs), "Domain": "vpc"}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Associate the address with the target in the inputs; without one, leave an association made elsewhere alone."""
        instance, nic = inputs.get("instance"), inputs.get("networkInterface")
        if (instance and instance != live.get("instance")) or (nic and nic != live.get("networkInterface")):
            args = {"InstanceId": instance, "NetworkInterfaceId": nic, "PrivateIpAddress": inputs.get("associateWithPrivateIp")}
            args = {key: value for key, value in args.items() if value}
            self.call_aws(call, inputs, "associate_address", AllocationId=ident, AllowReassociation=True, **args)

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add AWS's DNS names of the addresses."""
        out = super().build_outputs(call, ident, thing, state)
        out["publicDns"] = f"ec2-{out['publicIp'].replace('.', '-')}.compute-1.amazonaws.com"
        return {key: value or None for key, value in out.items() if key not in ("tags", "tagsAll")} | {
            key: out[key] for key in ("tags", "tagsAll")
        }

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:
        """Disassociate the address, then release it."""
        if association := thing.get("AssociationId"):
            self.call_aws(call, state, "disassociate_address", AssociationId=association)
        super().unmake(call, ident, thing, state)


class EipAssociation(Resource):
    """An Elastic IP's association as a separate resource."""

    token = "aws:ec2/eipAssociation:EipAssociation"
    create_call, made = "associate_address", "AssociationId"
    delete_call, id_arg = "disassociate_address", "AssociationId"
    send = map_names("allocationId instanceId networkInterfaceId privateIpAddress publicIp allowReassociation")
    show = map_names("allocationId instanceId networkInterfaceId privateIpAddress publicIp")
    delete_first = True

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the association."""
        filters = [{"Name": "association-id", "Values": [ident]}]
        thing = dig(self.call_aws(call, state, "describe_addresses", Filters=filters), "Addresses.0")
        return dict(thing) if thing else None


class NatGateway(Resource):
    """A NAT gateway."""

    token = "aws:ec2/natGateway:NatGateway"
    defaults = {"connectivityType": "public"}
    kind = "NatGateway"
    send = map_names("subnetId allocationId connectivityType")
    show = map_names(
        "subnetId vpcId connectivityType",
        allocationId="NatGatewayAddresses.0.AllocationId",
        associationId="NatGatewayAddresses.0.AssociationId",
        networkInterfaceId="NatGatewayAddresses.0.NetworkInterfaceId",
        privateIp="NatGatewayAddresses.0.PrivateIp",
        publicIp="NatGatewayAddresses.0.PublicIp",
    )
    tagged, arn = "natgateway", "arn:aws:ec2:{region}:{account}:natgateway/{id}"


class NetworkInterface(Resource):
    """An interface."""

    token = "aws:ec2/networkInterface:NetworkInterface"
    defaults = {"sourceDestCheck": True}
    sets = frozenset({"securityGroups", "privateIps", "ipv6Addresses"})
    kind = "NetworkInterface"
    send = map_names("subnetId description", securityGroups="Groups")
    show = map_names(
        "subnetId description macAddress ownerId interfaceType sourceDestCheck privateDnsName",
        privateIp="PrivateIpAddress",
    )
    in_place = {
        "securityGroups": ("modify_network_interface_attribute", lambda value: {"Groups": value or []}),
        "description": ("modify_network_interface_attribute", lambda value: {"Description": {"Value": value or ""}}),
        "sourceDestCheck": ("modify_network_interface_attribute", lambda value: {"SourceDestCheck": {"Value": bool(value)}}),
    }
    also = frozenset({"privateIps", "ipv6AddressCount", "ipv6Addresses", "attachments", "privateIp"})
    also_in_place = frozenset({"attachments"})
    unfinished: Props = {"attachments": []}

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Add the addresses."""
        args = super().create_args(call, inputs)
        addresses = inputs.get("privateIps") or ([inputs["privateIp"]] if inputs.get("privateIp") else [])
        if addresses:
            args["PrivateIpAddresses"] = [{"Primary": number == 0, "PrivateIpAddress": each} for number, each in enumerate(addresses)]
        if inputs.get("ipv6Addresses"):
            args["Ipv6Addresses"] = [{"Ipv6Address": each} for each in inputs["ipv6Addresses"]]
        elif inputs.get("ipv6AddressCount"):
            args["Ipv6AddressCount"] = int(inputs["ipv6AddressCount"])
        return args

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Attach the interface to the instance in the inputs."""
        wanted = inputs.get("attachments")
        if wanted is None:
            return
        now = {(each["instance"], each["deviceIndex"]): each["attachmentId"] for each in live.get("attachments") or ()}
        asked = {(each["instance"], int(each["deviceIndex"])) for each in wanted}
        for key in now.keys() - asked:
            self.call_aws(call, inputs, "detach_network_interface", AttachmentId=now[key], Force=True)
        for instance, index in asked - now.keys():
            self.call_aws(call, inputs, "attach_network_interface", NetworkInterfaceId=ident, InstanceId=instance, DeviceIndex=index)

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add groups, addresses and the attachment."""
        out = super().build_outputs(call, ident, thing, state)
        out["securityGroups"] = sorted(each["GroupId"] for each in thing.get("Groups", ()))
        out["privateIps"] = [each["PrivateIpAddress"] for each in thing.get("PrivateIpAddresses", ())]
        out["privateIpsCount"] = max(0, len(out["privateIps"]) - 1)
        out["ipv6Addresses"] = [each["Ipv6Address"] for each in thing.get("Ipv6Addresses", ())]
        out["ipv6AddressCount"] = len(out["ipv6Addresses"])
        held = thing.get("Attachment") or {}
        out["attachments"] = [
            {"attachmentId": held["AttachmentId"], "deviceIndex": held.get("DeviceIndex", 0), "instance": held["InstanceId"]}
            for _ in (0,)
            if held.get("InstanceId")
        ]
        return out

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:
        """Detach the interface, then delete it."""
        if attachment := dig(thing, "Attachment.AttachmentId"):
            self.call_aws(call, state, "detach_network_interface", AttachmentId=attachment, Force=True)
        super().unmake(call, ident, thing, state)


class NetworkInterfaceAttachment(Resource):
    """An interface's attachment as a separate resource."""

    token = "aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment"
    create_call, made = "attach_network_interface", "AttachmentId"
    delete_call, id_arg = "detach_network_interface", "AttachmentId"
    send = map_names("instanceId networkInterfaceId deviceIndex")
    show = map_names("instanceId networkInterfaceId deviceIndex attachmentId status")
    delete_first = True

    def check(self, call: Call, inputs: Props) -> list[tuple[str, str]]:
        """Require all three properties."""
        missing = [key for key in self.send if inputs.get(key) is None]
        return [*super().check(call, inputs), *((key, f"missing required property '{key}'") for key in missing)]

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the interface's attachment."""
        filters = [{"Name": "attachment.attachment-id", "Values": [ident]}]
        if nic := state.get("networkInterfaceId"):
            filters = [{"Name": "network-interface-id", "Values": [nic]}]
        for each in self.call_aws(call, state, "describe_network_interfaces", Filters=filters)["NetworkInterfaces"]:
            if dig(each, "Attachment.AttachmentId") == ident:
                return {**each["Attachment"], "NetworkInterfaceId": each["NetworkInterfaceId"]}
        return None

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:  # noqa: ARG002
        """Detach the interface."""
        self.call_aws(call, state, "detach_network_interface", AttachmentId=ident, Force=True)


TYPES = (Eip, EipAssociation, NatGateway, NetworkInterface, NetworkInterfaceAttachment)
