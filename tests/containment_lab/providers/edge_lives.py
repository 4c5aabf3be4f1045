"""The lives of what leads out of a VPC, or to a service: endpoints, addresses, gateways, peerings, prefix lists."""

from __future__ import annotations

from tests.containment_lab.providers.account_lives import policy
from tests.containment_lab.providers.life import Life, one

EDGE = [
    Life(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        lambda w: {
            "vpcId": w.vpc,
            "serviceName": "com.amazonaws.us-east-1.ssm",
            "vpcEndpointType": "Interface",
            "privateDnsEnabled": True,
            "subnetIds": [w.subnet],
            "securityGroupIds": [w.group],
            "policy": policy("ssm:*"),
        },
        lambda w: {
            "subnetIds": [w.subnet, w.subnet2],
            "securityGroupIds": [w.group2],
            "policy": policy("ssm:Get*"),
            "privateDnsEnabled": False,
        },
        {"serviceName": "com.amazonaws.us-east-1.sts"},
        lambda w, i, late: (
            len(one(w.ec2.describe_vpc_endpoints(VpcEndpointIds=[i]), "VpcEndpoints")["NetworkInterfaceIds"]) == (2 if late else 1)
            and one(w.ec2.describe_vpc_endpoints(VpcEndpointIds=[i]), "VpcEndpoints")["PrivateDnsEnabled"] is not late
            and ("Get" in one(w.ec2.describe_vpc_endpoints(VpcEndpointIds=[i]), "VpcEndpoints")["PolicyDocument"]) is late
        ),
        unknown=("arn", "dnsEntries", "networkInterfaceIds", "state"),
    ),
    Life(
        "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
        lambda w: {"vpcEndpointId": w.s3_endpoint, "policy": policy("s3:Get*")},
        {"policy": policy("s3:List*")},
        seen=lambda w, i, late: (
            ("List" if late else "Get")
            in one(w.ec2.describe_vpc_endpoints(VpcEndpointIds=[w.s3_endpoint]), "VpcEndpoints")["PolicyDocument"]
        ),
        stays=True,
    ),
    Life(
        "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
        lambda w: {"vpcEndpointId": w.s3_endpoint, "routeTableId": w.table},
        replace=lambda w: {"routeTableId": w.table2},
        seen=lambda w, i, late: any(
            r.get("GatewayId") == w.s3_endpoint for r in one(w.ec2.describe_route_tables(RouteTableIds=[w.table]), "RouteTables")["Routes"]
        ),
    ),
    Life(
        "aws:ec2/eip:Eip",
        lambda w: {"domain": "vpc", "tags": {"Name": "e"}},
        lambda w: {"instance": w.instance},
        seen=lambda w, i, late: (
            one(w.ec2.describe_addresses(AllocationIds=[i]), "Addresses").get("InstanceId", "") == (w.instance if late else "")
            and one(w.ec2.describe_addresses(AllocationIds=[i]), "Addresses")["PublicIp"].startswith("198.1")
        ),
        unknown=("publicIp", "allocationId", "privateIp", "instance"),
    ),
    Life(
        "aws:ec2/eipAssociation:EipAssociation",
        lambda w: {"allocationId": w.free_eip, "networkInterfaceId": w.eni},
        replace=lambda w: {"networkInterfaceId": w.eni2},
        seen=lambda w, i, late: one(w.ec2.describe_addresses(AllocationIds=[w.free_eip]), "Addresses")["NetworkInterfaceId"] == w.eni,
        unknown=("publicIp", "instanceId"),
    ),
    Life(
        "aws:ec2/natGateway:NatGateway",
        lambda w: {"subnetId": w.subnet, "allocationId": w.free_eip, "tags": {"Name": "n"}},
        {"tags": {"Name": "m"}},
        lambda w: {"subnetId": w.subnet2},
        unknown=("publicIp", "networkInterfaceId", "privateIp"),
    ),
    Life(
        "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
        lambda w: {"vpcId": w.vpc, "tags": {"a": "b"}},
        {"tags": {"a": "c"}},
        lambda w: {"vpcId": w.vpc2},
    ),
    Life(
        "aws:ec2/vpcPeeringConnection:VpcPeeringConnection",
        lambda w: {"vpcId": w.vpc, "peerVpcId": w.vpc2},
        {"autoAccept": True},
        lambda w: {"peerVpcId": w.vpc3},
        lambda w, i, late: (
            one(w.ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[i]), "VpcPeeringConnections")["Status"]["Code"]
            == ("active" if late else "pending-acceptance")
        ),
        unknown=("acceptStatus", "peerOwnerId"),
    ),
    Life(
        "aws:ec2transitgateway/transitGateway:TransitGateway",
        lambda w: {"description": "t", "tags": {"a": "b"}},
        {"tags": {"a": "c"}},
        {"description": "u"},
        unknown=("arn", "associationDefaultRouteTableId"),
    ),
    Life(
        "aws:ec2/vpnGateway:VpnGateway",
        lambda w: {"vpcId": w.vpc, "tags": {"a": "b"}},
        lambda w: {"vpcId": w.vpc2},
        unknown=("arn", "amazonSideAsn"),
    ),
    Life(
        "aws:ec2/vpnGatewayAttachment:VpnGatewayAttachment",
        lambda w: {"vpcId": w.vpc, "vpnGatewayId": w.vpn},
        replace=lambda w: {"vpcId": w.vpc2},
    ),
    Life(
        "aws:ec2/managedPrefixList:ManagedPrefixList",
        lambda w: {
            "addressFamily": "IPv4",
            "maxEntries": 5,
            "entries": [{"cidr": "0.0.0.0/1"}, {"cidr": "128.0.0.0/1", "description": "x"}],
        },
        {"entries": [{"cidr": "10.0.0.0/8"}]},
        {"maxEntries": 7},
        lambda w, i, late: (
            sorted(e["Cidr"] for e in w.ec2.get_managed_prefix_list_entries(PrefixListId=i)["Entries"])
            == (["10.0.0.0/8"] if late else ["0.0.0.0/1", "128.0.0.0/1"])
        ),
        unknown=("arn", "version"),
    ),
]
