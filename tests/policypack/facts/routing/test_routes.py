"""No route of an agent's subnet leads past the Aviatrix gateway, however it is written and wherever it stands."""

# mypy: disable-error-code="func-returns-value"

from __future__ import annotations

from collections.abc import Callable

import pytest

from policypack.graph.known_types import (
    DEFAULT_ROUTE_TABLE,
    DEFAULT_SUBNET,
    DEFAULT_VPC,
    INSTANCE,
    INTERFACE,
    MAIN_TABLE_ASSOCIATION,
    PREFIX_LIST,
    PREFIX_LIST_ENTRY,
    ROUTE,
    ROUTE_SERVER_PROPAGATION,
    ROUTE_TABLE,
    SUBNET,
    TABLE_ASSOCIATION,
    VPC,
    VPC_ENDPOINT,
    VPN_GATEWAY,
    VPN_PROPAGATION,
)
from policypack.graph.plain_data import UNKNOWN
from tests.policypack.stacks import Ref, Stack, compliant

NAT = "agent-subnet-has-no-nat-route"
NAT_GATEWAY = "aws:ec2/natGateway:NatGateway"
EGRESS_ONLY = "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway"
PEERING = "aws:ec2/vpcPeeringConnection:VpcPeeringConnection"
TRANSIT = "aws:ec2transitgateway/transitGateway:TransitGateway"

Change = Callable[[Stack], object]


def nat(stack: Stack) -> Ref:
    return stack.add(NAT_GATEWAY, "nat", {"subnetId": Ref("gateways"), "allocationId": Ref("gateway-address")})


def route(stack: Stack, name: str = "way", to: str = "0.0.0.0/0", table: object = None, **target: object) -> None:
    destination = {"destinationIpv6CidrBlock" if ":" in to else "destinationCidrBlock": to}
    stack.add(ROUTE, name, {"routeTableId": Ref("agent-table") if table is None else table, **destination, **target})


def prefix_list(stack: Stack, *cidrs: str) -> Ref:
    return stack.add(PREFIX_LIST, "list", {"entries": [{"cidr": cidr} for cidr in cidrs]})


def no_own_table(stack: Stack) -> None:
    stack.drop("agent-association", "agent-table")


def nat_instance(stack: Stack, through_interface: bool) -> None:
    stack.add(
        INSTANCE,
        "forwarder",
        {
            "subnetId": Ref("gateways"),
            "associatePublicIpAddress": True,
            "metadataOptions": {"httpTokens": "required"},
        },
    )
    route(stack, networkInterfaceId=Ref("forwarder", "primaryNetworkInterfaceId")) if through_interface else route(
        stack, instanceId=Ref("forwarder")
    )


def take_over_main(stack: Stack, routes: list[object]) -> None:
    stack.add(DEFAULT_ROUTE_TABLE, "main", {"defaultRouteTableId": Ref("vpc", "defaultRouteTableId"), "routes": routes})


CASES: dict[str, tuple[Change, str]] = {
    "nat gateway": (lambda s: (nat(s), route(s, natGatewayId=Ref("nat"))), "way"),
    "nat gateway for one address": (lambda s: (nat(s), route(s, to="198.51.100.7/32", natGatewayId=Ref("nat"))), "way"),
    "nat gateway, a literal": (lambda s: route(s, natGatewayId="nat-0123456789abcdef0"), "way"),
    "nat gateway inline": (
        lambda s: (nat(s), s.props["agent-table"].update(routes=[{"cidrBlock": "0.0.0.0/0", "natGatewayId": Ref("nat")}])),
        "agent-table",
    ),
    "internet gateway": (lambda s: route(s, gatewayId=Ref("internet")), "way"),
    "internet gateway inline": (
        lambda s: s.props["agent-table"].update(routes=[{"cidrBlock": "0.0.0.0/0", "gatewayId": Ref("internet")}]),
        "agent-table",
    ),
    "internet gateway, a literal": (lambda s: route(s, gatewayId="igw-0123456789abcdef0"), "way"),
    "shared with the gateway's table": (
        lambda s: s.props["agent-association"].update(routeTableId=Ref("gateway-table")),
        "gateway-default",
    ),
    "egress-only gateway": (lambda s: route(s, to="::/0", egressOnlyGatewayId=s.add(EGRESS_ONLY, "v6", {"vpcId": Ref("vpc")})), "way"),
    "egress-only gateway inline": (
        lambda s: s.props["agent-table"].update(
            routes=[{"ipv6CidrBlock": "::/0", "egressOnlyGatewayId": s.add(EGRESS_ONLY, "v6", {"vpcId": Ref("vpc")})}]
        ),
        "agent-table",
    ),
    "nat instance": (lambda s: nat_instance(s, through_interface=False), "way"),
    "nat instance's primary interface": (lambda s: nat_instance(s, through_interface=True), "way"),
    "network interface": (lambda s: route(s, networkInterfaceId=s.add(INTERFACE, "eni", {"subnetId": Ref("gateways")})), "way"),
    "peering by default": (lambda s: route(s, vpcPeeringConnectionId=s.add(PEERING, "peer", {"vpcId": Ref("vpc")})), "way"),
    "transit gateway by default": (lambda s: route(s, transitGatewayId=s.add(TRANSIT, "hub")), "way"),
    "vpn gateway by default": (lambda s: route(s, gatewayId=s.add(VPN_GATEWAY, "vpn", {"vpcId": Ref("vpc")})), "way"),
    "core network by default": (lambda s: route(s, coreNetworkArn="arn:aws:networkmanager::123456789012:core-network/x"), "way"),
    "carrier gateway": (lambda s: route(s, carrierGatewayId="cagw-0123456789abcdef0"), "way"),
    "an interface looked up from the aviatrix gateway": (
        lambda s: route(s, networkInterfaceId=Ref("spoke", "interfaceOfLookup")),
        "way",
    ),
    "gateway load balancer": (lambda s: route(s, vpcEndpointId=s.add(VPC_ENDPOINT, "inspect", {"vpcId": Ref("vpc")})), "way"),
    "upper half of the internet": (lambda s: route(s, to="128.0.0.0/1", transitGatewayId="tgw-1"), "way"),
    "a quarter that starts private": (lambda s: route(s, to="10.0.0.0/7", transitGatewayId="tgw-1"), "way"),
    "prefix list": (
        lambda s: s.add(
            ROUTE,
            "way",
            {
                "routeTableId": Ref("agent-table"),
                "destinationPrefixListId": prefix_list(s, "0.0.0.0/1", "128.0.0.0/1"),
                "transitGatewayId": "tgw-1",
            },
        ),
        "way",
    ),
    "prefix list with entries apart": (
        lambda s: (
            s.add(
                ROUTE, "way", {"routeTableId": Ref("agent-table"), "destinationPrefixListId": prefix_list(s), "transitGatewayId": "tgw-1"}
            ),
            s.add(PREFIX_LIST_ENTRY, "entry", {"prefixListId": Ref("list"), "cidr": "0.0.0.0/0"}),
        ),
        "way",
    ),
    "prefix list of others": (
        lambda s: s.add(ROUTE, "way", {"routeTableId": Ref("agent-table"), "destinationPrefixListId": "pl-1", "transitGatewayId": "tgw-1"}),
        "way",
    ),
    "unknown destination": (
        lambda s: s.add(ROUTE, "way", {"routeTableId": Ref("agent-table"), "destinationCidrBlock": UNKNOWN, "transitGatewayId": "tgw-1"}),
        "way",
    ),
    "unknown routes": (lambda s: s.props["agent-table"].update(routes=UNKNOWN), "agent-table"),
    "route to a table that cannot be traced": (lambda s: (nat(s), route(s, table=UNKNOWN, natGatewayId=Ref("nat"))), "way"),
    "vpn propagation": (
        lambda s: s.add(VPN_PROPAGATION, "spread", {"routeTableId": Ref("agent-table"), "vpnGatewayId": s.add(VPN_GATEWAY, "vpn", {})}),
        "spread",
    ),
    "vpn propagation inline": (
        lambda s: s.props["agent-table"].update(propagatingVgws=[s.add(VPN_GATEWAY, "vpn", {})]),
        "agent-table",
    ),
    "route server": (
        lambda s: s.add(ROUTE_SERVER_PROPAGATION, "spread", {"routeTableId": Ref("agent-table"), "routeServerId": "rs-1"}),
        "spread",
    ),
    "main table of the vpc": (
        lambda s: (no_own_table(s), route(s, table=Ref("vpc", "mainRouteTableId"), gatewayId=Ref("internet"))),
        "way",
    ),
    "default table of the vpc": (
        lambda s: (no_own_table(s), take_over_main(s, [{"cidrBlock": "0.0.0.0/0", "gatewayId": Ref("internet")}])),
        "main",
    ),
    "route in the default table taken over": (
        lambda s: (no_own_table(s), take_over_main(s, []), route(s, table=Ref("main"), gatewayId=Ref("internet"))),
        "way",
    ),
    "another table made main": (
        lambda s: (
            no_own_table(s),
            s.add(MAIN_TABLE_ASSOCIATION, "becomes-main", {"vpcId": Ref("vpc"), "routeTableId": Ref("gateway-table")}),
        ),
        "gateway-default",
    ),
    "subnet outside the program": (lambda s: s.props["agent"].update(subnetId="subnet-0123456789abcdef0"), "agent"),
    "default vpc": (lambda s: s.props["agent"].pop("subnetId"), "agent"),
    "default subnet": (
        lambda s: s.props["agent"].update(subnetId=s.add(DEFAULT_SUBNET, "given", {"availabilityZone": "us-east-1a"})),
        "agent",
    ),
    "subnet of the default vpc": (
        lambda s: (no_own_table(s), s.props["agents"].update(vpcId=s.add(DEFAULT_VPC, "given"))),
        "agent",
    ),
    "host's own interface": (
        lambda s: (
            s.add(INTERFACE, "card", {"subnetId": Ref("agents")}),
            s.props["agent"].pop("subnetId"),
            s.props["agent"].pop("associatePublicIpAddress"),
            s.props["agent"].update(primaryNetworkInterface={"networkInterfaceId": Ref("card")}),
            nat(s),
            route(s, natGatewayId=Ref("nat")),
        ),
        "way",
    ),
}

SOUND: dict[str, Change] = {
    "local route inline": lambda s: s.props["agent-table"].update(routes=[{"cidrBlock": "10.42.0.0/16", "gatewayId": "local"}]),
    "no inline routes": lambda s: s.props["agent-table"].update(routes=[]),
    "main table without routes": no_own_table,
    "default table taken over, empty": lambda s: (no_own_table(s), take_over_main(s, [])),
    "nat gateway for the gateways": lambda s: (nat(s), route(s, table=Ref("gateway-table"), to="203.0.113.0/24", natGatewayId=Ref("nat"))),
    "another subnet with an internet gateway": lambda s: (
        s.add(SUBNET, "web", {"vpcId": Ref("vpc"), "cidrBlock": "10.42.20.0/24", "mapPublicIpOnLaunch": True}),
        s.add(TABLE_ASSOCIATION, "web-association", {"subnetId": Ref("web"), "routeTableId": Ref("gateway-table")}),
    ),
    "main table of another vpc": lambda s: (
        s.add(VPC, "other", {"cidrBlock": "10.77.0.0/16"}),
        route(s, table=Ref("other", "mainRouteTableId"), gatewayId="igw-1"),
    ),
    "gateway endpoint": lambda s: (
        s.add(VPC_ENDPOINT, "s3", {"vpcId": Ref("vpc"), "vpcEndpointType": "Gateway", "routeTableIds": [Ref("agent-table")]}),
        s.add("aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation", "s3a", {"routeTableId": Ref("agent-table")}),
    ),
    "main table leads out, agents have their own": lambda s: route(s, table=Ref("vpc", "mainRouteTableId"), gatewayId=Ref("internet")),
    "another table made main, agents have their own": lambda s: s.add(
        MAIN_TABLE_ASSOCIATION, "becomes-main", {"vpcId": Ref("vpc"), "routeTableId": Ref("gateway-table")}
    ),
    "private table made main": lambda s: (
        s.drop("agent-association"),
        s.add(MAIN_TABLE_ASSOCIATION, "becomes-main", {"vpcId": Ref("vpc"), "routeTableId": Ref("agent-table")}),
        take_over_main(s, [{"cidrBlock": "0.0.0.0/0", "gatewayId": Ref("internet")}]),
    ),
    "edge association of the internet gateway": lambda s: s.add(
        TABLE_ASSOCIATION, "edge", {"gatewayId": Ref("internet"), "routeTableId": s.add(ROUTE_TABLE, "edge-table", {"vpcId": Ref("vpc")})}
    ),
}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("case", CASES)
def test_a_way_past_the_gateway_is_refused_where_it_is_stated(case: str, known: bool) -> None:
    change, where = CASES[case]
    stack = compliant()
    change(stack)
    assert stack.refused(known) == {(NAT, where)}


def test_a_route_to_the_aviatrix_gateway_passes_once_its_value_is_the_gateways_own() -> None:
    stack = compliant()
    route(stack, instanceId=Ref("spoke", "cloudInstanceId"))
    assert stack.refused(known=False) == {(NAT, "way")}
    assert stack.refused(known=True) == set()


def test_two_halves_of_the_internet_are_both_refused() -> None:
    stack = compliant()
    nat(stack)
    route(stack, "low", to="0.0.0.0/1", natGatewayId=Ref("nat"))
    route(stack, "high", to="128.0.0.0/1", natGatewayId=Ref("nat"))
    assert stack.refused(known=False) == {(NAT, "low"), (NAT, "high")}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("case", SOUND)
def test_sound_routing_passes(case: str, known: bool) -> None:
    stack = compliant()
    SOUND[case](stack)
    assert stack.refused(known) == set()


def test_a_route_of_nobody_does_not_make_a_forwarder() -> None:
    stack = compliant()
    nat_instance(stack, through_interface=False)
    stack.props["way"].update(destinationCidrBlock="10.99.0.0/16")
    assert ("agent-host-has-no-public-ip", "forwarder") in stack.refused(known=False)
    stack.props["way"].update(destinationCidrBlock="0.0.0.0/0", routeTableId=stack.add(ROUTE_TABLE, "unused", {"vpcId": Ref("vpc")}))
    assert ("agent-host-has-no-public-ip", "forwarder") in stack.refused(known=True)


def test_an_untagged_forwarder_is_a_host_as_soon_as_no_route_leads_to_it() -> None:
    stack = compliant()
    nat_instance(stack, through_interface=False)
    stack.drop("way")
    assert ("agent-host-has-no-public-ip", "forwarder") in stack.refused(known=False)
