"""VPCs, subnets, internet gateways and DHCP options."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from typing import Any

from containment.lab.providers.aws.resource import Resource, dig, names
from containment.lab.providers.handler import Call, Props


def _flag(name: str) -> Any:
    return lambda value: {name: {"Value": bool(value)}}


class Vpc(Resource):
    """A VPC; its main route table, default ACL and default group come with it."""

    token = "aws:ec2/vpc:Vpc"
    defaults = {"enableDnsSupport": True, "instanceTenancy": "default"}
    create_call, made = "create_vpc", "Vpc.VpcId"
    find_call, find_by, found = "describe_vpcs", "VpcIds", "Vpcs.0"
    delete_call, id_arg = "delete_vpc", "VpcId"
    send = names("cidrBlock instanceTenancy", assignGeneratedIpv6CidrBlock="AmazonProvidedIpv6CidrBlock")
    show = names(
        "cidrBlock instanceTenancy dhcpOptionsId ownerId",
        ipv6CidrBlock="Ipv6CidrBlockAssociationSet.0.Ipv6CidrBlock",
        ipv6AssociationId="Ipv6CidrBlockAssociationSet.0.AssociationId",
    )
    in_place = {
        "enableDnsSupport": ("modify_vpc_attribute", _flag("EnableDnsSupport")),
        "enableDnsHostnames": ("modify_vpc_attribute", _flag("EnableDnsHostnames")),
        "enableNetworkAddressUsageMetrics": ("modify_vpc_attribute", _flag("EnableNetworkAddressUsageMetrics")),
    }
    tagged, arn = "vpc", "arn:aws:ec2:{region}:{account}:vpc/{id}"

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the attributes and the defaults that came with the VPC."""
        out = super().props(call, ident, thing, state)
        for key, attribute in (
            ("enableDnsSupport", "EnableDnsSupport"),
            ("enableDnsHostnames", "EnableDnsHostnames"),
            ("enableNetworkAddressUsageMetrics", "EnableNetworkAddressUsageMetrics"),
        ):
            answer = self.ask(call, state, "describe_vpc_attribute", VpcId=ident, Attribute=attribute[:1].lower() + attribute[1:])
            out[key] = dig(answer, f"{attribute}.Value")
        mine = {"Name": "vpc-id", "Values": [ident]}
        main = self.ask(call, state, "describe_route_tables", Filters=[mine, {"Name": "association.main", "Values": ["true"]}])
        acls = self.ask(call, state, "describe_network_acls", Filters=[mine, {"Name": "default", "Values": ["true"]}])
        groups = self.ask(call, state, "describe_security_groups", Filters=[mine, {"Name": "group-name", "Values": ["default"]}])
        out["mainRouteTableId"] = dig(main, "RouteTables.0.RouteTableId")
        out["defaultRouteTableId"] = state.get("defaultRouteTableId") or out["mainRouteTableId"]
        out["defaultNetworkAclId"] = dig(acls, "NetworkAcls.0.NetworkAclId")
        out["defaultSecurityGroupId"] = dig(groups, "SecurityGroups.0.GroupId")
        return out


class VpcIpv4Cidr(Resource):
    """A further IPv4 range of a VPC."""

    token = "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation"
    create_call, made = "associate_vpc_cidr_block", "CidrBlockAssociation.AssociationId"
    delete_call, id_arg = "disassociate_vpc_cidr_block", "AssociationId"
    send = names("vpcId cidrBlock")

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Look for the association in every VPC."""
        for vpc in self.ask(call, state, "describe_vpcs")["Vpcs"]:
            for each in vpc.get("CidrBlockAssociationSet", ()):
                if each["AssociationId"] == ident and each["CidrBlockState"]["State"] == "associated":
                    return {"vpcId": vpc["VpcId"], "cidrBlock": each["CidrBlock"]}
        return None

    show = {"vpcId": "vpcId", "cidrBlock": "cidrBlock"}


class Subnet(Resource):
    """A subnet. Whether it gives public addresses is set after it is made."""

    token = "aws:ec2/subnet:Subnet"
    defaults = {
        "assignIpv6AddressOnCreation": False,
        "enableDns64": False,
        "enableResourceNameDnsARecordOnLaunch": False,
        "enableResourceNameDnsAaaaRecordOnLaunch": False,
        "ipv6Native": False,
        "mapPublicIpOnLaunch": False,
    }
    create_call, made = "create_subnet", "Subnet.SubnetId"
    find_call, find_by, found = "describe_subnets", "SubnetIds", "Subnets.0"
    delete_call, id_arg = "delete_subnet", "SubnetId"
    send = names("vpcId cidrBlock availabilityZone availabilityZoneId ipv6CidrBlock")
    show = names(
        "vpcId cidrBlock availabilityZone availabilityZoneId mapPublicIpOnLaunch assignIpv6AddressOnCreation ownerId ipv6Native",
        ipv6CidrBlock="Ipv6CidrBlockAssociationSet.0.Ipv6CidrBlock",
        ipv6CidrBlockAssociationId="Ipv6CidrBlockAssociationSet.0.AssociationId",
        enableResourceNameDnsARecordOnLaunch="PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord",
        privateDnsHostnameTypeOnLaunch="PrivateDnsNameOptionsOnLaunch.HostnameType",
    )
    in_place = {
        "mapPublicIpOnLaunch": ("modify_subnet_attribute", _flag("MapPublicIpOnLaunch")),
        "assignIpv6AddressOnCreation": ("modify_subnet_attribute", _flag("AssignIpv6AddressOnCreation")),
        "enableResourceNameDnsARecordOnLaunch": ("modify_subnet_attribute", _flag("EnableResourceNameDnsARecordOnLaunch")),
    }
    tagged, arn = "subnet", "arn:aws:ec2:{region}:{account}:subnet/{id}"


class InternetGateway(Resource):
    """An internet gateway, attached when it names a VPC."""

    token = "aws:ec2/internetGateway:InternetGateway"
    create_call, made = "create_internet_gateway", "InternetGateway.InternetGatewayId"
    find_call, find_by, found = "describe_internet_gateways", "InternetGatewayIds", "InternetGateways.0"
    delete_call, id_arg = "delete_internet_gateway", "InternetGatewayId"
    show = names("ownerId", vpcId="Attachments.0.VpcId")
    also_in_place = frozenset({"vpcId"})
    tagged, arn = "internet-gateway", "arn:aws:ec2:{region}:{account}:internet-gateway/{id}"

    def made_it(self, call: Call, ident: str, inputs: Props) -> None:
        """Attach it."""
        self._move(call, ident, None, inputs.get("vpcId"), inputs)

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Attach it elsewhere."""
        if "vpcId" in inputs:
            self._move(call, ident, live.get("vpcId"), inputs["vpcId"], inputs)

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Detach it first."""
        if thing := self.find(call, ident, state):
            self._move(call, ident, dig(thing, "Attachments.0.VpcId"), None, state)
            super().unmake(call, ident, state)

    def _move(self, call: Call, ident: str, old: str | None, new: str | None, inputs: Props) -> None:
        if old and old != new:
            self.ask(call, inputs, "detach_internet_gateway", InternetGatewayId=ident, VpcId=old)
        if new and old != new:
            self.ask(call, inputs, "attach_internet_gateway", InternetGatewayId=ident, VpcId=new)


class InternetGatewayAttachment(Resource):
    """A gateway's attachment as a resource of its own; its id is `<gateway>:<vpc>`."""

    token = "aws:ec2/internetGatewayAttachment:InternetGatewayAttachment"
    also = frozenset({"internetGatewayId", "vpcId"})

    def make(self, call: Call, inputs: Props) -> str:
        """Attach."""
        gateway, vpc = inputs["internetGatewayId"], inputs["vpcId"]
        self.ask(call, inputs, "attach_internet_gateway", InternetGatewayId=gateway, VpcId=vpc)
        call.claim(f"{gateway}:{vpc}")
        return f"{gateway}:{vpc}"

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Look at the gateway."""
        gateway, vpc = ident.split(":")
        answer = self.quietly(lambda: self.ask(call, state, "describe_internet_gateways", InternetGatewayIds=[gateway]))
        attached = answer and any(each["VpcId"] == vpc for each in answer["InternetGateways"][0]["Attachments"])
        return {"internetGatewayId": gateway, "vpcId": vpc} if attached else None

    show = {"internetGatewayId": "internetGatewayId", "vpcId": "vpcId"}

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Detach."""
        if self.find(call, ident, state):
            gateway, vpc = ident.split(":")
            self.ask(call, state, "detach_internet_gateway", InternetGatewayId=gateway, VpcId=vpc)


_DHCP = {
    "domainName": "domain-name",
    "domainNameServers": "domain-name-servers",
    "ntpServers": "ntp-servers",
    "netbiosNameServers": "netbios-name-servers",
    "netbiosNodeType": "netbios-node-type",
}


class DhcpOptions(Resource):
    """DHCP options: which resolver, domain and clock a VPC's hosts are told to use."""

    token = "aws:ec2/vpcDhcpOptions:VpcDhcpOptions"
    create_call, made = "create_dhcp_options", "DhcpOptions.DhcpOptionsId"
    find_call, find_by, found = "describe_dhcp_options", "DhcpOptionsIds", "DhcpOptions.0"
    delete_call, id_arg = "delete_dhcp_options", "DhcpOptionsId"
    show = names("ownerId")
    also = frozenset(_DHCP)
    tagged, arn = "dhcp-options", "arn:aws:ec2:{region}:{account}:dhcp-options/{id}"

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send the options as AWS's list of lists."""
        options = [
            {"Key": aws, "Values": value if isinstance(value, list) else [value]}
            for key, aws in _DHCP.items()
            if (value := inputs.get(key))
        ]
        return {**super().create_args(call, inputs), "DhcpConfigurations": options}

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Show the options under their own names."""
        values = {each["Key"]: [value["Value"] for value in each["Values"]] for each in thing["DhcpConfigurations"]}
        shown: Props = {key: values.get(aws) for key, aws in _DHCP.items()}
        for key in ("domainName", "netbiosNodeType"):
            shown[key] = shown[key][0] if shown[key] else None
        return super().props(call, ident, thing, state) | shown


class DhcpOptionsAssociation(Resource):
    """Which DHCP options a VPC uses; deleting it gives the VPC AWS's default ones."""

    token = "aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation"
    also = frozenset({"dhcpOptionsId", "vpcId"})
    delete_first = True

    def make(self, call: Call, inputs: Props) -> str:
        """Associate."""
        self.ask(call, inputs, "associate_dhcp_options", DhcpOptionsId=inputs["dhcpOptionsId"], VpcId=inputs["vpcId"])
        ident = f"{inputs['dhcpOptionsId']}-{inputs['vpcId']}"
        call.claim(ident)
        return ident

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Look at the VPC."""
        options, _, vpc = ident.rpartition("-vpc-")
        answer = self.quietly(lambda: self.ask(call, state, "describe_vpcs", VpcIds=[f"vpc-{vpc}"]))
        same = answer and answer["Vpcs"][0].get("DhcpOptionsId") == options
        return {"dhcpOptionsId": options, "vpcId": f"vpc-{vpc}"} if same else None

    show = {"dhcpOptionsId": "dhcpOptionsId", "vpcId": "vpcId"}

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Go back to the default, unless something else took over."""
        if thing := self.find(call, ident, state):
            self.ask(call, state, "associate_dhcp_options", DhcpOptionsId="default", VpcId=thing["vpcId"])


TYPES = (Vpc, VpcIpv4Cidr, Subnet, InternetGateway, InternetGatewayAttachment, DhcpOptions, DhcpOptionsAssociation)
