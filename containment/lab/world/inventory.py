"""Reads one VPC from EC2 and Route 53 Resolver over their own APIs, never from the program or its spec.

Rules kept here: what the APIs do not say is not there; what runs (not terminated) counts; addresses, routes, groups and options are
taken as they stand now.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from typing import Any

from containment.lab.world.deployed import (
    Endpoint,
    Instance,
    Interface,
    Metadata,
    Route,
    Subnet,
    Vpc,
)
from containment.lab.world.firewall_list import read_dns_firewall
from containment.lab.world.inventory_filters import acl_of, group_of

GONE = {"terminated", "shutting-down", "deleted", "deleting", "failed"}


def read_vpc(ec2: Any, resolver: Any, vpc_id: str, region: str) -> Vpc:
    """Return what stands in a VPC now."""
    only = [{"Name": "vpc-id", "Values": [vpc_id]}]
    vpc = ec2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"][0]
    acls = ec2.describe_network_acls(Filters=only)["NetworkAcls"]
    tables = ec2.describe_route_tables(Filters=only)["RouteTables"]
    lists = _prefix_lists(
        ec2, {each["DestinationPrefixListId"] for one in tables for each in one["Routes"] if each.get("DestinationPrefixListId")}
    )
    addresses = ec2.describe_addresses()["Addresses"]
    interfaces = {
        each["NetworkInterfaceId"]: _interface(each, addresses)
        for each in ec2.describe_network_interfaces(Filters=only)["NetworkInterfaces"]
    }
    networks = tuple(IPv4Network(each["CidrBlock"]) for each in vpc.get("CidrBlockAssociationSet", ())) or (IPv4Network(vpc["CidrBlock"]),)
    nat = ec2.describe_nat_gateways(Filters=only)["NatGateways"]
    return Vpc(
        id=vpc_id,
        account=vpc["OwnerId"],
        region=region,
        networks=networks,
        dns_support=bool(ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute="enableDnsSupport")["EnableDnsSupport"]["Value"]),
        name_servers=_name_servers(ec2, vpc, networks[0].network_address + 2),
        instances={each.id: each for each in _instances(ec2, only, interfaces)},
        interfaces=interfaces,
        subnets={each["SubnetId"]: _subnet(each, tables, acls) for each in ec2.describe_subnets(Filters=only)["Subnets"]},
        tables={each["RouteTableId"]: tuple(_routes(each)) for each in tables},
        groups={each["GroupId"]: group_of(each) for each in ec2.describe_security_groups(Filters=only)["SecurityGroups"]},
        acls={each["NetworkAclId"]: acl_of(each) for each in acls},
        nat_gateways={
            each["NatGatewayId"]: IPv4Address(each["NatGatewayAddresses"][0]["PublicIp"])
            for each in nat
            if each.get("State") not in GONE and each.get("NatGatewayAddresses") and each["NatGatewayAddresses"][0].get("PublicIp")
        },
        endpoints=tuple(
            _endpoint(each, interfaces)
            for each in ec2.describe_vpc_endpoints(Filters=only)["VpcEndpoints"]
            if each.get("State") not in GONE
        ),
        prefix_lists=lists,
        flow_logs=tuple(
            each["LogGroupName"]
            for each in ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [vpc_id]}])["FlowLogs"]
            if each.get("LogGroupName")
        ),
        firewall=read_dns_firewall(resolver, vpc_id),
    )


def _name_servers(ec2: Any, vpc: Mapping[str, Any], own: IPv4Address) -> tuple[IPv4Address, ...]:
    """Return what the VPC's DHCP options tell machines to ask; without any, AWS's own resolver."""
    if vpc.get("DhcpOptionsId", "default") == "default":
        return (own,)
    found = ec2.describe_dhcp_options(DhcpOptionsIds=[vpc["DhcpOptionsId"]])["DhcpOptions"]
    told = [
        value["Value"]
        for each in found
        for one in each["DhcpConfigurations"]
        if one["Key"] == "domain-name-servers"
        for value in one["Values"]
    ]
    return tuple(own if each == "AmazonProvidedDNS" else IPv4Address(each) for each in told) or (own,)


def tags_of(thing: Mapping[str, Any], key: str = "Tags") -> dict[str, str]:
    """Return a thing's tags as a mapping."""
    return {each["Key"]: each["Value"] for each in thing.get(key, ())}


def _interface(each: Mapping[str, Any], addresses: list[dict[str, Any]]) -> Interface:
    own = [IPv4Address(one["PrivateIpAddress"]) for one in each.get("PrivateIpAddresses", ())] or [IPv4Address(each["PrivateIpAddress"])]
    public: dict[IPv4Address, IPv4Address] = {}
    for one in addresses:
        if one.get("NetworkInterfaceId") == each["NetworkInterfaceId"]:
            public[IPv4Address(one.get("PrivateIpAddress") or own[0])] = IPv4Address(one["PublicIp"])
    if (given := each.get("Association", {}).get("PublicIp")) and own[0] not in public:
        public[own[0]] = IPv4Address(given)
    return Interface(
        id=each["NetworkInterfaceId"],
        subnet=each["SubnetId"],
        addresses=tuple(dict.fromkeys(own)),
        public=public,
        groups=tuple(one["GroupId"] for one in each.get("Groups", ())),
        checked=bool(each.get("SourceDestCheck", True)),
        mac=each["MacAddress"],
        instance=each.get("Attachment", {}).get("InstanceId"),
        ipv6=tuple(IPv6Address(one["Ipv6Address"]) for one in each.get("Ipv6Addresses", ())),
    )


def _instances(ec2: Any, only: list[dict[str, Any]], interfaces: Mapping[str, Interface]) -> list[Instance]:
    out = []
    for reservation in ec2.describe_instances(Filters=only)["Reservations"]:
        for each in reservation["Instances"]:
            if each["State"]["Name"] in GONE:
                continue
            options = each.get("MetadataOptions", {})
            data = ec2.describe_instance_attribute(InstanceId=each["InstanceId"], Attribute="userData").get("UserData", {}).get("Value", "")
            ids = sorted(each.get("NetworkInterfaces", ()), key=lambda one: one.get("Attachment", {}).get("DeviceIndex", 0))
            own = tuple(
                _with_public(interfaces[one["NetworkInterfaceId"]], one, each) for one in ids if one["NetworkInterfaceId"] in interfaces
            )
            out.append(
                Instance(
                    id=each["InstanceId"],
                    tags=tags_of(each),
                    interfaces=own,
                    metadata=Metadata(
                        enabled=options.get("HttpEndpoint", "enabled") == "enabled",
                        token_required=options.get("HttpTokens", "optional") == "required",
                        hop_limit=int(options.get("HttpPutResponseHopLimit", 1)),
                    ),
                    user_data=base64.b64decode(data).decode("utf-8", "replace") if data else "",
                    role=each.get("IamInstanceProfile", {}).get("Arn", "").rpartition("/")[2] or None,
                )
            )
    return out


def _with_public(interface: Interface, listed: Mapping[str, Any], instance: Mapping[str, Any]) -> Interface:
    """A public address that was handed out at launch is said of the instance only."""
    given = listed.get("Association", {}).get("PublicIp") or (
        instance.get("PublicIpAddress") if listed.get("Attachment", {}).get("DeviceIndex", 0) == 0 else None
    )
    if not given or interface.public:
        return interface
    return Interface(**{**interface.__dict__, "public": {interface.addresses[0]: IPv4Address(given)}})


def _subnet(each: Mapping[str, Any], tables: list[dict[str, Any]], acls: list[dict[str, Any]]) -> Subnet:
    key = each["SubnetId"]
    own = [table for table in tables if any(one.get("SubnetId") == key for one in table["Associations"])]
    main = [table for table in tables if any(one.get("Main") for one in table["Associations"])]
    acl = next((one["NetworkAclId"] for one in acls if any(link["SubnetId"] == key for link in one["Associations"])), None)
    return Subnet(key, IPv4Network(each["CidrBlock"]), (own or main)[0]["RouteTableId"], acl, tags_of(each))


def _routes(table: Mapping[str, Any]) -> list[Route]:
    out = []
    for each in table["Routes"]:
        target = next(
            (
                str(each[key])
                for key in (
                    "NetworkInterfaceId", "InstanceId", "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "GatewayId",
                    "EgressOnlyInternetGatewayId", "CarrierGatewayId", "LocalGatewayId", "CoreNetworkArn",
                )
                if each.get(key)
            ),
            "",
        )  # fmt: skip
        if each.get("State") == "blackhole" or not target or target == "local":
            continue
        network = each.get("DestinationCidrBlock")
        if network or each.get("DestinationPrefixListId"):
            out.append(Route(IPv4Network(network) if network else None, each.get("DestinationPrefixListId"), target))
    return out


def _prefix_lists(ec2: Any, used: set[str]) -> dict[str, tuple[IPv4Network, ...]]:
    out = {}
    for each in sorted(used):
        entries = ec2.get_managed_prefix_list_entries(PrefixListId=each)["Entries"]
        out[each] = tuple(IPv4Network(one["Cidr"]) for one in entries if ":" not in one["Cidr"])
    return out


def _endpoint(each: Mapping[str, Any], interfaces: Mapping[str, Interface]) -> Endpoint:
    own = [interfaces[one] for one in each.get("NetworkInterfaceIds", ()) if one in interfaces]
    service = each["ServiceName"].split(".", 3)
    names: tuple[str, ...] = ()
    if each.get("PrivateDnsEnabled"):
        names = private_names(service[3], service[2])
    return Endpoint(
        id=each["VpcEndpointId"],
        service=each["ServiceName"],
        gateway=each["VpcEndpointType"] == "Gateway",
        addresses=tuple(address for one in own for address in one.addresses),
        groups=tuple(dict.fromkeys(group for one in own for group in one.groups)),
        private_names=names,
        policy=each.get("PolicyDocument") or "",
        tables=tuple(each.get("RouteTableIds", ())),
    )


def private_names(service: str, region: str) -> tuple[str, ...]:
    """Return the names that private DNS of an interface endpoint answers: `service.region.amazonaws.com`; ECR turns its words round."""
    special = {
        "ecr.api": (f"api.ecr.{region}.amazonaws.com",),
        "ecr.dkr": (f"dkr.ecr.{region}.amazonaws.com", f"*.dkr.ecr.{region}.amazonaws.com"),
    }
    return special.get(service, (f"{service}.{region}.amazonaws.com",))
