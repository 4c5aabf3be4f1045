"""Other connections out of a VPC: egress-only gateways, peering, transit and VPN gateways, and prefix lists for routes."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from containment_lab.providers.aws.resource import Resource, dig, map_names, split_words
from containment_lab.providers.aws.shapes import convert_to_aws
from containment_lab.providers.handler import Call, Props


class EgressOnlyGateway(Resource):
    """An egress-only gateway: IPv6 connections out, none in."""

    token = "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway"
    kind = "EgressOnlyInternetGateway"
    send = map_names("vpcId")
    show = map_names(vpcId="Attachments.0.VpcId")
    arn = ""  # the type has none


class PeeringConnection(Resource):
    """A peering connection, accepted at once within the account if `autoAccept` is set."""

    token = "aws:ec2/vpcPeeringConnection:VpcPeeringConnection"
    kind = "VpcPeeringConnection"
    send = map_names("vpcId peerVpcId peerOwnerId peerRegion")
    show = map_names(
        vpcId="RequesterVpcInfo.VpcId",
        peerVpcId="AccepterVpcInfo.VpcId",
        peerOwnerId="AccepterVpcInfo.OwnerId",
        acceptStatus="Status.Code",
    )
    also_in_place = frozenset({"autoAccept"})
    unfinished: Props = {}
    arn = ""  # the type has none

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Accept the connection if `autoAccept` is set."""
        if inputs.get("autoAccept") and live.get("acceptStatus") != "active":
            self.call_aws(call, inputs, "accept_vpc_peering_connection", VpcPeeringConnectionId=ident)

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the connection, None for a deleted or rejected one."""
        thing = super().find(call, ident, state)
        return None if thing is None or dig(thing, "Status.Code") in ("deleted", "rejected", "failed", "expired") else thing


_TRANSIT = (
    "amazonSideAsn autoAcceptSharedAttachments defaultRouteTableAssociation defaultRouteTablePropagation dnsSupport multicastSupport "
    "securityGroupReferencingSupport transitGatewayCidrBlocks vpnEcmpSupport"
)


class TransitGateway(Resource):
    """A transit gateway; its options cannot be changed here."""

    token = "aws:ec2transitgateway/transitGateway:TransitGateway"
    defaults = {
        "amazonSideAsn": 64512,
        "autoAcceptSharedAttachments": "disable",
        "defaultRouteTableAssociation": "enable",
        "defaultRouteTablePropagation": "enable",
        "dnsSupport": "enable",
        "multicastSupport": "disable",
        "securityGroupReferencingSupport": "disable",
        "vpnEcmpSupport": "enable",
    }
    kind = "TransitGateway"
    send = map_names("description")
    show = map_names(
        "description ownerId",
        associationDefaultRouteTableId="Options.AssociationDefaultRouteTableId",
        propagationDefaultRouteTableId="Options.PropagationDefaultRouteTableId",
    )
    also = split_words(_TRANSIT)

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send the options as one object."""
        options = convert_to_aws({key: inputs[key] for key in _TRANSIT.split() if inputs.get(key) is not None})
        return {**super().create_args(call, inputs), "Options": options}


class VpnGateway(Resource):
    """A virtual private gateway, attached if it has a VPC."""

    token = "aws:ec2/vpnGateway:VpnGateway"
    kind = "VpnGateway"
    send = show = map_names("availabilityZone amazonSideAsn")
    also_in_place = frozenset({"vpcId"})
    unfinished: Props = {}

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Set the type, of which AWS has one."""
        args = super().create_args(call, inputs)
        return {**args, "Type": "ipsec.1"} | ({"AmazonSideAsn": int(args["AmazonSideAsn"])} if "AmazonSideAsn" in args else {})

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the VPC to which it is attached."""
        return super().build_outputs(call, ident, thing, state) | {"vpcId": find_attached_vpc(thing)}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Attach the gateway to the VPC in the inputs; without one, leave an attachment made elsewhere alone."""
        old, new = live.get("vpcId"), inputs.get("vpcId")
        if new and old and old != new:
            self.call_aws(call, inputs, "detach_vpn_gateway", VpnGatewayId=ident, VpcId=old)
        if new and old != new:
            self.call_aws(call, inputs, "attach_vpn_gateway", VpnGatewayId=ident, VpcId=new)

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:
        """Detach the gateway, then delete it."""
        if vpc := find_attached_vpc(thing):
            self.call_aws(call, state, "detach_vpn_gateway", VpnGatewayId=ident, VpcId=vpc)
        super().unmake(call, ident, thing, state)


def find_attached_vpc(gateway: Props) -> str | None:
    """Return the VPC to which a VPN gateway is attached."""
    return next((each["VpcId"] for each in gateway.get("VpcAttachments", ()) if each.get("State") == "attached"), None)


class VpnGatewayAttachment(Resource):
    """A VPN gateway's attachment as a separate resource."""

    token = "aws:ec2/vpnGatewayAttachment:VpnGatewayAttachment"
    create_call, delete_call, delete_by = "attach_vpn_gateway", "detach_vpn_gateway", ("VpnGatewayId", "VpcId")
    ident = "vpn-attachment-{vpnGatewayId}:{vpcId}"
    send = show = map_names("vpnGatewayId vpcId")

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the gateway if it is attached to the VPC."""
        gateway, vpc = ident.removeprefix("vpn-attachment-").split(":")
        answer = self.try_call(lambda: self.call_aws(call, state, "describe_vpn_gateways", VpnGatewayIds=[gateway]))
        same = answer and answer["VpnGateways"] and find_attached_vpc(answer["VpnGateways"][0]) == vpc
        return {"VpnGatewayId": gateway, "VpcId": vpc} if same else None


def _read_entries(resource: Resource, call: Call, inputs: Props, ident: str) -> list[Props]:
    answer = resource.call_aws(call, inputs, "get_managed_prefix_list_entries", PrefixListId=ident)
    return [
        {"cidr": each["Cidr"], **({"description": each["Description"]} if each.get("Description") else {})} for each in answer["Entries"]
    ]


def _change(resource: Resource, call: Call, inputs: Props, ident: str, add: list[Props], drop: list[str]) -> None:
    """Change a prefix list's entries; the name is sent again because moto drops it otherwise."""
    if not add and not drop:
        return
    now = resource.call_aws(call, inputs, "describe_managed_prefix_lists", PrefixListIds=[ident])["PrefixLists"][0]
    args: Props = {"PrefixListId": ident, "PrefixListName": now["PrefixListName"], "CurrentVersion": now["Version"]}
    args |= {"AddEntries": convert_to_aws(add)} if add else {}
    args |= {"RemoveEntries": [{"Cidr": cidr} for cidr in drop]} if drop else {}
    resource.call_aws(call, inputs, "modify_managed_prefix_list", **args)


class PrefixList(Resource):
    """A managed prefix list; given inline entries are exclusive."""

    token = "aws:ec2/managedPrefixList:ManagedPrefixList"
    autoname = "name"
    sets = frozenset({"entries"})
    kind = "PrefixList"
    create_call, find_call, delete_call = "create_managed_prefix_list", "describe_managed_prefix_lists", "delete_managed_prefix_list"
    send = map_names("addressFamily maxEntries", name="PrefixListName")
    show = map_names("addressFamily maxEntries ownerId version", name="PrefixListName")
    also_in_place = frozenset({"entries"})

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send the entries with the create call."""
        args = super().create_args(call, inputs)
        return args | ({"Entries": convert_to_aws(inputs["entries"])} if inputs.get("entries") else {})

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the entries."""
        return super().build_outputs(call, ident, thing, state) | {"entries": _read_entries(self, call, state, ident)}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Make the live entries equal to the inputs."""
        if inputs.get("entries") is not None:
            now, wanted = live["entries"], inputs["entries"]
            add = [each for each in wanted if each not in now]
            drop = [each["cidr"] for each in now if each not in wanted]
            _change(self, call, inputs, ident, add, drop)


TYPES = (
    EgressOnlyGateway, PeeringConnection, TransitGateway, VpnGateway, VpnGatewayAttachment, PrefixList,
)  # fmt: skip
