"""Each served aws type lives a whole life against a real moto server: preview, create, no change, update, replace, read, delete."""

from __future__ import annotations

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

from .account_lives import ACCOUNT, policy, trust
from .conftest import Asker, Props
from .edge_lives import EDGE
from .host_lives import AMI, HOST
from .life import Life
from .network_lives import NETWORK
from .resolver_lives import RESOLVER
from .ways_in_lives import WAYS_IN

pytestmark = pytest.mark.slow

LIVES = [*NETWORK, *EDGE, *HOST, *ACCOUNT, *RESOLVER, *WAYS_IN]


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
