"""VPCs, subnets, internet gateways and DHCP options."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from functools import partial
from typing import Any

from containment_lab.providers.aws.resource import Modify, Resource, convert_to_pascal, dig, map_names
from containment_lab.providers.handler import Call, Props


def _map_flags(method: str, *keys: str) -> dict[str, tuple[str, Modify]]:
    """Map flags to the call that sets each under its AWS name."""
    return {key: (method, partial(_encode_flag, convert_to_pascal(key))) for key in keys}


def _encode_flag(name: str, value: Any) -> Props:
    return {name: {"Value": bool(value)}}


class Vpc(Resource):
    """A VPC; its main route table, default ACL and default group are created with it."""

    token = "aws:ec2/vpc:Vpc"
    defaults = {"enableDnsSupport": True, "instanceTenancy": "default"}
    kind = "Vpc"
    send = map_names("cidrBlock instanceTenancy", assignGeneratedIpv6CidrBlock="AmazonProvidedIpv6CidrBlock")
    show = map_names(
        "cidrBlock instanceTenancy dhcpOptionsId ownerId",
        ipv6CidrBlock="Ipv6CidrBlockAssociationSet.0.Ipv6CidrBlock",
        ipv6AssociationId="Ipv6CidrBlockAssociationSet.0.AssociationId",
    )
    in_place = _map_flags("modify_vpc_attribute", "enableDnsSupport", "enableDnsHostnames", "enableNetworkAddressUsageMetrics")

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the attributes and the defaults that were created with the VPC."""
        out = super().build_outputs(call, ident, thing, state)
        for key in self.in_place:
            answer = self.call_aws(call, state, "describe_vpc_attribute", VpcId=ident, Attribute=key)
            out[key] = dig(answer, f"{convert_to_pascal(key)}.Value")
        mine = {"Name": "vpc-id", "Values": [ident]}
        main = self.call_aws(call, state, "describe_route_tables", Filters=[mine, {"Name": "association.main", "Values": ["true"]}])
        acls = self.call_aws(call, state, "describe_network_acls", Filters=[mine, {"Name": "default", "Values": ["true"]}])
        groups = self.call_aws(call, state, "describe_security_groups", Filters=[mine, {"Name": "group-name", "Values": ["default"]}])
        out["mainRouteTableId"] = dig(main, "RouteTables.0.RouteTableId")
        out["defaultRouteTableId"] = state.get("defaultRouteTableId") or out["mainRouteTableId"]
        out["defaultNetworkAclId"] = dig(acls, "NetworkAcls.0.NetworkAclId")
        out["defaultSecurityGroupId"] = dig(groups, "SecurityGroups.0.GroupId")
        return out


class Subnet(Resource):
    """A subnet. Its setting for public addresses is applied after its creation."""

    token = "aws:ec2/subnet:Subnet"
    defaults = {
        "assignIpv6AddressOnCreation": False,
        "enableDns64": False,
        "enableResourceNameDnsARecordOnLaunch": False,
        "enableResourceNameDnsAaaaRecordOnLaunch": False,
        "ipv6Native": False,
        "mapPublicIpOnLaunch": False,
    }
    kind = "Subnet"
    send = map_names("vpcId cidrBlock availabilityZone availabilityZoneId ipv6CidrBlock")
    show = map_names(
        "vpcId cidrBlock availabilityZone availabilityZoneId mapPublicIpOnLaunch assignIpv6AddressOnCreation ownerId ipv6Native",
        ipv6CidrBlock="Ipv6CidrBlockAssociationSet.0.Ipv6CidrBlock",
        ipv6CidrBlockAssociationId="Ipv6CidrBlockAssociationSet.0.AssociationId",
        enableResourceNameDnsARecordOnLaunch="PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord",
        privateDnsHostnameTypeOnLaunch="PrivateDnsNameOptionsOnLaunch.HostnameType",
    )
    in_place = _map_flags(
        "modify_subnet_attribute", "mapPublicIpOnLaunch", "assignIpv6AddressOnCreation", "enableResourceNameDnsARecordOnLaunch"
    )


class InternetGateway(Resource):
    """An internet gateway, attached if it has a VPC."""

    token = "aws:ec2/internetGateway:InternetGateway"
    kind = "InternetGateway"
    show = map_names("ownerId", vpcId="Attachments.0.VpcId")
    also_in_place = frozenset({"vpcId"})

    def finish_create(self, call: Call, ident: str, inputs: Props) -> None:
        """Attach the gateway."""
        self._change_vpc(call, ident, None, inputs.get("vpcId"), inputs)

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Attach the gateway to another VPC."""
        if "vpcId" in inputs:
            self._change_vpc(call, ident, live.get("vpcId"), inputs["vpcId"], inputs)

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:
        """Detach the gateway, then delete it."""
        self._change_vpc(call, ident, dig(thing, "Attachments.0.VpcId"), None, state)
        super().unmake(call, ident, thing, state)

    def _change_vpc(self, call: Call, ident: str, old: str | None, new: str | None, inputs: Props) -> None:
        if old and old != new:
            self.call_aws(call, inputs, "detach_internet_gateway", InternetGatewayId=ident, VpcId=old)
        if new and old != new:
            self.call_aws(call, inputs, "attach_internet_gateway", InternetGatewayId=ident, VpcId=new)


_DHCP = {
    "domainName": "domain-name",
    "domainNameServers": "domain-name-servers",
    "ntpServers": "ntp-servers",
    "netbiosNameServers": "netbios-name-servers",
    "netbiosNodeType": "netbios-node-type",
}


class DhcpOptions(Resource):
    """DHCP options: resolver, domain and time server for a VPC's hosts."""

    token = "aws:ec2/vpcDhcpOptions:VpcDhcpOptions"
    kind = "DhcpOptions"
    find_call, found = "describe_dhcp_options", "DhcpOptions.0"
    show = map_names("ownerId")
    also = frozenset(_DHCP)

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send the options as AWS's list of lists."""
        options = [
            {"Key": aws, "Values": value if isinstance(value, list) else [value]}
            for key, aws in _DHCP.items()
            if (value := inputs.get(key))
        ]
        return {**super().create_args(call, inputs), "DhcpConfigurations": options}

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the options under their own names."""
        values = {each["Key"]: [value["Value"] for value in each["Values"]] for each in thing["DhcpConfigurations"]}
        shown: Props = {key: values.get(aws) for key, aws in _DHCP.items()}
        for key in ("domainName", "netbiosNodeType"):
            shown[key] = shown[key][0] if shown[key] else None
        return super().build_outputs(call, ident, thing, state) | shown


class DhcpOptionsAssociation(Resource):
    """The association of DHCP options with a VPC; deletion returns the VPC to AWS's default options."""

    token = "aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation"
    create_call, ident = "associate_dhcp_options", "{dhcpOptionsId}-{vpcId}"
    send = show = map_names("dhcpOptionsId vpcId")
    delete_first = True

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the VPC if it uses the options."""
        options, _, vpc = ident.rpartition("-vpc-")
        answer = self.try_call(lambda: self.call_aws(call, state, "describe_vpcs", VpcIds=[f"vpc-{vpc}"]))
        same = answer and answer["Vpcs"][0].get("DhcpOptionsId") == options
        return {"DhcpOptionsId": options, "VpcId": f"vpc-{vpc}"} if same else None

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:  # noqa: ARG002
        """Return the VPC to the default options, unless others replaced these."""
        self.call_aws(call, state, "associate_dhcp_options", DhcpOptionsId="default", VpcId=thing["VpcId"])


TYPES = (Vpc, Subnet, InternetGateway, DhcpOptions, DhcpOptionsAssociation)
