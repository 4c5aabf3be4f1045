"""Holes in the network: routes past the gateway, ways in, and what the pack cannot read."""

from __future__ import annotations

from typing import Any, Final

from policypack.graph.plain_data import UNKNOWN
from tests.policypack.mutants.mutant import HOST, SUBNET, VPC, Add, Drop, Mutant, Set
from tests.policypack.mutants.mutant import TABLE as ROUTES
from tests.policypack.mutants.program import Ref

_NAT = "agent-subnet-has-no-nat-route"
_JOINS = "agent-subnet-joins-no-other-network"
_IN = "agent-host-has-no-way-in"
_KNOWN = "compute-and-routing-are-known"
_ROUTE = "aws:ec2/route:Route"


def _route(destination: Any = "0.0.0.0/0", **target: Any) -> Add:
    return Add(_ROUTE, {"routeTableId": Ref(ROUTES), "destinationCidrBlock": destination, **target})


LEAKS: Final = (
    Mutant("route-nat", _NAT, (_route(natGatewayId="nat-0123456789abcdef0"),)),
    Mutant("route-internet", _NAT, (_route(gatewayId=Ref("network-igw")),)),
    Mutant("route-half-of-the-internet", _NAT, (_route("128.0.0.0/1", natGatewayId="nat-0123456789abcdef0"),)),
    Mutant("route-one-host", _NAT, (_route("198.51.100.7/32", networkInterfaceId="eni-0123456789abcdef0"),)),
    Mutant("route-transit", _NAT, (_route(transitGatewayId="tgw-0123456789abcdef0"),)),
    Mutant(
        "route-v6",
        _NAT,
        (Add(_ROUTE, {"routeTableId": Ref(ROUTES), "destinationIpv6CidrBlock": "::/0", "egressOnlyGatewayId": "eigw-0a"}),),
    ),
    Mutant("route-unknown-destination", _NAT, (_route(UNKNOWN, transitGatewayId="tgw-0123456789abcdef0"),)),
    Mutant("route-unknown-target", _NAT, (_route(natGatewayId=UNKNOWN),)),
    Mutant("route-inline", _NAT, (Set(ROUTES, "routes", [{"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-0123456789abcdef0"}]),)),
    Mutant("route-inline-unknown", _NAT, (Set(ROUTES, "routes", UNKNOWN),)),
    Mutant("route-propagated", _NAT, (Set(ROUTES, "propagatingVgws", ["vgw-0123456789abcdef0"]),)),
    Mutant(
        "route-other-table", _NAT, (Set("network-agent-rta-0", "routeTableId", Ref("network-gateway-rt")),), where="network-gateway-out"
    ),
    Mutant("route-foreign-table", _NAT, (Set("network-agent-rta-0", "routeTableId", "rtb-0123456789abcdef0"),), where=HOST),
    Mutant(
        "route-foreign-subnet",
        _NAT,
        (Set(HOST, "subnetId", "subnet-0123456789abcdef0"),),
        also=("agents-are-a-source-by-address", "dns-firewall-is-closed", "external-dns-is-denied", "permits-are-for-agents"),
    ),
    Mutant(
        "route-gateways-subnet",
        _NAT,
        (Set(HOST, "subnetId", Ref("network-gateway-subnet-0")),),
        where="network-gateway-out",
        also=("agents-are-a-source-by-address", "permits-are-for-agents"),
    ),
    Mutant(
        "route-main-table",
        _NAT,
        (
            Drop("network-agent-rta-0"),
            Add(
                "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation",
                {"vpcId": Ref(VPC), "routeTableId": Ref("network-gateway-rt")},
            ),
        ),
        where="network-gateway-out",
    ),
    Mutant("route-peering", _JOINS, (_route("10.200.0.0/16", vpcPeeringConnectionId="pcx-0123456789abcdef0"),)),
    Mutant("route-private-transit", _JOINS, (_route("172.16.0.0/12", transitGatewayId="tgw-0123456789abcdef0"),)),
    Mutant("route-private-vpn", _JOINS, (_route("192.168.0.0/16", gatewayId="vgw-0123456789abcdef0"),)),
    Mutant(
        "route-private-core-network",
        _JOINS,
        (_route("10.99.0.0/24", coreNetworkArn="arn:aws:networkmanager::123456789012:core-network/core-network-0a"),),
    ),
)

WAYS_IN: Final = (
    Mutant(
        "in-target-group",
        _IN,
        (Add("aws:lb/targetGroupAttachment:TargetGroupAttachment", {"targetId": Ref(HOST), "targetGroupArn": "arn:t"}),),
    ),
    Mutant(
        "in-target-address",
        _IN,
        (Add("aws:lb/targetGroupAttachment:TargetGroupAttachment", {"targetId": UNKNOWN, "targetGroupArn": "arn:t"}),),
    ),
    Mutant("in-classic-balancer", _IN, (Add("aws:elb/loadBalancer:LoadBalancer", {"instances": [Ref(HOST)], "listeners": []}),)),
    Mutant(
        "in-accelerator",
        _IN,
        (Add("aws:globalaccelerator/endpointGroup:EndpointGroup", {"endpointConfigurations": [{"endpointId": Ref(HOST)}]}),),
    ),
    Mutant(
        "in-instance-connect",
        _IN,
        (Add("aws:ec2transitgateway/instanceConnectEndpoint:InstanceConnectEndpoint", {"subnetId": Ref(SUBNET)}),),
    ),
    Mutant(
        "in-client-vpn",
        _IN,
        (Add("aws:ec2clientvpn/networkAssociation:NetworkAssociation", {"subnetId": Ref(SUBNET), "clientVpnEndpointId": "cvpn-0a"}),),
    ),
    Mutant(
        "in-lattice",
        _IN,
        (
            Add(
                "aws:vpclattice/serviceNetworkVpcAssociation:ServiceNetworkVpcAssociation",
                {"vpcIdentifier": Ref(VPC), "serviceNetworkIdentifier": "sn-0a"},
            ),
        ),
    ),
    Mutant(
        "in-lattice-target",
        _IN,
        (
            Add(
                "aws:vpclattice/targetGroupAttachment:TargetGroupAttachment",
                {"target": {"id": Ref(HOST)}, "targetGroupIdentifier": "tg-0a"},
            ),
        ),
    ),
    Mutant(
        "in-transit",
        _IN,
        (
            Add(
                "aws:ec2transitgateway/vpcAttachment:VpcAttachment",
                {"subnetIds": [Ref(SUBNET)], "vpcId": Ref(VPC), "transitGatewayId": "tgw-0a"},
            ),
        ),
    ),
    Mutant(
        "in-verified-access", _IN, (Add("aws:verifiedaccess/endpoint:Endpoint", {"loadBalancerOptions": {"subnetIds": [Ref(SUBNET)]}}),)
    ),
    Mutant(
        "in-vpn-authorization",
        _IN,
        (
            Add(
                "aws:ec2clientvpn/authorizationRule:AuthorizationRule",
                {"targetNetworkCidr": "10.0.0.0/8", "clientVpnEndpointId": "cvpn-0a"},
            ),
        ),
    ),
    Mutant("in-service-of-somebody", _IN, (Set("aws-ssm", "serviceName", "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"),)),
    Mutant("in-service-unknown", _IN, (Set("aws-ssm", "serviceName", UNKNOWN),)),
)

UNKNOWN_KINDS: Final = (
    Mutant("kind-function", _KNOWN, (Add("aws:lambda/function:Function", {"role": Ref("agent-identity-role", "arn")}),)),
    Mutant("kind-stack", _KNOWN, (Add("aws:cloudformation/stack:Stack", {"templateBody": "{}"}),)),
    Mutant("kind-build", _KNOWN, (Add("aws:codebuild/project:Project", {}),)),
    Mutant("kind-other-cloud", _KNOWN, (Add("gcp:compute/instance:Instance", {}),)),
    Mutant("kind-native-route", _KNOWN, (Add("aws-native:ec2:Route", {"routeTableId": Ref(ROUTES), "destinationCidrBlock": "0.0.0.0/0"}),)),
    Mutant("kind-pod", _KNOWN, (Add("kubernetes:core/v1:Pod", {}),)),
    Mutant(
        "kind-scheduled-task",
        _KNOWN,
        (Add("aws:cloudwatch/eventTarget:EventTarget", {"ecsTarget": {"taskDefinitionArn": "arn:t"}, "arn": "arn:c"}),),
    ),
)

TABLE: Final = (*LEAKS, *WAYS_IN, *UNKNOWN_KINDS)
