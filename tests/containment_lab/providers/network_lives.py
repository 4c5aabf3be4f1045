"""The lives of what a VPC is made of: subnets, routes, security groups, network ACLs."""

from __future__ import annotations

from tests.containment_lab.providers.life import Life, one

_ICMP = {"action": "allow", "protocol": "icmp", "fromPort": 0, "toPort": 0, "cidrBlock": "0.0.0.0/0"}

NETWORK = [
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
        lambda w: {"vpcId": w.vpc, "routes": [{"cidrBlock": "0.0.0.0/0", "transitGatewayId": w.transit}]},
        lambda w: {"routes": [{"cidrBlock": "192.0.2.0/24", "transitGatewayId": w.transit}], "tags": {"Name": "t"}},
        lambda w: {"vpcId": w.vpc2},
        lambda w, i, late: (
            [
                r["DestinationCidrBlock"]
                for r in one(w.ec2.describe_route_tables(RouteTableIds=[i]), "RouteTables")["Routes"]
                if r.get("GatewayId") != "local"
            ]
            == (["192.0.2.0/24"] if late else ["0.0.0.0/0"])
        ),
        unknown=("arn", "propagatingVgws"),
    ),
    Life(
        "aws:ec2/route:Route",
        lambda w: {"routeTableId": w.home_table, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": w.attached_igw},
        lambda w: {"gatewayId": None, "natGatewayId": w.nat},
        {"destinationCidrBlock": "0.0.0.0/1"},
        lambda w, i, late: any(
            r.get("NatGatewayId" if late else "GatewayId") == (w.nat if late else w.attached_igw)
            for r in one(w.ec2.describe_route_tables(RouteTableIds=[w.home_table]), "RouteTables")["Routes"]
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
            "ingress": [
                {"ruleNo": 100, "action": "allow", "protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlock": "10.0.0.0/8"},
                {**_ICMP, "ruleNo": 120, "icmpType": -1, "icmpCode": -1},
                {**_ICMP, "ruleNo": 130, "icmpType": 3, "icmpCode": 4},
            ],
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
]
