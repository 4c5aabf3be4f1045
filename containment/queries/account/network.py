"""Read the agents' VPCs: subnets, route tables, security groups, endpoints, and every connection to other networks.

Calls: EC2 API reference, Describe*. Local routes and routes of gateway endpoints are left out, as in the provider; so are routes to
interfaces of the stack's Aviatrix gateways, because the Controller writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from containment.queries.account.reading import Reading, Scope, build_filter, read_pages, read_tags, take
from policypack.graph import known_types as kt

NAT_GATEWAY: Final = "aws:ec2/natGateway:NatGateway"
EGRESS_GATEWAY: Final = "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway"
PEERING: Final = "aws:ec2/vpcPeeringConnection:VpcPeeringConnection"
TRANSIT_ATTACHMENT: Final = "aws:ec2transitgateway/vpcAttachment:VpcAttachment"
_GONE: Final = ("deleted", "deleting", "failed", "rejected", "expired", "delete-complete")
_TARGETS: Final = {
    "CarrierGatewayId": "carrierGatewayId",
    "CoreNetworkArn": "coreNetworkArn",
    "EgressOnlyInternetGatewayId": "egressOnlyGatewayId",
    "GatewayId": "gatewayId",
    "LocalGatewayId": "localGatewayId",
    "NatGatewayId": "natGatewayId",
    "NetworkInterfaceId": "networkInterfaceId",
    "OdbNetworkArn": "odbNetworkArn",
    "TransitGatewayId": "transitGatewayId",
    "VpcPeeringConnectionId": "vpcPeeringConnectionId",
    "InstanceId": "instanceId",
}
_DESTINATIONS: Final = {
    "DestinationCidrBlock": "cidrBlock",
    "DestinationIpv6CidrBlock": "ipv6CidrBlock",
    "DestinationPrefixListId": "destinationPrefixListId",
}


def read_network(reading: Reading, ec2: Any, scope: Scope) -> None:
    """Add the network resources of the VPCs in the scope to `reading`."""
    reading.attempt("interfaces of the Aviatrix gateways", lambda: _read_gateway_interfaces(reading, ec2, scope))
    reading.attempt("VPCs", lambda: _read_vpcs(reading, ec2, scope))
    reading.attempt("subnets", lambda: _read_subnets(reading, ec2, scope))
    reading.attempt("route tables", lambda: _read_tables(reading, ec2, scope))
    reading.attempt("security groups", lambda: _read_groups(reading, ec2, scope))
    reading.attempt("VPC endpoints", lambda: _read_endpoints(reading, ec2, scope))
    reading.attempt("NAT gateways", lambda: _read_nat_gateways(reading, ec2, scope))
    reading.attempt("internet gateways", lambda: _read_internet_gateways(reading, ec2, scope))
    reading.attempt("egress-only internet gateways", lambda: _read_egress_gateways(reading, ec2, scope))
    reading.attempt("VPC peering connections", lambda: _read_peerings(reading, ec2, scope))
    reading.attempt("transit gateway attachments", lambda: _read_transit(reading, ec2, scope))
    reading.attempt("VPN gateways", lambda: _read_vpn_gateways(reading, ec2, scope))
    reading.attempt("flow logs", lambda: _read_flow_logs(reading, ec2, scope))


def _read_vpcs(reading: Reading, ec2: Any, scope: Scope) -> None:
    for vpc in read_pages(ec2, "describe_vpcs", "Vpcs", VpcIds=list(scope.vpcs)):
        ident = vpc["VpcId"]
        flags = {
            key: ec2.describe_vpc_attribute(VpcId=ident, Attribute=key)[key[:1].upper() + key[1:]]["Value"]
            for key in ("enableDnsSupport", "enableDnsHostnames")
        }
        reading.add(kt.VPC, ident, {"cidrBlock": vpc["CidrBlock"], **flags})
        reading.attempt("DHCP options", lambda options=vpc["DhcpOptionsId"], ident=ident: _read_dhcp(reading, ec2, ident, options))  # type: ignore[misc]


def _read_dhcp(reading: Reading, ec2: Any, vpc: str, options: str) -> None:
    if options == "default":
        return
    for one in read_pages(ec2, "describe_dhcp_options", "DhcpOptions", DhcpOptionsIds=[options]):
        values = {each["Key"]: [value["Value"] for value in each["Values"]] for each in one["DhcpConfigurations"]}
        reading.add(
            kt.DHCP_OPTIONS,
            options,
            {"domainNameServers": values.get("domain-name-servers"), "domainName": values.get("domain-name", [None])[0]},
        )
        reading.add(kt.DHCP_ASSOCIATION, f"{options}-{vpc}", {"vpcId": vpc, "dhcpOptionsId": options})
    reading.mark_complete(kt.DHCP_ASSOCIATION)


def _read_subnets(reading: Reading, ec2: Any, scope: Scope) -> None:
    for subnet in read_pages(ec2, "describe_subnets", "Subnets", **build_filter("vpc-id", *scope.vpcs)):
        reading.add(
            kt.SUBNET,
            subnet["SubnetId"],
            {
                **take(subnet, "vpcId", "cidrBlock", "mapPublicIpOnLaunch", "assignIpv6AddressOnCreation", "ipv6Native"),
                "tags": read_tags(subnet),
            },
        )
    reading.mark_complete(*kt.SUBNETS)


def _read_tables(reading: Reading, ec2: Any, scope: Scope) -> None:
    for table in read_pages(ec2, "describe_route_tables", "RouteTables", **build_filter("vpc-id", *scope.vpcs)):
        ident, vpc = table["RouteTableId"], table["VpcId"]
        routes = [route for each in table["Routes"] if (route := _convert_route(each, reading.of_controller))]
        gateways = [each["GatewayId"] for each in table.get("PropagatingVgws") or ()]
        reading.add(kt.ROUTE_TABLE, ident, {"vpcId": vpc, "routes": routes, "propagatingVgws": gateways, "tags": read_tags(table)})
        for each in table.get("Associations") or ():
            if each.get("Main"):
                reading.add(kt.MAIN_TABLE_ASSOCIATION, each["RouteTableAssociationId"], {"vpcId": vpc, "routeTableId": ident})
            elif each.get("SubnetId"):
                props = {"subnetId": each["SubnetId"], "routeTableId": ident}
                reading.add(kt.TABLE_ASSOCIATION, each["RouteTableAssociationId"], props)
    reading.mark_complete(*kt.TABLES)
    reading.mark_complete(kt.TABLE_ASSOCIATION)


def _read_gateway_interfaces(reading: Reading, ec2: Any, scope: Scope) -> None:
    """Record the interfaces and security groups of the stack's Aviatrix gateways, whose routes the Controller writes."""
    for each in read_pages(ec2, "describe_network_interfaces", "NetworkInterfaces", **build_filter("vpc-id", *scope.vpcs)):
        if (each.get("Attachment") or {}).get("InstanceId") in scope.gateways:
            reading.of_controller |= {each["NetworkInterfaceId"], *(group["GroupId"] for group in each.get("Groups") or ())}


def _convert_route(route: Mapping[str, Any], own: set[str]) -> dict[str, Any]:
    """Return a route under the provider's names; empty for a local, gateway endpoint's, propagated or Controller's route."""
    gateway = route.get("GatewayId", "")
    is_endpoint = gateway.startswith("vpce-") and "DestinationPrefixListId" in route
    if gateway == "local" or is_endpoint or route.get("NetworkInterfaceId") in own or route.get("Origin") == "EnableVgwRoutePropagation":
        return {}
    found = {key: route[aws] for aws, key in {**_DESTINATIONS, **_TARGETS}.items() if route.get(aws)}
    if gateway.startswith("vpce-"):
        found["vpcEndpointId"] = found.pop("gatewayId")
    return found


def _read_groups(reading: Reading, ec2: Any, scope: Scope) -> None:
    for group in read_pages(ec2, "describe_security_groups", "SecurityGroups", **build_filter("vpc-id", *scope.vpcs)):
        ingress = [_convert_permission(group["GroupId"], each) for each in group.get("IpPermissions") or ()]
        kind = kt.DEFAULT_GROUP if group["GroupName"] == "default" else kt.SECURITY_GROUP
        reading.add(kind, group["GroupId"], {"vpcId": group["VpcId"], "name": group["GroupName"], "ingress": ingress})
    reading.mark_complete(*kt.SECURITY_GROUPS)


def _convert_permission(group: str, permission: Mapping[str, Any]) -> dict[str, Any]:
    pairs = [each.get("GroupId") for each in permission.get("UserIdGroupPairs") or ()]
    return {
        "protocol": permission.get("IpProtocol"),
        "fromPort": permission.get("FromPort"),
        "toPort": permission.get("ToPort"),
        "cidrBlocks": [each["CidrIp"] for each in permission.get("IpRanges") or ()],
        "ipv6CidrBlocks": [each["CidrIpv6"] for each in permission.get("Ipv6Ranges") or ()],
        "prefixListIds": [each["PrefixListId"] for each in permission.get("PrefixListIds") or ()],
        "securityGroups": [each for each in pairs if each and each != group],
        "self": group in pairs,
    }


def _read_endpoints(reading: Reading, ec2: Any, scope: Scope) -> None:
    for one in read_pages(ec2, "describe_vpc_endpoints", "VpcEndpoints", **build_filter("vpc-id", *scope.vpcs)):
        if str(one.get("State", "")).lower() in _GONE:
            continue
        props = take(one, "vpcId", "serviceName", "vpcEndpointType", "privateDnsEnabled", "subnetIds")
        reading.add(kt.VPC_ENDPOINT, one["VpcEndpointId"], {**props, "policy": one.get("PolicyDocument")})
    reading.mark_complete(kt.VPC_ENDPOINT)


def _read_nat_gateways(reading: Reading, ec2: Any, scope: Scope) -> None:
    for one in read_pages(ec2, "describe_nat_gateways", "NatGateways"):
        if one.get("VpcId") in scope.vpcs and one.get("State") not in _GONE:
            reading.add(NAT_GATEWAY, one["NatGatewayId"], take(one, "subnetId", "connectivityType"))


def _read_internet_gateways(reading: Reading, ec2: Any, scope: Scope) -> None:
    for one in read_pages(ec2, "describe_internet_gateways", "InternetGateways", **build_filter("attachment.vpc-id", *scope.vpcs)):
        for each in one.get("Attachments") or ():
            if each.get("VpcId") in scope.vpcs:
                reading.add(kt.INTERNET_GATEWAY, one["InternetGatewayId"], {"vpcId": each["VpcId"]})


def _read_egress_gateways(reading: Reading, ec2: Any, scope: Scope) -> None:
    for one in read_pages(ec2, "describe_egress_only_internet_gateways", "EgressOnlyInternetGateways"):
        for each in one.get("Attachments") or ():
            if each.get("VpcId") in scope.vpcs:
                reading.add(EGRESS_GATEWAY, one["EgressOnlyInternetGatewayId"], {"vpcId": each["VpcId"]})


def _read_peerings(reading: Reading, ec2: Any, scope: Scope) -> None:
    for one in read_pages(ec2, "describe_vpc_peering_connections", "VpcPeeringConnections"):
        sides = {key: (one.get(side) or {}).get("VpcId") for key, side in (("vpcId", "RequesterVpcInfo"), ("peerVpcId", "AccepterVpcInfo"))}
        if (one.get("Status") or {}).get("Code") not in _GONE and not set(scope.vpcs).isdisjoint(sides.values()):
            reading.add(PEERING, one["VpcPeeringConnectionId"], sides)


def _read_transit(reading: Reading, ec2: Any, scope: Scope) -> None:
    for one in read_pages(
        ec2, "describe_transit_gateway_vpc_attachments", "TransitGatewayVpcAttachments", **build_filter("vpc-id", *scope.vpcs)
    ):
        if one.get("VpcId") in scope.vpcs and one.get("State") not in _GONE:
            props = take(one, "vpcId", "subnetIds", "transitGatewayId")
            reading.add(TRANSIT_ATTACHMENT, one["TransitGatewayAttachmentId"], props)


def _read_vpn_gateways(reading: Reading, ec2: Any, scope: Scope) -> None:
    for one in read_pages(ec2, "describe_vpn_gateways", "VpnGateways"):
        for each in one.get("VpcAttachments") or ():
            if each.get("VpcId") in scope.vpcs and each.get("State") not in ("detached", "detaching"):
                reading.add(kt.VPN_GATEWAY, one["VpnGatewayId"], {"vpcId": each["VpcId"]})


def _read_flow_logs(reading: Reading, ec2: Any, scope: Scope) -> None:
    call = "describe_flow_logs"
    for one in read_pages(ec2, call, "FlowLogs"):
        if one.get("ResourceId") in scope.vpcs:
            reading.add(kt.FLOW_LOG, one["FlowLogId"], {"vpcId": one["ResourceId"], "trafficType": one.get("TrafficType")})
    reading.mark_complete(kt.FLOW_LOG)
