"""Each served aws type lives a whole life against a real moto server: preview, create, no change, update, replace, read, delete."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from containment.lab.cloud import faults
from containment.lab.cloud.clients import client
from containment.lab.cloud.inventory import SERVICES, differences, inventory
from containment.lab.home import LabHome
from containment.lab.providers.aws import TYPES
from containment.lab.providers.aws.schema import facts
from containment.lab.providers.handler import narrowed
from containment.lab.wire import UNKNOWN, without_wrappers

from .conftest import Asker, Props
from .life import Life, one
from .resolver_lives import RESOLVER
from .ways_in_lives import WAYS_IN

pytestmark = pytest.mark.slow

AMI = "ami-0c0ffee0c0ffee000"


def policy(*actions: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]})


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def instance(w: Any, ident: str) -> Any:
    return w.ec2.describe_instances(InstanceIds=[ident])["Reservations"][0]["Instances"][0]


LIVES = [
    Life(
        "aws:ec2/vpc:Vpc",
        lambda w: {"cidrBlock": "10.60.0.0/16", "enableDnsHostnames": True, "tags": {"Name": "a"}},
        {"enableDnsHostnames": False, "tags": {"Name": "b", "x": "y"}},
        {"cidrBlock": "10.61.0.0/16"},
        lambda w, i, late: (
            w.ec2.describe_vpc_attribute(VpcId=i, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"] is not late
            and {t["Key"]: t["Value"] for t in one(w.ec2.describe_vpcs(VpcIds=[i]), "Vpcs")["Tags"]}
            == ({"Name": "b", "x": "y"} if late else {"Name": "a"})
        ),
        unknown=("arn", "mainRouteTableId", "ipv6CidrBlock", "defaultSecurityGroupId"),
    ),
    Life(
        "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation",
        lambda w: {"vpcId": w.vpc, "cidrBlock": "10.51.0.0/16"},
        replace={"cidrBlock": "10.52.0.0/16"},
    ),
    Life(
        "aws:ec2/subnet:Subnet",
        lambda w: {"vpcId": w.vpc, "cidrBlock": "10.50.9.0/24", "tags": {"Name": "s"}},
        {"mapPublicIpOnLaunch": True},
        {"cidrBlock": "10.50.10.0/24"},
        lambda w, i, late: one(w.ec2.describe_subnets(SubnetIds=[i]), "Subnets")["MapPublicIpOnLaunch"] is late,
        unknown=("arn", "availabilityZone"),
    ),
    Life(
        "aws:ec2/internetGateway:InternetGateway",
        lambda w: {"vpcId": w.vpc},
        lambda w: {"vpcId": w.vpc2},
        seen=lambda w, i, late: (
            w.ec2.describe_internet_gateways(InternetGatewayIds=[i])["InternetGateways"][0]["Attachments"][0]["VpcId"]
            == (w.vpc2 if late else w.vpc)
        ),
        unknown=("arn", "ownerId"),
    ),
    Life(
        "aws:ec2/internetGatewayAttachment:InternetGatewayAttachment",
        lambda w: {"vpcId": w.vpc, "internetGatewayId": w.igw},
        replace=lambda w: {"vpcId": w.vpc2},
    ),
    Life(
        "aws:ec2/vpcDhcpOptions:VpcDhcpOptions",
        lambda w: {"domainName": "corp.internal", "domainNameServers": ["AmazonProvidedDNS"], "tags": {"a": "b"}},
        {"tags": {"a": "c"}},
        {"domainNameServers": ["8.8.8.8"]},
    ),
    Life(
        "aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation",
        lambda w: {"vpcId": w.vpc, "dhcpOptionsId": w.dhcp},
        seen=lambda w, i, late: one(w.ec2.describe_vpcs(VpcIds=[w.vpc]), "Vpcs")["DhcpOptionsId"] == w.dhcp,
    ),
    Life(
        "aws:ec2/routeTable:RouteTable",
        lambda w: {"vpcId": w.vpc, "routes": [{"cidrBlock": "0.0.0.0/0", "gatewayId": w.attached_igw}]},
        lambda w: {"routes": [{"cidrBlock": "192.0.2.0/24", "gatewayId": w.attached_igw}], "tags": {"Name": "t"}},
        lambda w: {"vpcId": w.vpc2},
        lambda w, i, late: (
            [
                r["DestinationCidrBlock"]
                for r in one(w.ec2.describe_route_tables(RouteTableIds=[i]), "RouteTables")["Routes"]
                if r["GatewayId"] != "local"
            ]
            == (["192.0.2.0/24"] if late else ["0.0.0.0/0"])
        ),
        unknown=("arn", "propagatingVgws"),
    ),
    Life(
        "aws:ec2/route:Route",
        lambda w: {"routeTableId": w.table, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": w.attached_igw},
        lambda w: {"gatewayId": None, "natGatewayId": w.nat},
        {"destinationCidrBlock": "0.0.0.0/1"},
        lambda w, i, late: any(
            r.get("NatGatewayId" if late else "GatewayId") == (w.nat if late else w.attached_igw)
            for r in one(w.ec2.describe_route_tables(RouteTableIds=[w.table]), "RouteTables")["Routes"]
        ),
        unknown=("state", "origin"),
    ),
    Life(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        lambda w: {"routeTableId": w.table, "subnetId": w.subnet},
        lambda w: {"routeTableId": w.table2},
        lambda w: {"subnetId": w.subnet2},
        lambda w, i, late: (
            one(w.ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [w.subnet]}]), "RouteTables")[
                "RouteTableId"
            ]
            == (w.table2 if late else w.table)
        ),
    ),
    Life(
        "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation",
        lambda w: {"vpcId": w.vpc, "routeTableId": w.table},
        lambda w: {"routeTableId": w.table2},
        seen=lambda w, i, late: (
            one(
                w.ec2.describe_route_tables(
                    Filters=[{"Name": "vpc-id", "Values": [w.vpc]}, {"Name": "association.main", "Values": ["true"]}]
                ),
                "RouteTables",
            )["RouteTableId"]
            == (w.table2 if late else w.table)
        ),
        unknown=("originalRouteTableId",),
    ),
    Life(
        "aws:ec2/defaultRouteTable:DefaultRouteTable",
        lambda w: {"defaultRouteTableId": w.main_table, "routes": []},
        {"tags": {"Name": "main"}},
        stays=True,
    ),
    Life(
        "aws:ec2/securityGroup:SecurityGroup",
        lambda w: {
            "vpcId": w.vpc,
            "egress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/8", "192.168.0.0/16"]}],
            "ingress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}],
        },
        {"egress": [{"protocol": "udp", "fromPort": 53, "toPort": 53, "cidrBlocks": ["10.0.0.2/32"]}], "tags": {"a": "b"}},
        {"description": "another"},
        lambda w, i, late: (
            next(
                (p["IpProtocol"], p.get("FromPort"))
                for p in one(w.ec2.describe_security_groups(GroupIds=[i]), "SecurityGroups")["IpPermissionsEgress"]
            )
            == (("udp", 53) if late else ("tcp", 443))
        ),
        unknown=("arn", "ownerId", "namePrefix"),
    ),
    Life(
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        lambda w: {"vpcId": w.vpc2},
        {"ingress": [{"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["10.0.0.0/8"]}]},
        stays=True,
    ),
    Life(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        lambda w: {"securityGroupId": w.group, "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "10.0.0.0/8"},
        {"fromPort": 8443, "toPort": 8443, "description": "later"},
        lambda w: {"securityGroupId": w.group2},
        lambda w, i, late: (
            one(w.ec2.describe_security_group_rules(SecurityGroupRuleIds=[i]), "SecurityGroupRules")["FromPort"] == (8443 if late else 443)
        ),
        unknown=("arn", "securityGroupRuleId"),
    ),
    Life(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        lambda w: {"securityGroupId": w.group, "ipProtocol": "-1", "referencedSecurityGroupId": w.group2},
        {"description": "neighbours"},
    ),
    Life(
        "aws:ec2/securityGroupRule:SecurityGroupRule",
        lambda w: {
            "type": "egress",
            "securityGroupId": w.group,
            "protocol": "tcp",
            "fromPort": 80,
            "toPort": 80,
            "cidrBlocks": ["10.1.0.0/16", "10.2.0.0/16"],
        },
        replace={"cidrBlocks": ["0.0.0.0/0"]},
    ),
    Life(
        "aws:ec2/networkAcl:NetworkAcl",
        lambda w: {
            "vpcId": w.vpc,
            "subnetIds": [w.subnet],
            "ingress": [{"ruleNo": 100, "action": "allow", "protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlock": "10.0.0.0/8"}],
            "egress": [{"ruleNo": 100, "action": "deny", "protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlock": "0.0.0.0/0"}],
        },
        lambda w: {
            "subnetIds": [w.subnet2],
            "ingress": [{"ruleNo": 110, "action": "allow", "protocol": "udp", "fromPort": 53, "toPort": 53, "cidrBlock": "10.0.0.0/8"}],
        },
        lambda w: {"vpcId": w.vpc2},
        lambda w, i, late: (
            [a["SubnetId"] for a in one(w.ec2.describe_network_acls(NetworkAclIds=[i]), "NetworkAcls")["Associations"]]
            == [w.subnet2 if late else w.subnet]
        ),
        unknown=("arn", "ownerId"),
    ),
    Life(
        "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl",
        lambda w: {"defaultNetworkAclId": w.default_acl2},
        {"ingress": [{"ruleNo": 5, "action": "allow", "protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlock": "10.0.0.0/8"}]},
        stays=True,
    ),
    Life(
        "aws:ec2/networkAclRule:NetworkAclRule",
        lambda w: {
            "networkAclId": w.acl,
            "ruleNumber": 42,
            "egress": True,
            "protocol": "tcp",
            "ruleAction": "deny",
            "cidrBlock": "0.0.0.0/0",
            "fromPort": 22,
            "toPort": 22,
        },
        replace={"ruleAction": "allow"},
    ),
    Life(
        "aws:ec2/networkAclAssociation:NetworkAclAssociation",
        lambda w: {"networkAclId": w.acl, "subnetId": w.subnet},
        replace=lambda w: {"subnetId": w.subnet2},
        seen=lambda w, i, late: any(
            a["SubnetId"] == w.subnet for a in one(w.ec2.describe_network_acls(NetworkAclIds=[w.acl]), "NetworkAcls")["Associations"]
        ),
    ),
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
        "aws:ec2/vpcEndpointSubnetAssociation:VpcEndpointSubnetAssociation",
        lambda w: {"vpcEndpointId": w.sts_endpoint, "subnetId": w.subnet2},
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
        "aws:ec2/networkInterface:NetworkInterface",
        lambda w: {"subnetId": w.subnet, "securityGroups": [w.group], "privateIps": ["10.50.1.77"], "description": "x"},
        lambda w: {"securityGroups": [w.group2], "sourceDestCheck": False, "description": "y"},
        lambda w: {"subnetId": w.subnet2},
        lambda w, i, late: (
            one(w.ec2.describe_network_interfaces(NetworkInterfaceIds=[i]), "NetworkInterfaces")["SourceDestCheck"] is not late
            and one(w.ec2.describe_network_interfaces(NetworkInterfaceIds=[i]), "NetworkInterfaces")["PrivateIpAddress"] == "10.50.1.77"
        ),
        unknown=("macAddress", "privateDnsName"),
    ),
    Life(
        "aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment",
        lambda w: {"instanceId": w.instance, "networkInterfaceId": w.eni, "deviceIndex": 1},
        replace={"deviceIndex": 2},
    ),
    Life(
        "aws:ec2/instance:Instance",
        lambda w: {
            "ami": AMI,
            "instanceType": "t3.large",
            "subnetId": w.subnet,
            "vpcSecurityGroupIds": [w.group],
            "privateIp": "10.50.1.50",
            "associatePublicIpAddress": False,
            "iamInstanceProfile": w.profile,
            "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
            "rootBlockDevice": {"encrypted": True, "volumeType": "gp3", "volumeSize": 80, "deleteOnTermination": True},
            "userData": "#!/bin/sh\ntrue\n",
            "tags": {"Role": "openclaw-agent-harness"},
        },
        lambda w: {
            "metadataOptions": {"httpTokens": "optional", "httpPutResponseHopLimit": 2},
            "vpcSecurityGroupIds": [w.group2],
            "tags": {"Role": "other"},
            "sourceDestCheck": False,
            "userData": "#!/bin/sh\nfalse\n",
            "instanceType": "t3.small",
            "monitoring": True,
        },
        {"subnetId": "subnet-other", "associatePublicIpAddress": True},
        lambda w, i, late: (
            instance(w, i)["MetadataOptions"]["HttpTokens"] == ("optional" if late else "required")
            and instance(w, i)["NetworkInterfaces"][0]["Groups"][0]["GroupId"] == (w.group2 if late else w.group)
            and instance(w, i)["InstanceType"] == ("t3.small" if late else "t3.large")
            and instance(w, i)["PrivateIpAddress"] == "10.50.1.50"
            and "PublicIpAddress" not in instance(w, i)
            and instance(w, i)["IamInstanceProfile"]["Arn"].endswith(w.profile)
            and base64.b64decode(w.ec2.describe_instance_attribute(InstanceId=i, Attribute="userData")["UserData"]["Value"])
            == (b"#!/bin/sh\nfalse\n" if late else b"#!/bin/sh\ntrue\n")
            and one(w.ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [i]}]), "Volumes")["Encrypted"]
        ),
        unknown=("arn", "publicIp", "ipv6Addresses", "primaryNetworkInterfaceId", "instanceState", "ebsOptimized"),
    ),
    Life(
        "aws:ec2/launchTemplate:LaunchTemplate",
        lambda w: {
            "imageId": AMI,
            "instanceType": "t3.micro",
            "metadataOptions": {"httpTokens": "optional"},
            "networkInterfaces": [{"associatePublicIpAddress": "true", "subnetId": w.subnet, "securityGroups": [w.group]}],
            "blockDeviceMappings": [{"deviceName": "/dev/sda1", "ebs": {"encrypted": "true", "volumeSize": 20}}],
            "tagSpecifications": [{"resourceType": "instance", "tags": {"Role": "x"}}],
        },
        {"instanceType": "t3.large", "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1}},
        {"name": "another"},
        lambda w, i, late: (
            one(w.ec2.describe_launch_template_versions(LaunchTemplateId=i, Versions=["$Latest"]), "LaunchTemplateVersions")[
                "LaunchTemplateData"
            ]["MetadataOptions"]["HttpTokens"]
            == ("required" if late else "optional")
        ),
        unknown=("arn", "latestVersion", "defaultVersion"),
    ),
    Life(
        "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults",
        lambda w: {"httpTokens": "required"},
        {"httpTokens": "optional", "httpPutResponseHopLimit": 2},
        seen=lambda w, i, late: (
            w.ec2.get_instance_metadata_defaults()["AccountLevel"]["HttpTokens"] == ("optional" if late else "required")
        ),
        stays=True,
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
        "aws:ec2transitgateway/vpcAttachment:VpcAttachment",
        lambda w: {"vpcId": w.vpc, "subnetIds": [w.subnet], "transitGatewayId": w.transit},
        lambda w: {"subnetIds": [w.subnet2]},
        lambda w: {"vpcId": w.vpc2},
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
    Life(
        "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry",
        lambda w: {"prefixListId": w.prefix_list, "cidr": "203.0.113.0/24"},
        replace={"cidr": "0.0.0.0/0"},
        seen=lambda w, i, late: any(
            e["Cidr"] == "203.0.113.0/24" for e in w.ec2.get_managed_prefix_list_entries(PrefixListId=w.prefix_list)["Entries"]
        ),
    ),
    Life(
        "aws:iam/role:Role",
        lambda w: {
            "assumeRolePolicy": trust("ec2.amazonaws.com"),
            "permissionsBoundary": w.boundary,
            "inlinePolicies": [{"name": "in", "policy": policy("logs:PutLogEvents")}],
            "tags": {"a": "b"},
        },
        {"assumeRolePolicy": trust("ssm.amazonaws.com"), "description": "d", "tags": {"a": "c"}, "inlinePolicies": []},
        {"name": "another"},
        lambda w, i, late: (
            w.iam.get_role(RoleName=i)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"].startswith(
                "ssm" if late else "ec2"
            )
            and w.iam.list_role_policies(RoleName=i)["PolicyNames"] == ([] if late else ["in"])
            and w.iam.get_role(RoleName=i)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == w.boundary
        ),
        unknown=("arn", "uniqueId", "createDate"),
    ),
    Life(
        "aws:iam/rolePolicy:RolePolicy",
        lambda w: {"role": w.role, "policy": policy("logs:PutLogEvents")},
        {"policy": policy("logs:CreateLogStream")},
        {"name": "another"},
        lambda w, i, late: (
            w.iam.get_role_policy(RoleName=w.role, PolicyName=i.split(":")[1])["PolicyDocument"]["Statement"][0]["Action"]
            == ["logs:CreateLogStream" if late else "logs:PutLogEvents"]
        ),
    ),
    Life(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        lambda w: {"role": w.role, "policyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"},
        replace=lambda w: {"policyArn": w.boundary},
        seen=lambda w, i, late: (
            one(w.iam.list_attached_role_policies(RoleName=w.role), "AttachedPolicies")["PolicyName"] == "AmazonSSMManagedInstanceCore"
        ),
    ),
    Life(
        "aws:iam/policy:Policy",
        lambda w: {"policy": policy("s3:GetObject"), "path": "/lab/", "tags": {"a": "b"}},
        {"policy": policy("s3:ListBucket"), "tags": {"a": "c"}},
        {"path": "/other/"},
        lambda w, i, late: len(w.iam.list_policy_versions(PolicyArn=i)["Versions"]) == 1,
        unknown=("arn", "policyId"),
    ),
    Life(
        "aws:iam/instanceProfile:InstanceProfile",
        lambda w: {"role": w.role, "tags": {"a": "b"}},
        lambda w: {"role": w.role2, "tags": {}},
        {"name": "another"},
        lambda w, i, late: (
            w.iam.get_instance_profile(InstanceProfileName=i)["InstanceProfile"]["Roles"][0]["RoleName"] == (w.role2 if late else w.role)
        ),
        unknown=("arn", "uniqueId"),
    ),
    Life(
        "aws:cloudwatch/logGroup:LogGroup",
        lambda w: {"name": "/lab/flow", "retentionInDays": 30, "kmsKeyId": w.key_arn, "tags": {"a": "b"}},
        {"retentionInDays": 90, "tags": {"a": "c"}},
        {"name": "/lab/other"},
        lambda w, i, late: (
            one(w.logs.describe_log_groups(logGroupNamePrefix=i), "logGroups")["retentionInDays"] == (90 if late else 30)
            and one(w.logs.describe_log_groups(logGroupNamePrefix=i), "logGroups")["kmsKeyId"] == w.key_arn
        ),
        unknown=("arn",),
    ),
    Life(
        "aws:ec2/flowLog:FlowLog",
        lambda w: {"vpcId": w.vpc, "trafficType": "ALL", "iamRoleArn": w.role_arn, "logDestination": w.log_group_arn},
        {"tags": {"a": "b"}},
        {"trafficType": "REJECT"},
        lambda w, i, late: one(w.ec2.describe_flow_logs(FlowLogIds=[i]), "FlowLogs")["DeliverLogsStatus"] == "SUCCESS",
        unknown=("arn", "logFormat"),
    ),
    Life(
        "aws:kms/key:Key",
        lambda w: {"description": "k", "enableKeyRotation": True, "deletionWindowInDays": 7, "tags": {"a": "b"}},
        {"description": "l", "enableKeyRotation": False, "tags": {"a": "c"}},
        {"customerMasterKeySpec": "RSA_2048"},
        lambda w, i, late: w.kms.get_key_rotation_status(KeyId=i)["KeyRotationEnabled"] is not late,
        unknown=("arn", "keyId", "policy"),
    ),
    Life(
        "aws:kms/alias:Alias",
        lambda w: {"name": "alias/lab", "targetKeyId": w.key},
        lambda w: {"targetKeyId": w.key2},
        {"name": "alias/other"},
        lambda w, i, late: (
            next(a for a in w.kms.list_aliases()["Aliases"] if a["AliasName"] == i)["TargetKeyId"] == (w.key2 if late else w.key)
        ),
    ),
    Life(
        "aws:ssm/parameter:Parameter",
        lambda w: {"name": "/lab/p", "type": "String", "value": "one", "tags": {"a": "b"}},
        {"value": "two", "description": "d", "tags": {"a": "c"}},
        {"name": "/lab/q"},
        lambda w, i, late: w.ssm.get_parameter(Name=i)["Parameter"]["Value"] == ("two" if late else "one"),
        unknown=("arn", "version"),
    ),
    Life(
        "aws:s3/bucket:Bucket",
        lambda w: {"forceDestroy": True, "tags": {"a": "b"}},
        {"tags": {"a": "c"}},
        {"bucket": "another-bucket"},
        lambda w, i, late: w.s3.get_bucket_tagging(Bucket=i)["TagSet"] == [{"Key": "a", "Value": "c" if late else "b"}],
        unknown=("arn", "bucketDomainName"),
    ),
    *RESOLVER,
    *WAYS_IN,
]


@pytest.fixture(scope="module")
def world(home: LabHome, aws: Asker) -> Iterator[Any]:
    """What the types need to exist, made with boto3; at the end there is nothing else (in EC2 some things stay by their nature)."""
    w: Any = SimpleNamespace(
        **{name: client(home, name) for name in ("ec2", "iam", "logs", "kms", "ssm", "s3", "elbv2", "route53resolver")}
    )
    ec2 = w.ec2
    w.vpc, w.vpc2, w.vpc3 = (ec2.create_vpc(CidrBlock=c)["Vpc"]["VpcId"] for c in ("10.50.0.0/16", "10.70.0.0/16", "10.80.0.0/16"))
    w.subnet, w.subnet2 = (ec2.create_subnet(VpcId=w.vpc, CidrBlock=c)["Subnet"]["SubnetId"] for c in ("10.50.1.0/24", "10.50.2.0/24"))
    w.igw, w.attached_igw = (ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"] for _ in range(2))
    w.home_vpc = ec2.create_vpc(CidrBlock="10.90.0.0/16")["Vpc"]["VpcId"]
    ec2.attach_internet_gateway(InternetGatewayId=w.attached_igw, VpcId=w.home_vpc)
    options = [{"Key": "domain-name-servers", "Values": ["9.9.9.9"]}]
    w.dhcp = ec2.create_dhcp_options(DhcpConfigurations=options)["DhcpOptions"]["DhcpOptionsId"]
    w.table, w.table2 = (ec2.create_route_table(VpcId=w.vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    main = [{"Name": "vpc-id", "Values": [w.vpc2]}, {"Name": "association.main", "Values": ["true"]}]
    w.main_table = ec2.describe_route_tables(Filters=main)["RouteTables"][0]["RouteTableId"]
    w.group, w.group2 = (ec2.create_security_group(GroupName=n, Description=n, VpcId=w.vpc)["GroupId"] for n in ("g1", "g2"))
    w.acl = ec2.create_network_acl(VpcId=w.vpc)["NetworkAcl"]["NetworkAclId"]
    default = [{"Name": "vpc-id", "Values": [w.vpc2]}, {"Name": "default", "Values": ["true"]}]
    w.default_acl2 = ec2.describe_network_acls(Filters=default)["NetworkAcls"][0]["NetworkAclId"]
    w.s3_endpoint = ec2.create_vpc_endpoint(VpcId=w.vpc, ServiceName="com.amazonaws.us-east-1.s3")["VpcEndpoint"]["VpcEndpointId"]
    w.sts_endpoint = ec2.create_vpc_endpoint(
        VpcId=w.vpc, ServiceName="com.amazonaws.us-east-1.sts", VpcEndpointType="Interface", SubnetIds=[w.subnet]
    )["VpcEndpoint"]["VpcEndpointId"]
    w.eip, w.free_eip = (ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(2))
    w.nat = ec2.create_nat_gateway(SubnetId=w.subnet, AllocationId=w.eip)["NatGateway"]["NatGatewayId"]
    w.eni, w.eni2 = (ec2.create_network_interface(SubnetId=w.subnet)["NetworkInterface"]["NetworkInterfaceId"] for _ in range(2))
    w.instance = ec2.run_instances(ImageId=AMI, MinCount=1, MaxCount=1, SubnetId=w.subnet)["Instances"][0]["InstanceId"]
    w.transit = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    w.vpn = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    w.prefix_list = ec2.create_managed_prefix_list(PrefixListName="p", MaxEntries=5, AddressFamily="IPv4")["PrefixList"]["PrefixListId"]
    w.zone_subnet, w.zone_subnet2 = (
        ec2.create_subnet(VpcId=w.vpc, CidrBlock=c, AvailabilityZone=z)["Subnet"]["SubnetId"]
        for c, z in (("10.50.31.0/24", "us-east-1b"), ("10.50.32.0/24", "us-east-1c"))
    )
    resolver = w.route53resolver
    ask = {"CreatorRequestId": "w", "Name": "w"}
    w.domains = resolver.create_firewall_domain_list(**ask)["FirewallDomainList"]["Id"]
    w.rules, w.rules2 = (resolver.create_firewall_rule_group(CreatorRequestId=n, Name=n)["FirewallRuleGroup"]["Id"] for n in ("w", "w2"))
    destination = "arn:aws:logs:us-east-1:123456789012:log-group:/lab/there"
    config = resolver.create_resolver_query_log_config(**ask, DestinationArn=destination)
    w.query_logs = config["ResolverQueryLogConfig"]["Id"]
    addresses = [{"SubnetId": each} for each in (w.subnet, w.subnet2)]
    outbound = resolver.create_resolver_endpoint(**ask, Direction="OUTBOUND", SecurityGroupIds=[w.group], IpAddresses=addresses)
    w.outbound = outbound["ResolverEndpoint"]["Id"]
    forward = {"RuleType": "FORWARD", "DomainName": "corp.internal", "TargetIps": [{"Ip": "10.9.9.9", "Port": 53}]}
    w.forward = resolver.create_resolver_rule(**ask, **forward, ResolverEndpointId=w.outbound)["ResolverRule"]["Id"]
    balancer = w.elbv2.create_load_balancer(Name="w", Subnets=[w.zone_subnet, w.zone_subnet2], Scheme="internal")
    w.balancer = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    targets = w.elbv2.create_target_group(Name="w", Port=443, Protocol="HTTPS", VpcId=w.vpc)
    w.targets = targets["TargetGroups"][0]["TargetGroupArn"]
    w.role, w.role2 = (w.iam.create_role(RoleName=n, AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))["Role"]["RoleName"] for n in "rs")
    w.role_arn = w.iam.get_role(RoleName=w.role)["Role"]["Arn"]
    w.profile = w.iam.create_instance_profile(InstanceProfileName="prof")["InstanceProfile"]["InstanceProfileName"]
    w.boundary = w.iam.create_policy(PolicyName="bound", PolicyDocument=policy("*"))["Policy"]["Arn"]
    w.key, w.key2 = (w.kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    w.key_arn = w.kms.describe_key(KeyId=w.key)["KeyMetadata"]["Arn"]
    w.logs.create_log_group(logGroupName="/lab/there")
    w.log_group_arn = "arn:aws:logs:us-east-1:123456789012:log-group:/lab/there"
    before = inventory(home)
    yield w
    found = differences(before, inventory(home, services=[each for each in SERVICES if each != "ec2"]))
    assert [line for line in found if line.startswith("+")] == []


ELSEWHERE = {
    "cloudwatch": ("logs",),
    "ec2transitgateway": ("ec2",),
    "lb": ("elbv2", "ec2"),
    "route53": ("route53resolver", "ec2"),
    "vpc": ("ec2",),
}


def services_of(token: str) -> tuple[str, ...]:
    """Return the services where a type's things stand; that nothing is left in any other, `world` looks at the end."""
    module = token.split(":")[1].split("/")[0]
    return ELSEWHERE.get(module, (module,))


def resolved(given: Any, world: Any) -> Props:
    return given(world) if callable(given) else dict(given)


def changed(inputs: Props, change: Props) -> Props:
    return {key: value for key, value in {**inputs, **change}.items() if value is not None}


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.token)
def test_a_type_lives_its_whole_life(life: Life, aws: Asker, world: Any, home: LabHome) -> None:
    before, program = inventory(home, services=services_of(life.token)), resolved(life.start, world)

    faults.made(home)
    planned = aws.preview(life.token, "thing", program)
    assert {key for key in life.unknown if planned.get(key) == UNKNOWN} == set(life.unknown)
    assert narrowed(program, without_wrappers(planned)) == program, "a preview echoes what the program said"
    assert [call for call in faults.made(home) if not faults.looks(call)] == [], "a preview makes nothing"

    thing = aws.create(life.token, "thing", program)
    assert thing.id
    assert UNKNOWN not in json.dumps(thing.outputs)
    if life.seen:
        assert life.seen(world, thing.id, False)

    assert list(aws.diff(thing, aws.check(life.token, "thing", program, thing.inputs)).diffs) == []
    read = aws.read(thing)
    assert read is not None
    assert read.inputs == thing.inputs, "a refresh of what nobody touched finds no drift"
    assert read.outputs == thing.outputs

    if life.update is not None:
        news = aws.check(life.token, "thing", changed(program, resolved(life.update, world)), thing.inputs)
        difference = aws.diff(thing, news)
        assert set(difference.diffs) == set(resolved(life.update, world))
        assert list(difference.replaces) == []
        aws.update(thing, news, preview=True)
        assert aws.read(thing) == read, "the preview of an update changes nothing"
        thing = aws.update(thing, news)
        if life.seen:
            assert life.seen(world, thing.id, True)
        assert list(aws.diff(thing, news).diffs) == []
        assert aws.update(thing, news) == thing, "an update done twice is the same as once"
        read = aws.read(thing)
        assert read is not None
        assert read.inputs == thing.inputs

    if life.replace is not None:
        news = aws.check(life.token, "thing", changed(program, resolved(life.replace, world)), thing.inputs)
        replacing = set(aws.diff(thing, news).replaces)
        assert replacing == set(resolved(life.replace, world))

    aws.delete(thing)
    aws.delete(thing)  # what is gone already is no error
    if not life.stays:
        assert aws.read(thing) is None
        assert differences(before, inventory(home, services=services_of(life.token))) == []


def test_every_served_type_is_tried_here() -> None:
    assert {each.token for each in TYPES} == {life.token for life in LIVES}


def test_every_served_type_is_one_of_the_real_package_with_real_property_names() -> None:
    for kind in TYPES:
        known = facts(kind.token)
        assert known.known, kind.token
        used = {*kind.send, *kind.in_place, *kind.also, *kind.also_in_place} - kind.idle
        assert used <= known.inputs, (kind.token, used - known.inputs)
        shown = set(kind.show)
        assert shown <= known.outputs, (kind.token, shown - known.outputs)


def test_a_secret_input_stays_secret_in_the_outputs(aws: Asker) -> None:
    from containment.lab.wire import is_secret, secret

    thing = aws.create("aws:ssm/parameter:Parameter", "hidden", {"name": "/lab/s", "type": "SecureString", "value": secret("s3cr3t")})
    assert is_secret(thing.outputs["value"])
    assert without_wrappers(thing.outputs)["value"] == "s3cr3t"
    aws.delete(thing)
