"""What opens a host's network, its endpoints or its resolver, or leads to it, is refused however it is written."""

# mypy: disable-error-code="func-returns-value"

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN
from tests.policypack.stacks import Ref, Stack, compliant

LOGS = "vpc-flow-logs-are-complete"
PERIMETER = "endpoints-are-for-this-account"
NAMES = "endpoints-answer-by-private-names"
RESOLVER = "dns-stays-with-the-resolver"
WAY_IN = "agent-host-has-no-way-in"
JOINS = "agent-subnet-joins-no-other-network"
SSM = "com.amazonaws.us-east-1.ssm"

Change = Callable[[Stack], object]


def template(stack: Stack, **props: object) -> None:
    options = {"httpTokens": "required", "httpPutResponseHopLimit": 1}
    stack.add(kt.LAUNCH_TEMPLATE, "template", {"metadataOptions": options, **props})
    host(stack, launchTemplate={"id": Ref("template")})


def host(stack: Stack, **props: object) -> None:
    stack.props["agent"].update(props)


def endpoint(stack: Stack, **props: object) -> None:
    stack.add(kt.VPC_ENDPOINT, "endpoint", {"vpcId": Ref("vpc"), "serviceName": SSM, "vpcEndpointType": "Interface", **props})


def dhcp(stack: Stack, *servers: Any) -> None:
    stack.add(kt.DHCP_OPTIONS, "options", {"domainNameServers": list(servers)})
    stack.add(kt.DHCP_ASSOCIATION, "association", {"vpcId": Ref("vpc"), "dhcpOptionsId": Ref("options")})


def forwarding(stack: Stack, kind: Any) -> None:
    stack.add(kt.FORWARD_RULE, "rule", {"ruleType": kind, "domainName": "corp.example"})
    stack.add(kt.FORWARD_ASSOCIATION, "association", {"vpcId": Ref("vpc"), "resolverRuleId": Ref("rule")})


def flow_log(stack: Stack, name: str, kind: Any, **where: object) -> None:
    stack.add(kt.FLOW_LOG, name, {"trafficType": kind, **(where or {"vpcId": Ref("vpc")})})


def to(stack: Stack, kind: str, **props: object) -> None:
    stack.add(f"aws:{kind}", "way", props)


def scaling(stack: Stack) -> None:
    stack.add(kt.SCALING_GROUP, "asg", {"launchTemplate": {"id": Ref("template")}, "vpcZoneIdentifiers": [Ref("agents")], "name": "asg"})


def card(stack: Stack) -> None:
    stack.add(kt.INTERFACE, "card", {"subnetId": Ref("agents")})
    stack.add(kt.INTERFACE_ATTACHMENT, "plugged", {"instanceId": Ref("agent"), "networkInterfaceId": Ref("card"), "deviceIndex": 1})


def joined(stack: Stack, **props: object) -> None:
    stack.add(kt.ROUTE, "way", {"routeTableId": Ref("agent-table"), "destinationCidrBlock": "10.99.0.0/16", **props})


REFUSED: dict[str, tuple[Change, str, str]] = {
    "accepted only": (lambda s: flow_log(s, "log", "ACCEPT"), LOGS, "log"),
    "a type not known": (lambda s: flow_log(s, "log", UNKNOWN), LOGS, "log"),
    "of the subnet, refused only": (lambda s: flow_log(s, "log", "REJECT", subnetId=Ref("agents")), LOGS, "log"),
    "open endpoint": (
        lambda s: endpoint(s, policy=json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]})),
        PERIMETER,
        "endpoint",
    ),
    "endpoint's policy is none": (lambda s: endpoint(s, policy="{"), PERIMETER, "endpoint"),
    "private names off": (lambda s: endpoint(s, privateDnsEnabled=False), NAMES, "endpoint"),
    "private names not known": (lambda s: endpoint(s, privateDnsEnabled=UNKNOWN), NAMES, "endpoint"),
    "no resolver": (lambda s: s.props["vpc"].update(enableDnsSupport=False), NAMES, "vpc"),
    "no host names": (lambda s: (endpoint(s), s.props["vpc"].update(enableDnsHostnames=False)), NAMES, "vpc"),
    "name servers": (lambda s: dhcp(s, "AmazonProvidedDNS", "1.1.1.1"), RESOLVER, "options"),
    "a name server not known": (lambda s: dhcp(s, UNKNOWN), RESOLVER, "options"),
    "forwarding": (lambda s: forwarding(s, "FORWARD"), RESOLVER, "rule"),
    "a kind not known": (lambda s: forwarding(s, UNKNOWN), RESOLVER, "rule"),
    "target": (lambda s: to(s, "lb/targetGroupAttachment:TargetGroupAttachment", targetId=Ref("agent")), WAY_IN, "way"),
    "target by address": (lambda s: to(s, "alb/targetGroupAttachment:TargetGroupAttachment", targetId="10.42.10.9"), WAY_IN, "way"),
    "target not known": (lambda s: to(s, "lb/targetGroupAttachment:TargetGroupAttachment", targetId=UNKNOWN), WAY_IN, "way"),
    "classic target": (lambda s: to(s, "elb/attachment:Attachment", instance=Ref("agent")), WAY_IN, "way"),
    "accelerator": (
        lambda s: to(s, "globalaccelerator/endpointGroup:EndpointGroup", endpointConfigurations=[{"endpointId": Ref("agent")}]),
        WAY_IN,
        "way",
    ),
    "custom routing": (
        lambda s: to(
            s,
            "globalaccelerator/customRoutingEndpointGroup:CustomRoutingEndpointGroup",
            endpointConfigurations=[{"endpointId": Ref("agents")}],
        ),
        WAY_IN,
        "way",
    ),
    "instance connect beside it": (
        lambda s: to(s, "ec2transitgateway/instanceConnectEndpoint:InstanceConnectEndpoint", subnetId=Ref("gateways")),
        WAY_IN,
        "way",
    ),
    "client vpn of the vpc": (lambda s: to(s, "ec2clientvpn/endpoint:Endpoint", vpcId=Ref("vpc")), WAY_IN, "way"),
    "client vpn route": (lambda s: to(s, "ec2clientvpn/route:Route", targetVpcSubnetId=Ref("agents")), WAY_IN, "way"),
    "client vpn authorization": (
        lambda s: to(s, "ec2clientvpn/authorizationRule:AuthorizationRule", targetNetworkCidr="10.42.0.0/16"),
        WAY_IN,
        "way",
    ),
    "lattice": (
        lambda s: to(s, "vpclattice/serviceNetworkVpcAssociation:ServiceNetworkVpcAssociation", vpcIdentifier=Ref("vpc")),
        WAY_IN,
        "way",
    ),
    "lattice target": (
        lambda s: to(s, "vpclattice/targetGroupAttachment:TargetGroupAttachment", target={"id": Ref("agent")}),
        WAY_IN,
        "way",
    ),
    "lattice resource gateway": (lambda s: to(s, "vpclattice/resourceGateway:ResourceGateway", vpcId=Ref("vpc")), WAY_IN, "way"),
    "verified access": (
        lambda s: (card(s), to(s, "verifiedaccess/endpoint:Endpoint", networkInterfaceOptions={"networkInterfaceId": Ref("card")})),
        WAY_IN,
        "way",
    ),
    "transit attachment in its subnet": (
        lambda s: to(s, "ec2transitgateway/vpcAttachment:VpcAttachment", vpcId=Ref("vpc"), subnetIds=[Ref("agents")]),
        WAY_IN,
        "way",
    ),
    "core network attached in its subnet": (
        lambda s: to(s, "networkmanager/vpcAttachment:VpcAttachment", subnetArns=[Ref("gateways", "arn"), Ref("agents", "arn")]),
        WAY_IN,
        "way",
    ),
    "scaling group behind a balancer": (
        lambda s: (template(s), scaling(s), to(s, "autoscaling/attachment:Attachment", autoscalingGroupName=Ref("asg", "name"))),
        WAY_IN,
        "way",
    ),
    "vpn": (
        lambda s: (
            s.add(kt.VPN_GATEWAY, "vgw", {"vpcId": Ref("vpc")}),
            to(s, "ec2/vpnConnection:VpnConnection", vpnGatewayId=Ref("vgw")),
        ),
        WAY_IN,
        "way",
    ),
    "somebody's service": (lambda s: endpoint(s, serviceName="com.amazonaws.vpce.us-east-1.vpce-svc-1"), WAY_IN, "endpoint"),
    "somebody's resource": (
        lambda s: endpoint(s, serviceName=None, vpcEndpointType="Resource", resourceConfigurationArn="arn:aws:vpc-lattice:::x"),
        WAY_IN,
        "endpoint",
    ),
    "private space through a transit gateway": (lambda s: joined(s, transitGatewayId="tgw-1"), JOINS, "way"),
    "private space through a peering": (lambda s: joined(s, vpcPeeringConnectionId="pcx-1"), JOINS, "way"),
    "private space through a vpn gateway": (lambda s: joined(s, gatewayId="vgw-1"), JOINS, "way"),
    "private space through a value that depends on the gateway": (
        lambda s: joined(s, networkInterfaceId=Ref("spoke", "anything")),
        JOINS,
        "way",
    ),
    "private space inline": (
        lambda s: s.props["agent-table"].update(routes=[{"cidrBlock": "10.99.0.0/16", "coreNetworkArn": "arn:aws:networkmanager::1:x"}]),
        JOINS,
        "agent-table",
    ),
}
SOUND: dict[str, Change] = {
    "two halves of a log": lambda s: (flow_log(s, "passed", "ACCEPT"), flow_log(s, "refused", "REJECT", subnetId=Ref("agents"))),
    "endpoint of another vpc": lambda s: (
        s.add(kt.VPC, "other", {"cidrBlock": "10.77.0.0/16"}),
        endpoint(s, vpcId=Ref("other"), policy="{", privateDnsEnabled=False),
    ),
    "a silent endpoint of a small program": endpoint,
    "its own resolver": lambda s: dhcp(s, "10.42.0.2", "169.254.169.253"),
    "options of another vpc": lambda s: (dhcp(s, "1.1.1.1"), s.props["association"].update(vpcId="vpc-elsewhere")),
    "a rule of the system": lambda s: forwarding(s, "SYSTEM"),
    "forwarding elsewhere": lambda s: (forwarding(s, "FORWARD"), s.props["association"].update(vpcId="vpc-elsewhere")),
    "another target": lambda s: (
        s.add("aws:lb/loadBalancer:LoadBalancer", "api", {"internal": True}),
        to(s, "lb/targetGroupAttachment:TargetGroupAttachment", targetId=Ref("api", "arn")),
    ),
    "a target elsewhere": lambda s: to(s, "lb/targetGroupAttachment:TargetGroupAttachment", targetId="10.42.0.9"),
    "client vpn elsewhere": lambda s: to(s, "ec2clientvpn/authorizationRule:AuthorizationRule", targetNetworkCidr="0.0.0.0/0"),
    "transit attachment in the gateway's subnet": lambda s: to(
        s, "ec2transitgateway/vpcAttachment:VpcAttachment", vpcId=Ref("vpc"), subnetIds=[Ref("gateways")]
    ),
    "a vpn gateway that nothing ends at": lambda s: s.add(kt.VPN_GATEWAY, "vgw", {"vpcId": Ref("vpc")}),
    "a transit route of the gateway's table": lambda s: joined(s, transitGatewayId="tgw-1", routeTableId=Ref("gateway-table")),
}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_by_its_rule_where_it_is_stated(case: str, known: bool) -> None:
    change, rule, where = REFUSED[case]
    stack = compliant()
    change(stack)
    assert stack.refused(known) == {(rule, where)}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("case", SOUND)
def test_what_is_sound_passes(case: str, known: bool) -> None:
    stack = compliant()
    SOUND[case](stack)
    assert stack.refused(known) == set()


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
def test_without_a_host_nothing_is_a_way_in(known: bool) -> None:
    stack = Stack()
    stack.add(kt.VPC, "vpc", {"cidrBlock": "10.42.0.0/16", "enableDnsSupport": False})
    stack.add(kt.SUBNET, "agents", {"vpcId": Ref("vpc"), "cidrBlock": "10.42.10.0/24"})
    to(stack, "ec2transitgateway/instanceConnectEndpoint:InstanceConnectEndpoint", subnetId=Ref("agents"))
    assert {rule for rule, _ in stack.refused(known)} == {"agent-host-is-found"}
