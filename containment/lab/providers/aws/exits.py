"""The other ways out of a VPC: egress-only gateways, peering, transit and VPN gateways, and prefix lists that routes may name."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from containment.lab.providers.aws.resource import Resource, dig, names, words
from containment.lab.providers.aws.shapes import to_aws
from containment.lab.providers.handler import Call, Props


class EgressOnlyGateway(Resource):
    """IPv6 out, nothing in."""

    token = "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway"
    create_call, made = "create_egress_only_internet_gateway", "EgressOnlyInternetGateway.EgressOnlyInternetGatewayId"
    find_call, find_by, found = "describe_egress_only_internet_gateways", "EgressOnlyInternetGatewayIds", "EgressOnlyInternetGateways.0"
    delete_call, id_arg = "delete_egress_only_internet_gateway", "EgressOnlyInternetGatewayId"
    send = names("vpcId")
    show = names(vpcId="Attachments.0.VpcId")
    tagged = "egress-only-internet-gateway"


class Peering(Resource):
    """A peering connection, accepted at once within the account when asked for."""

    token = "aws:ec2/vpcPeeringConnection:VpcPeeringConnection"
    create_call, made = "create_vpc_peering_connection", "VpcPeeringConnection.VpcPeeringConnectionId"
    find_call, find_by, found = "describe_vpc_peering_connections", "VpcPeeringConnectionIds", "VpcPeeringConnections.0"
    delete_call, id_arg = "delete_vpc_peering_connection", "VpcPeeringConnectionId"
    send = names("vpcId peerVpcId peerOwnerId peerRegion")
    show = names(
        vpcId="RequesterVpcInfo.VpcId",
        peerVpcId="AccepterVpcInfo.VpcId",
        peerOwnerId="AccepterVpcInfo.OwnerId",
        acceptStatus="Status.Code",
    )
    also_in_place = frozenset({"autoAccept"})
    tagged = "vpc-peering-connection"

    def made_it(self, call: Call, ident: str, inputs: Props) -> None:
        """Accept it."""
        self.modify(call, ident, {}, inputs)

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Accept it when asked to."""
        if inputs.get("autoAccept") and live.get("acceptStatus") != "active":
            self.ask(call, inputs, "accept_vpc_peering_connection", VpcPeeringConnectionId=ident)

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """A deleted or rejected one is gone."""
        thing = super().find(call, ident, state)
        return None if thing is None or dig(thing, "Status.Code") in ("deleted", "rejected", "failed", "expired") else thing


_TRANSIT = (
    "amazonSideAsn autoAcceptSharedAttachments defaultRouteTableAssociation defaultRouteTablePropagation dnsSupport multicastSupport "
    "securityGroupReferencingSupport transitGatewayCidrBlocks vpnEcmpSupport"
)


class TransitGateway(Resource):
    """A transit gateway; its options are fixed at creation here."""

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
    create_call, made = "create_transit_gateway", "TransitGateway.TransitGatewayId"
    find_call, find_by, found = "describe_transit_gateways", "TransitGatewayIds", "TransitGateways.0"
    delete_call, id_arg = "delete_transit_gateway", "TransitGatewayId"
    send = names("description")
    show = names(
        "description ownerId",
        associationDefaultRouteTableId="Options.AssociationDefaultRouteTableId",
        propagationDefaultRouteTableId="Options.PropagationDefaultRouteTableId",
    )
    also = words(_TRANSIT)
    tagged, arn = "transit-gateway", "arn:aws:ec2:{region}:{account}:transit-gateway/{id}"

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send the options as one object."""
        options = to_aws({key: inputs[key] for key in _TRANSIT.split() if inputs.get(key) is not None})
        return {**super().create_args(call, inputs), "Options": options}


class TransitAttachment(Resource):
    """A VPC's attachment to a transit gateway."""

    token = "aws:ec2transitgateway/vpcAttachment:VpcAttachment"
    defaults = {"applianceModeSupport": "disable", "dnsSupport": "enable", "ipv6Support": "disable"}
    sets = frozenset({"subnetIds"})
    create_call, made = "create_transit_gateway_vpc_attachment", "TransitGatewayVpcAttachment.TransitGatewayAttachmentId"
    find_call, find_by = "describe_transit_gateway_vpc_attachments", "TransitGatewayAttachmentIds"
    found = "TransitGatewayVpcAttachments.0"
    delete_call, id_arg = "delete_transit_gateway_vpc_attachment", "TransitGatewayAttachmentId"
    send = names("vpcId transitGatewayId subnetIds")
    show = names("vpcId transitGatewayId subnetIds", vpcOwnerId="VpcOwnerId")
    also = frozenset({"applianceModeSupport", "dnsSupport", "ipv6Support", "securityGroupReferencingSupport"})
    also_in_place = frozenset({"subnetIds"})
    idle = Resource.idle | {"transitGatewayDefaultRouteTableAssociation", "transitGatewayDefaultRouteTablePropagation"}
    tagged = "transit-gateway-attachment"

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send the options as one object."""
        options = {key: inputs[key] for key in ("applianceModeSupport", "dnsSupport", "ipv6Support") if inputs.get(key)}
        return {**super().create_args(call, inputs), "Options": to_aws(options)}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Change the subnets."""
        add, drop = set(inputs["subnetIds"]) - set(live["subnetIds"]), set(live["subnetIds"]) - set(inputs["subnetIds"])
        args = ({"AddSubnetIds": sorted(add)} if add else {}) | ({"RemoveSubnetIds": sorted(drop)} if drop else {})
        if args:
            self.ask(call, inputs, "modify_transit_gateway_vpc_attachment", TransitGatewayAttachmentId=ident, **args)


class VpnGateway(Resource):
    """A virtual private gateway, attached when it names a VPC."""

    token = "aws:ec2/vpnGateway:VpnGateway"
    create_call, made = "create_vpn_gateway", "VpnGateway.VpnGatewayId"
    find_call, find_by, found = "describe_vpn_gateways", "VpnGatewayIds", "VpnGateways.0"
    delete_call, id_arg = "delete_vpn_gateway", "VpnGatewayId"
    send = names("availabilityZone amazonSideAsn")
    show = names("availabilityZone amazonSideAsn")
    also_in_place = frozenset({"vpcId"})
    tagged, arn = "vpn-gateway", "arn:aws:ec2:{region}:{account}:vpn-gateway/{id}"

    def create_args(self, call: Call, inputs: Props) -> Props:
        """AWS has one kind."""
        args = super().create_args(call, inputs)
        return {**args, "Type": "ipsec.1"} | ({"AmazonSideAsn": int(args["AmazonSideAsn"])} if "AmazonSideAsn" in args else {})

    def made_it(self, call: Call, ident: str, inputs: Props) -> None:
        """Attach it."""
        self.modify(call, ident, {}, inputs)

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add where it is attached."""
        return super().props(call, ident, thing, state) | {"vpcId": attached_vpc(thing)}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Attach it where the inputs say; an attachment made elsewhere is left alone when they say nothing."""
        old, new = live.get("vpcId"), inputs.get("vpcId")
        if new and old and old != new:
            self.ask(call, inputs, "detach_vpn_gateway", VpnGatewayId=ident, VpcId=old)
        if new and old != new:
            self.ask(call, inputs, "attach_vpn_gateway", VpnGatewayId=ident, VpcId=new)

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Detach it first."""
        if thing := self.find(call, ident, state):
            if vpc := attached_vpc(thing):
                self.ask(call, state, "detach_vpn_gateway", VpnGatewayId=ident, VpcId=vpc)
            super().unmake(call, ident, state)


def attached_vpc(gateway: Props) -> str | None:
    """Return the VPC that a VPN gateway is attached to."""
    return next((each["VpcId"] for each in gateway.get("VpcAttachments", ()) if each.get("State") == "attached"), None)


class VpnGatewayAttachment(Resource):
    """A VPN gateway's attachment as a resource of its own."""

    token = "aws:ec2/vpnGatewayAttachment:VpnGatewayAttachment"
    also = frozenset({"vpcId", "vpnGatewayId"})

    def make(self, call: Call, inputs: Props) -> str:
        """Attach."""
        self.ask(call, inputs, "attach_vpn_gateway", VpnGatewayId=inputs["vpnGatewayId"], VpcId=inputs["vpcId"])
        ident = f"vpn-attachment-{inputs['vpnGatewayId']}:{inputs['vpcId']}"
        call.claim(ident)
        return ident

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Look at the gateway."""
        gateway, vpc = ident.removeprefix("vpn-attachment-").split(":")
        answer = self.quietly(lambda: self.ask(call, state, "describe_vpn_gateways", VpnGatewayIds=[gateway]))
        same = answer and answer["VpnGateways"] and attached_vpc(answer["VpnGateways"][0]) == vpc
        return {"vpnGatewayId": gateway, "vpcId": vpc} if same else None

    show = {"vpnGatewayId": "vpnGatewayId", "vpcId": "vpcId"}

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Detach."""
        if thing := self.find(call, ident, state):
            self.ask(call, state, "detach_vpn_gateway", VpnGatewayId=thing["vpnGatewayId"], VpcId=thing["vpcId"])


def _entries(resource: Resource, call: Call, inputs: Props, ident: str) -> list[Props]:
    answer = resource.ask(call, inputs, "get_managed_prefix_list_entries", PrefixListId=ident)
    return [
        {"cidr": each["Cidr"], **({"description": each["Description"]} if each.get("Description") else {})} for each in answer["Entries"]
    ]


def _change(resource: Resource, call: Call, inputs: Props, ident: str, add: list[Props], drop: list[str]) -> None:
    """Change a prefix list's entries; the name is sent again because moto forgets it otherwise."""
    if not add and not drop:
        return
    now = resource.ask(call, inputs, "describe_managed_prefix_lists", PrefixListIds=[ident])["PrefixLists"][0]
    args: Props = {"PrefixListId": ident, "PrefixListName": now["PrefixListName"], "CurrentVersion": now["Version"]}
    args |= {"AddEntries": to_aws(add)} if add else {}
    args |= {"RemoveEntries": [{"Cidr": cidr} for cidr in drop]} if drop else {}
    resource.ask(call, inputs, "modify_managed_prefix_list", **args)


class PrefixList(Resource):
    """A managed prefix list; entries given inline are all it has."""

    token = "aws:ec2/managedPrefixList:ManagedPrefixList"
    autoname = "name"
    sets = frozenset({"entries"})
    create_call, made = "create_managed_prefix_list", "PrefixList.PrefixListId"
    find_call, find_by, found = "describe_managed_prefix_lists", "PrefixListIds", "PrefixLists.0"
    delete_call, id_arg = "delete_managed_prefix_list", "PrefixListId"
    send = names("addressFamily maxEntries", name="PrefixListName")
    show = names("addressFamily maxEntries ownerId version", name="PrefixListName")
    also_in_place = frozenset({"entries"})
    tagged, arn = "prefix-list", "arn:aws:ec2:{region}:{account}:prefix-list/{id}"

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send the entries with it."""
        args = super().create_args(call, inputs)
        return args | ({"Entries": to_aws(inputs["entries"])} if inputs.get("entries") else {})

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the entries."""
        return super().props(call, ident, thing, state) | {"entries": _entries(self, call, state, ident)}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Make the entries what they should be."""
        if inputs.get("entries") is not None:
            now, wanted = live["entries"], inputs["entries"]
            add = [each for each in wanted if each not in now]
            drop = [each["cidr"] for each in now if each not in wanted]
            _change(self, call, inputs, ident, add, drop)


class PrefixListEntry(Resource):
    """One entry of a prefix list."""

    token = "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"
    also = frozenset({"cidr", "prefixListId", "description"})

    def make(self, call: Call, inputs: Props) -> str:
        """Add it."""
        entry = {key: inputs[key] for key in ("cidr", "description") if inputs.get(key)}
        if entry not in _entries(self, call, inputs, inputs["prefixListId"]):
            _change(self, call, inputs, inputs["prefixListId"], [entry], [])
        ident = f"{inputs['prefixListId']},{inputs['cidr']}"
        call.claim(ident)
        return ident

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Look in the list."""
        prefix_list, cidr = ident.split(",")
        found = self.quietly(lambda: self.ask(call, state, "describe_managed_prefix_lists", PrefixListIds=[prefix_list])["PrefixLists"])
        entries = _entries(self, call, state, prefix_list) if found else []
        mine = next((each for each in entries if each["cidr"] == cidr), None)
        return mine and {**mine, "prefixListId": prefix_list}

    show = {"cidr": "cidr", "prefixListId": "prefixListId", "description": "description"}

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Remove it."""
        if thing := self.find(call, ident, state):
            _change(self, call, state, thing["prefixListId"], [], [thing["cidr"]])


TYPES = (
    EgressOnlyGateway, Peering, TransitGateway, TransitAttachment, VpnGateway, VpnGatewayAttachment, PrefixList, PrefixListEntry,
)  # fmt: skip
