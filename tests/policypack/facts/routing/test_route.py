"""A route passes because its target is permitted: whatever property a provider adds, and whatever value depends on a gateway."""

from __future__ import annotations

from typing import Any

import pulumi_aws as aws
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policypack.facts.routing.route import NO_TARGETS, find_leaks
from policypack.graph.known_types import DEFAULT_ROUTE_TABLE, ROUTE, ROUTE_TABLE, SUBNET, TABLE_ASSOCIATION, VPC, VPC_ENDPOINT
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Resource
from tests.policypack.mutants.routing import find_targets
from tests.policypack.stacks import SPOKE, Ref, Stack, compliant

NAT = "agent-subnet-has-no-nat-route"
JOINS = "agent-subnet-joins-no-other-network"
KNOWN = pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])


def route(stack: Stack, **props: Any) -> None:
    stack.add(ROUTE, "way", {"routeTableId": Ref("agent-table"), "destinationCidrBlock": "0.0.0.0/0", **props})


def inline(stack: Stack, **props: Any) -> None:
    stack.props["agent-table"].update(routes=[{"cidrBlock": "0.0.0.0/0", **props}])


def default_table(stack: Stack, **props: Any) -> None:
    stack.drop("agent-association", "agent-table")
    table = {"defaultRouteTableId": Ref("vpc", "defaultRouteTableId"), "routes": [{"cidrBlock": "0.0.0.0/0", **props}]}
    stack.add(DEFAULT_ROUTE_TABLE, "main", table)


WAYS = {"way": route, "agent-table": inline, "main": default_table}


@pytest.mark.slow
@KNOWN
@pytest.mark.parametrize("where", WAYS)
@pytest.mark.parametrize("target", find_targets())
def test_every_target_of_the_installed_provider_is_refused_however_it_is_declared(target: str, where: str, known: bool) -> None:
    for value in (f"{target}-0123", UNKNOWN, Ref("spoke", "anything")):
        stack = compliant()
        WAYS[where](stack, **{target: value})
        assert stack.refused(known) == {(NAT, where)}, value


def test_the_installed_provider_has_the_targets_that_are_known() -> None:
    assert {"gatewayId", "natGatewayId", "transitGatewayId", "odbNetworkArn", "coreNetworkArn"} <= set(find_targets())
    assert not NO_TARGETS & set(find_targets())
    assert "network_interface_id" in aws.ec2.RouteArgs.__init__.__annotations__


@pytest.mark.slow
@settings(max_examples=200, database=None, derandomize=True, deadline=None)
@given(st.from_regex(r"[a-z][A-Za-z]{1,20}", fullmatch=True).filter(lambda name: name not in NO_TARGETS), st.text(min_size=1, max_size=12))
def test_a_target_of_any_name_and_value_is_refused(name: str, value: str) -> None:
    stack = compliant()
    route(stack, **{name: value})
    expected = set() if (name, value) == ("gatewayId", "local") else {(NAT, "way")}
    assert stack.refused(known=True) == expected


@KNOWN
@pytest.mark.parametrize("block", ["tgw-1", None, 7, [], True])
def test_an_inline_route_that_is_no_object_is_refused(block: Any, known: bool) -> None:
    stack = compliant()
    stack.props["agent-table"].update(routes=[block])
    assert stack.refused(known) == {(NAT, "agent-table")}


@KNOWN
def test_a_route_without_a_target_that_can_be_seen_is_refused(known: bool) -> None:
    stack = compliant()
    route(stack)
    assert stack.refused(known) == {(NAT, "way")}


@KNOWN
@pytest.mark.parametrize("where", WAYS)
def test_a_local_route_passes(where: str, known: bool) -> None:
    stack = compliant()
    WAYS[where](stack, gatewayId="local")
    assert stack.refused(known) == set()


def test_a_literal_next_to_the_gateways_own_value_is_refused_and_the_value_is_not() -> None:
    stack = compliant()
    own, other = (
        {"cidrBlock": "0.0.0.0/0", "instanceId": Ref("spoke", "cloudInstanceId")},
        {"cidrBlock": "10.9.0.0/16", "instanceId": "i-1"},
    )
    stack.props["agent-table"].update(routes=[own, other])
    assert stack.refused(known=True) == {(JOINS, "agent-table")}
    stack.props["agent-table"].update(routes=[own])
    assert stack.refused(known=True) == set()


def test_a_value_that_the_program_states_at_the_gateway_is_not_the_providers_output() -> None:
    stack = compliant()
    stack.props["spoke"].update(cloudInstanceId="i-0bad")
    route(stack, instanceId=Ref("spoke", "cloudInstanceId"))
    assert stack.refused(known=True) == {(NAT, "way")}


def test_a_gateway_of_another_vpc_is_not_the_agents_gateway() -> None:
    stack = compliant()
    stack.add(VPC, "other", {"cidrBlock": "10.77.0.0/16"})
    stack.add(SPOKE, "far", {"gwName": "far", "vpcId": Ref("other"), "subnet": "10.77.0.0/24"})
    route(stack, instanceId=Ref("far", "cloudInstanceId"))
    assert stack.refused(known=True) == {(NAT, "way")}


@pytest.mark.parametrize(
    ("kind", "destination", "is_permitted"),
    [
        ("Gateway", {"destinationPrefixListId": "pl-63a5400a"}, True),
        ("Gateway", {"destinationCidrBlock": "0.0.0.0/0"}, False),
        ("GatewayLoadBalancer", {"destinationPrefixListId": "pl-63a5400a"}, False),
        ("Interface", {"destinationPrefixListId": "pl-63a5400a"}, False),
    ],
)
def test_only_a_gateway_endpoint_for_its_prefix_list_is_a_target(kind: str, destination: dict[str, str], is_permitted: bool) -> None:
    endpoint = Resource("e", VPC_ENDPOINT, "s3", {"vpcEndpointType": kind}, {"id": "vpce-1"})
    holder = Resource("r", ROUTE, "way", {**destination, "vpcEndpointId": "vpce-1"})
    graph = Stack().graph(known=True).__class__([endpoint, holder])
    assert (list(find_leaks(graph, holder, "", holder.props, ())) == []) is is_permitted


def test_an_endpoint_whose_id_is_not_known_yet_is_no_permitted_target() -> None:
    stack = compliant()
    endpoint = stack.add(VPC_ENDPOINT, "s3", {"vpcId": Ref("vpc"), "serviceName": "com.amazonaws.us-east-1.s3"})
    stack.add(ROUTE, "way", {"routeTableId": Ref("agent-table"), "destinationPrefixListId": "pl-1", "gatewayId": endpoint})
    assert stack.refused(known=False) == {(NAT, "way")}
    assert stack.refused(known=True) == set()


@KNOWN
def test_an_association_that_cannot_be_traced_leaves_the_main_table_in_force(known: bool) -> None:
    stack = compliant()
    stack.drop("agent-association")
    stack.add(TABLE_ASSOCIATION, "perhaps", {"subnetId": UNKNOWN, "routeTableId": Ref("agent-table")})
    stack.add(
        ROUTE, "main-out", {"routeTableId": Ref("vpc", "mainRouteTableId"), "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}
    )
    assert stack.refused(known) == {(NAT, "main-out")}


@KNOWN
def test_an_association_in_another_region_leaves_the_main_table_in_force(known: bool) -> None:
    stack = compliant()
    stack.props["agent-association"].update(region="eu-west-1")
    stack.add(
        ROUTE, "main-out", {"routeTableId": Ref("vpc", "mainRouteTableId"), "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}
    )
    assert stack.refused(known) == {(NAT, "main-out")}


@KNOWN
def test_a_table_that_no_agent_uses_may_have_any_route(known: bool) -> None:
    stack = compliant()
    stack.add(SUBNET, "web", {"vpcId": Ref("vpc"), "cidrBlock": "10.42.20.0/24"})
    stack.add(ROUTE_TABLE, "open", {"vpcId": Ref("vpc"), "routes": [{"cidrBlock": "0.0.0.0/0", "wormholeId": "w-1"}]})
    stack.add(TABLE_ASSOCIATION, "web-association", {"subnetId": Ref("web"), "routeTableId": Ref("open")})
    assert stack.refused(known) == set()
