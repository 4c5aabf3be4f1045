"""What the served aws types need to exist, made with boto3 against a real moto server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from containment_lab.cloud.clients import get_client
from containment_lab.home import LabHome
from tests.containment_lab.providers.account_lives import policy, trust
from tests.containment_lab.providers.conftest import Asker
from tests.containment_lab.providers.host_lives import AMI
from tests.support.cloud_inventory import SERVICES, find_differences, read_inventory

KEY_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Action": "kms:Encrypt*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"},
        ],
    }
)


@pytest.fixture(scope="module")
def world(home: LabHome, aws: Asker) -> Iterator[Any]:
    """What the types need to exist, made with boto3; at the end there is nothing else (in EC2 some things stay by their nature)."""
    w: Any = SimpleNamespace(
        **{name: get_client(home, name) for name in ("ec2", "iam", "logs", "kms", "ssm", "s3", "elbv2", "route53resolver", "scheduler")}
    )
    ec2 = w.ec2
    w.vpc, w.vpc2, w.vpc3 = (ec2.create_vpc(CidrBlock=c)["Vpc"]["VpcId"] for c in ("10.50.0.0/16", "10.70.0.0/16", "10.80.0.0/16"))
    w.subnet, w.subnet2 = (ec2.create_subnet(VpcId=w.vpc, CidrBlock=c)["Subnet"]["SubnetId"] for c in ("10.50.1.0/24", "10.50.2.0/24"))
    w.attached_igw = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    w.home_vpc = ec2.create_vpc(CidrBlock="10.90.0.0/16")["Vpc"]["VpcId"]
    ec2.attach_internet_gateway(InternetGatewayId=w.attached_igw, VpcId=w.home_vpc)
    w.home_table = ec2.create_route_table(VpcId=w.home_vpc)["RouteTable"]["RouteTableId"]
    options = [{"Key": "domain-name-servers", "Values": ["9.9.9.9"]}]
    w.dhcp = ec2.create_dhcp_options(DhcpConfigurations=options)["DhcpOptions"]["DhcpOptionsId"]
    w.table, w.table2 = (ec2.create_route_table(VpcId=w.vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    main = [{"Name": "vpc-id", "Values": [w.vpc2]}, {"Name": "association.main", "Values": ["true"]}]
    w.main_table = ec2.describe_route_tables(Filters=main)["RouteTables"][0]["RouteTableId"]
    w.group, w.group2 = (ec2.create_security_group(GroupName=n, Description=n, VpcId=w.vpc)["GroupId"] for n in ("g1", "g2"))
    w.s3_endpoint = ec2.create_vpc_endpoint(VpcId=w.vpc, ServiceName="com.amazonaws.us-east-1.s3")["VpcEndpoint"]["VpcEndpointId"]
    w.eip, w.free_eip = (ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(2))
    w.nat = ec2.create_nat_gateway(SubnetId=w.subnet, AllocationId=w.eip)["NatGateway"]["NatGatewayId"]
    w.eni, w.eni2 = (ec2.create_network_interface(SubnetId=w.subnet)["NetworkInterface"]["NetworkInterfaceId"] for _ in range(2))
    w.instance = ec2.run_instances(ImageId=AMI, MinCount=1, MaxCount=1, SubnetId=w.subnet)["Instances"][0]["InstanceId"]
    w.transit = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    w.vpn = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    w.transit = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    w.zone_subnet = ec2.create_subnet(VpcId=w.vpc, CidrBlock="10.50.31.0/24", AvailabilityZone="us-east-1b")["Subnet"]["SubnetId"]
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
    targets = w.elbv2.create_target_group(Name="w", Port=443, Protocol="HTTPS", VpcId=w.vpc)
    w.targets = targets["TargetGroups"][0]["TargetGroupArn"]
    w.role, w.role2 = (w.iam.create_role(RoleName=n, AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))["Role"]["RoleName"] for n in "rs")
    w.role_arn = w.iam.get_role(RoleName=w.role)["Role"]["Arn"]
    w.profile = w.iam.create_instance_profile(InstanceProfileName="prof")["InstanceProfile"]["InstanceProfileName"]
    w.boundary = w.iam.create_policy(PolicyName="bound", PolicyDocument=policy("*"))["Policy"]["Arn"]
    w.key, w.key2 = (w.kms.create_key(Policy=KEY_POLICY)["KeyMetadata"]["KeyId"] for _ in range(2))
    w.key_arn = w.kms.describe_key(KeyId=w.key)["KeyMetadata"]["Arn"]
    w.logs.create_log_group(logGroupName="/lab/there")
    w.log_group_arn = "arn:aws:logs:us-east-1:123456789012:log-group:/lab/there"
    w.bucket, w.bucket2, w.locked, w.locked2 = "a-bucket", "another-bucket-too", "a-locked-bucket", "another-locked-bucket"
    for name in (w.bucket, w.bucket2, w.locked, w.locked2):
        w.s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket="locked" in name)
    before = read_inventory(home)
    yield w
    found = find_differences(before, read_inventory(home, services=[each for each in SERVICES if each != "ec2"]))
    assert [line for line in found if line.startswith("+")] == []
