"""Inventory of one VPC, read from EC2 and Route 53 Resolver over their APIs, never from the program or its spec.

Rules kept here: only resources that the APIs return exist; terminated instances do not count; addresses, routes, groups and options are
the current ones; IPv4 only: the lab passes no IPv6.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from typing import Any

from containment_lab.vpc.deployed_vpc import (
    AclEntry,
    Endpoint,
    Instance,
    Interface,
    Metadata,
    Permission,
    Route,
    SecurityGroup,
    Subnet,
    Vpc,
)
from containment_lab.vpc.firewall_list import read_dns_firewall


def _parse_ports(each: Mapping[str, Any]) -> tuple[int, int] | None:
    low, high = each.get("FromPort"), each.get("ToPort")
    return None if low is None or high is None or low < 0 else (int(low), int(high))


def build_security_group(each: Mapping[str, Any]) -> SecurityGroup:
    """Return a security group from EC2's description."""

    def allows(key: str) -> tuple[Permission, ...]:
        return tuple(
            Permission(
                one["IpProtocol"],
                _parse_ports(one),
                tuple(IPv4Network(block["CidrIp"]) for block in one.get("IpRanges", ())),
                tuple(pair["GroupId"] for pair in one.get("UserIdGroupPairs", ())),
            )
            for one in each.get(key, ())
        )

    return SecurityGroup(each["GroupId"], allows("IpPermissions"), allows("IpPermissionsEgress"))


def build_acl(each: Mapping[str, Any]) -> tuple[AclEntry, ...]:
    """Return a network ACL's IPv4 entries in order of their numbers."""
    entries = [
        AclEntry(
            number=int(one["RuleNumber"]),
            egress=bool(one["Egress"]),
            allow=one["RuleAction"] == "allow",
            protocol=str(one["Protocol"]),
            ports=_parse_acl_ports(one),
            network=IPv4Network(one["CidrBlock"]),
        )
        for one in each["Entries"]
        if one.get("CidrBlock")
    ]
    return tuple(sorted(entries, key=lambda entry: entry.number))


def _parse_acl_ports(entry: Mapping[str, Any]) -> tuple[int, int] | None:
    ports = entry.get("PortRange") or {}
    return (int(ports["From"]), int(ports["To"])) if "From" in ports and "To" in ports else None


GONE = {"terminated", "shutting-down", "deleted", "deleting", "failed"}
HALTED = {"stopping", "stopped"}
"""States of an instance that exists and sends no packet."""


def read_vpc(ec2: Any, resolver: Any, vpc_id: str, region: str) -> Vpc:
    """Return the current state of a VPC.

    Args:
        ec2: EC2's client.
        resolver: Route 53 Resolver's client.
        vpc_id: The VPC.
        region: Its region, for the names of endpoints.
    """
    only = [{"Name": "vpc-id", "Values": [vpc_id]}]
    vpc = ec2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"][0]
    acls = ec2.describe_network_acls(Filters=only)["NetworkAcls"]
    tables = ec2.describe_route_tables(Filters=only)["RouteTables"]
    lists = _read_prefix_lists(
        ec2, {each["DestinationPrefixListId"] for one in tables for each in one["Routes"] if each.get("DestinationPrefixListId")}
    )
    addresses = ec2.describe_addresses()["Addresses"]
    interfaces = {
        each["NetworkInterfaceId"]: _build_interface(each, addresses)
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
        name_servers=_read_name_servers(ec2, vpc, networks[0].network_address + 2),
        instances={each.id: each for each in _read_instances(ec2, only, interfaces)},
        interfaces=interfaces,
        subnets={each["SubnetId"]: _build_subnet(each, tables, acls) for each in ec2.describe_subnets(Filters=only)["Subnets"]},
        tables={each["RouteTableId"]: tuple(_build_routes(each)) for each in tables},
        groups={each["GroupId"]: build_security_group(each) for each in ec2.describe_security_groups(Filters=only)["SecurityGroups"]},
        acls={each["NetworkAclId"]: build_acl(each) for each in acls},
        nat_gateways={
            each["NatGatewayId"]: IPv4Address(each["NatGatewayAddresses"][0]["PublicIp"])
            for each in nat
            if each.get("State") not in GONE and each.get("NatGatewayAddresses") and each["NatGatewayAddresses"][0].get("PublicIp")
        },
        endpoints=tuple(
            _build_endpoint(each, interfaces)
            for each in ec2.describe_vpc_endpoints(Filters=only)["VpcEndpoints"]
            if each.get("State") not in GONE
        ),
        prefix_lists=lists,
        flow_logs=tuple(
            each["LogGroupName"]
            for each in ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [vpc_id]}])["FlowLogs"]
            if each.get("LogGroupName")
        ),
        query_logs=read_query_groups(resolver, vpc_id),
        firewall=read_dns_firewall(resolver, vpc_id),
    )


def _read_name_servers(ec2: Any, vpc: Mapping[str, Any], own: IPv4Address) -> tuple[IPv4Address, ...]:
    """Return the name servers of the VPC's DHCP options; without any, the VPC resolver."""
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


def map_tags(thing: Mapping[str, Any], key: str = "Tags") -> dict[str, str]:
    """Return a resource's tags as a mapping."""
    return {each["Key"]: each["Value"] for each in thing.get(key, ())}


def _build_interface(each: Mapping[str, Any], addresses: list[dict[str, Any]]) -> Interface:
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


def _read_instances(ec2: Any, only: list[dict[str, Any]], interfaces: Mapping[str, Interface]) -> list[Instance]:
    out = []
    for reservation in ec2.describe_instances(Filters=only)["Reservations"]:
        for each in reservation["Instances"]:
            # The Controller stops a gateway for a moment to change its size: that does not take its machine.
            if each["State"]["Name"] in GONE or (each["State"]["Name"] in HALTED and "Aviatrix-Gateway" not in map_tags(each)):
                continue
            options = each.get("MetadataOptions", {})
            data = ec2.describe_instance_attribute(InstanceId=each["InstanceId"], Attribute="userData").get("UserData", {}).get("Value", "")
            ids = sorted(each.get("NetworkInterfaces", ()), key=lambda one: one.get("Attachment", {}).get("DeviceIndex", 0))
            own = tuple(
                _add_public_address(interfaces[one["NetworkInterfaceId"]], one, each)
                for one in ids
                if one["NetworkInterfaceId"] in interfaces
            )
            out.append(
                Instance(
                    id=each["InstanceId"],
                    tags=map_tags(each),
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


def _add_public_address(interface: Interface, listed: Mapping[str, Any], instance: Mapping[str, Any]) -> Interface:
    """Add a public address that was assigned at launch: EC2 lists it with the instance only."""
    given = listed.get("Association", {}).get("PublicIp") or (
        instance.get("PublicIpAddress") if listed.get("Attachment", {}).get("DeviceIndex", 0) == 0 else None
    )
    if not given or interface.public:
        return interface
    return Interface(**{**interface.__dict__, "public": {interface.addresses[0]: IPv4Address(given)}})


def _build_subnet(each: Mapping[str, Any], tables: list[dict[str, Any]], acls: list[dict[str, Any]]) -> Subnet:
    key = each["SubnetId"]
    own = [table for table in tables if any(one.get("SubnetId") == key for one in table["Associations"])]
    main = [table for table in tables if any(one.get("Main") for one in table["Associations"])]
    acl = next((one["NetworkAclId"] for one in acls if any(link["SubnetId"] == key for link in one["Associations"])), None)
    return Subnet(key, IPv4Network(each["CidrBlock"]), (own or main)[0]["RouteTableId"], acl, map_tags(each))


def _build_routes(table: Mapping[str, Any]) -> list[Route]:
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


def _read_prefix_lists(ec2: Any, used: set[str]) -> dict[str, tuple[IPv4Network, ...]]:
    out = {}
    for each in sorted(used):
        entries = ec2.get_managed_prefix_list_entries(PrefixListId=each)["Entries"]
        out[each] = tuple(IPv4Network(one["Cidr"]) for one in entries if ":" not in one["Cidr"])
    return out


def _build_endpoint(each: Mapping[str, Any], interfaces: Mapping[str, Interface]) -> Endpoint:
    own = [interfaces[one] for one in each.get("NetworkInterfaceIds", ()) if one in interfaces]
    service = each["ServiceName"].split(".", 3)
    names: tuple[str, ...] = ()
    if each.get("PrivateDnsEnabled"):
        names = derive_private_names(service[3], service[2])
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


def derive_private_names(service: str, region: str) -> tuple[str, ...]:
    """Return the private DNS names of an interface endpoint: `service.region.amazonaws.com`; for ECR with its words reversed."""
    special = {
        "ecr.api": (f"api.ecr.{region}.amazonaws.com",),
        "ecr.dkr": (f"dkr.ecr.{region}.amazonaws.com", f"*.dkr.ecr.{region}.amazonaws.com"),
    }
    return special.get(service, (f"{service}.{region}.amazonaws.com",))


def read_query_groups(resolver: Any, vpc: str) -> tuple[str, ...]:
    """Return the log groups to which the DNS queries of a VPC are logged."""
    listed = resolver.list_resolver_query_log_config_associations()["ResolverQueryLogConfigAssociations"]
    wanted = {one["ResolverQueryLogConfigId"] for one in listed if one.get("ResourceId") == vpc and one.get("Status") != "DELETING"}
    arns = [
        one["DestinationArn"] for one in resolver.list_resolver_query_log_configs()["ResolverQueryLogConfigs"] if one.get("Id") in wanted
    ]
    return tuple(arn.split(":log-group:", 1)[1].removesuffix(":*") for arn in arns if ":log-group:" in arn)
